// A clone is enough: the repository does not use files beside the clone, folders of one developer's machine,
// or the host name of a package registry. Package managers have a configured registry, which may be a mirror.
//
// node scripts/check/outside.mjs [FOLDER]

import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { main } from './ratchet.mjs';
import { filesOf, lineAt } from './sources.mjs';

const FOLDERS = '{scripts,packages,test,bench,docs,examples,.ci,substrate,deploy}';
/** A star does not match a name that begins with a dot. */
const PATTERNS = [
  `${FOLDERS}/**/*`,
  `${FOLDERS}/**/.*`,
  `${FOLDERS}/**/.*/**/*`,
  '.*.mjs',
  '{README,CONTRIBUTING}.md',
  '{package,tsconfig,biome}.json',
];
const BINARY = /[.](?:gz|zst|br|xz|zip|png|jpg|ico|woff2?|wasm|scale|bin|db|sqlite|tgz|pdf)$/;
const LOCK_FILES = /^(?:package-lock[.]json|npm-shrinkwrap[.]json|Cargo[.]lock|go[.]sum)$/;
/** This check and its test contain the patterns. */
const OWN = /^scripts\/check\/outside(?:[.]test)?[.]mjs$/;

/** The start of an absolute path. */
const START = String.raw`(?<![\w.~@$}\])-])`;
const MACHINE = 'use a path from the root of the repository, the home folder or a temporary folder';
const REGISTRY = 'let the tool use the registry that it is configured for';

const machinePath = (folder) => new RegExp(`${START}/${folder}`, 'g');
const host = (...labels) => labels.join('.');
const escaped = (text) => text.replaceAll('.', '[.]');
const CRATES = host('crates', 'io');
/** Put together here, because this file may not contain them either. */
export const HOSTS = {
  npm: host('registry', 'npmjs', 'org'),
  go: host('proxy', 'golang', 'org'),
  goSums: host('sum', 'golang', 'org'),
  debian: host('deb', 'debian', 'org'),
  pypi: host('pypi', 'org'),
  pypiFiles: host('files', 'pythonhosted', 'org'),
  cratesIndex: host('index', CRATES),
  cratesFiles: host('static', CRATES),
};

/**
 * `allows` recognises matches that are fine.
 * @type {readonly { name: string, pattern: RegExp, remedy: string, allows?: (place: Place) => boolean }[]}
 * @typedef {{ root: string, file: string, words: string }} Place
 */
export const REFUSED = [
  {
    name: 'beside-the-clone',
    pattern:
      /(?:\.\.\/)+shared(?![\w.-])(?:\/[\w.-]+)*|\bshared\/data\b|\bROOT,\s*['"`]\.\.(?:\/[\w./-]*)?['"`]/g,
    remedy: 'put the data into the repository',
    allows: leadsInside,
  },
  { name: 'machine-path', pattern: machinePath('work/'), remedy: MACHINE },
  { name: 'machine-path', pattern: machinePath('farm\\b'), remedy: MACHINE },
  {
    name: 'machine-path',
    pattern: machinePath('root/'),
    remedy: MACHINE,
    // These tests boot machines in containers; the path is the home of root in such a container.
    allows: ({ file }) => file.startsWith('packages/fleet/test/machines/'),
  },
  {
    name: 'registry-host',
    pattern: new RegExp(`\\b(?:${Object.values(HOSTS).map(escaped).join('|')})\\b`, 'g'),
    remedy: REGISTRY,
    allows: isLockFile,
  },
  {
    name: 'registry-host',
    pattern: new RegExp(`https?://(?:www[.])?${escaped(CRATES)}\\b(?:/[\\w-]+)*`, 'g'),
    remedy: REGISTRY,
    // A page may link to the page of a crate.
    allows: (place) =>
      isLockFile(place) || (place.file.endsWith('.md') && place.words.includes(`/${CRATES}/crates/`)),
  },
];

function isLockFile({ file }) {
  return LOCK_FILES.test(basename(file));
}

/** An import of, or a link to, a folder `shared` of the repository itself. */
function leadsInside({ root, file, words }) {
  if (!words.startsWith('..')) return false;
  const target = resolve(root, dirname(file), words);
  return !relative(root, target).startsWith('..') && existsSync(target);
}

/** One line for each match. */
export function findingsIn(root, file, text) {
  return REFUSED.flatMap(({ name, pattern, remedy, allows = () => false }) =>
    [...text.matchAll(pattern)].flatMap((match) => {
      const place = { root, file, words: match[0] };
      return allows(place) ? [] : [`${file}:${lineAt(text, match.index)}: ${name}: ${match[0]} (${remedy})`];
    }),
  );
}

/** Checks all text files of a tree. */
export function run(root) {
  const files = filesOf(root, PATTERNS).filter((file) => !BINARY.test(file) && !OWN.test(file));
  let read = 0;
  const lines = files.flatMap((file) => {
    const text = textIn(join(root, file));
    if (text === undefined) return [];
    read += 1;
    return findingsIn(root, file, text);
  });
  if (read === 0) return { exitCode: 1, lines: [`outside: no files in ${root}`] };
  if (lines.length > 0)
    return { exitCode: 1, lines: [...lines, `outside: ${lines.length} references leave the clone`] };
  return { exitCode: 0, lines: [`outside: ${read} files, no reference leaves the clone`] };
}

function textIn(path) {
  try {
    const text = readFileSync(path, 'utf8');
    return text.slice(0, 4096).includes('\0') ? undefined : text;
  } catch (error) {
    if (error.code === 'EISDIR' || error.code === 'ENOENT') return undefined;
    throw error;
  }
}

await main(import.meta.url, run);
