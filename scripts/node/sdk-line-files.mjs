// The SDK lines by name: their manifest, and the files of a workspace that has the versions of one of them.

import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SUBSTRATE } from './cargo.mjs';

const MANIFEST = join(SUBSTRATE, 'sdk-lines/lines.json');
/** The crates that an integrator builds with the SDK line of the node. */
export const MEMBERS = ['client', 'gate', 'wiring'];
/** Crates of a line that the support table shows beside those that the members name. */
const SHOWN = [
  'sc-service',
  'sc-consensus-grandpa',
  'polkadot-service',
  'polkadot-cli',
  'polkadot-omni-node-lib',
  'cumulus-client-consensus-aura',
];
/** The lock of the line that substrate/ itself has. */
export const WORKSPACE_LOCK = '../Cargo.lock';
/** `NAME = "VERSION"` or `NAME = { version = "VERSION", … }`, alone on its line. */
const DEPENDENCY = /^([a-z][\w-]*) = (?:"|\{ (?:.*, )?version = ")([^"]+)"/;

/**
 * @typedef {object} Line an SDK line
 * @property {string} name such as `2609.2`
 * @property {string} node the version that the `polkadot` binary of the line reports
 * @property {string} runs in which nodes the gate was run on this line
 * @property {string} lock the lock file, relative to `substrate/sdk-lines`
 * @property {Record<string, string>} [beside] versions of crates that `polkadot-sdk` does not name
 * @property {Record<string, string>} crates versions of its crates
 */

/** @returns {readonly Line[]} newest first */
export function readLines() {
  return JSON.parse(readFileSync(MANIFEST, 'utf8')).lines;
}

/** @param {readonly Line[]} lines */
export function saveLines(lines) {
  writeFileSync(MANIFEST, `${JSON.stringify({ lines }, null, 2)}\n`);
}

/** The files of the members, by path below `substrate/`. @returns {Map<string, Buffer>} */
export function memberFiles() {
  const names = globSync(
    `{${MEMBERS.join(',')}}/{Cargo.toml,README.md,{src,tests,examples}/**/*.{rs,pem,json}}`,
    {
      cwd: SUBSTRATE,
    },
  );
  return new Map(names.sort().map((name) => [name, readFileSync(join(SUBSTRATE, name))]));
}

/**
 * The workspace of a line: the members with its versions, the profiles of substrate/Cargo.toml, the lock.
 * @param {Line} line
 * @param {string} lock
 * @param {Map<string, Buffer>} files of the members
 * @returns {Map<string, Buffer>}
 */
export function workspaceFiles(line, lock, files = memberFiles()) {
  const members = manifestsIn(files).map(({ file }) => dirname(file));
  const root = `[workspace]\nresolver = "2"\nmembers = ${JSON.stringify(members)}\n`;
  const versions = new Map(Object.entries(line.crates));
  const own = [...files].map(([name, content]) => {
    if (!name.endsWith('/Cargo.toml')) return [name, content];
    return [name, Buffer.from(withVersions(content.toString(), versions))];
  });
  return new Map([['Cargo.toml', Buffer.from(root)], ['Cargo.lock', Buffer.from(lock)], ...own]);
}

/**
 * A manifest with other versions, each as exact as before: `0.49` becomes `0.50`, `=40.0.0` becomes
 * `=42.0.0`.
 * @param {string} manifest
 * @param {ReadonlyMap<string, string>} versions crates that it does not name stay as they are
 */
export function withVersions(manifest, versions) {
  const lines = manifest.split('\n').map((text) => {
    const [, name, version] = DEPENDENCY.exec(text) ?? [];
    const wanted = versions.get(name);
    if (wanted === undefined) return text;
    const [, exactly, numbers] = /^(=?)(.*)$/.exec(version);
    const places = numbers.split('.').length;
    return text.replace(`"${version}"`, `"${exactly}${wanted.split('.').slice(0, places).join('.')}"`);
  });
  return lines.join('\n');
}

/**
 * The first two numbers of gate and wiring for a line. No update changes them, so none changes the line.
 * @param {Line} line
 */
export function releaseOf(line) {
  return `0.${line.name.split('.')[0]}`;
}

/**
 * As `workspaceFiles`, with the versions, the licence and the first page for a registry. There, a link that
 * leaves the crate is a path of the repository.
 * @param {Line} line
 * @param {string} lock
 */
export function releaseFiles(line, lock) {
  const files = workspaceFiles(line, lock);
  for (const member of MEMBERS) {
    const read = (name) => readFileSync(join(SUBSTRATE, member, name), 'utf8');
    const manifest = `${files.get(`${member}/Cargo.toml`)}`;
    const version = `${releaseOf(line)}.${/^version = ".*[.](.+)"$/m.exec(manifest)?.[1]}`;
    const named = ['watchbill-gate', ...(member === 'client' ? [] : ['version'])];
    const texts = {
      'Cargo.toml': withVersions(manifest, new Map(named.map((name) => [name, version]))),
      'README.md': read('README.md').replace(
        /\[([^\]]+)\]\((\.\.[^)#]*)[^)]*\)/g,
        (_, name, path) => `${name} (\`${join('substrate', member, path)}\`)`,
      ),
      LICENSE: read('../../LICENSE'),
    };
    for (const [name, text] of Object.entries(texts)) files.set(`${member}/${name}`, Buffer.from(text));
  }
  return files;
}

function manifestsIn(files) {
  return [...files]
    .filter(([name]) => name.endsWith('/Cargo.toml'))
    .map(([file, content]) => ({ file, text: content.toString() }));
}

/** Names of the dependencies that a manifest gives a version. @param {string} manifest */
export function dependenciesOf(manifest) {
  const section = manifest.slice(Math.max(0, manifest.search(/^\[(dev-|build-)?dependencies/m)));
  return section.split('\n').flatMap((text) => DEPENDENCY.exec(text)?.[1] ?? []);
}

/**
 * The packages and dependencies of members that a lock lacks.
 * @param {string} lock
 * @param {Map<string, Buffer>} files
 */
export function missingFromLock(lock, files) {
  const locked = new Set([...lock.matchAll(/^name = "([^"]+)"$/gm)].map(([, name]) => name));
  const manifests = manifestsIn(files);
  const packages = manifests.map(({ text }) => /^name = "([^"]+)"$/m.exec(text)?.[1] ?? '');
  const asked = manifests.flatMap(({ text }) => realNames(text));
  return [...new Set([...packages, ...asked])].filter((name) => !locked.has(name)).sort();
}

/** As `dependenciesOf`; a dependency under another name counts by that of its package. */
function realNames(manifest) {
  const renamed = new Map(
    [...manifest.matchAll(/^([\w-]+) = \{.*\bpackage = "([^"]+)"/gm)].map(([, name, real]) => [name, real]),
  );
  return dependenciesOf(manifest).map((name) => renamed.get(name) ?? name);
}

/**
 * The versions of each crate that a member names, and of those that the support table shows.
 * @param {ReadonlyMap<string, string>} versions of a whole line
 * @param {Map<string, Buffer>} files
 */
export function versionsOf(versions, files) {
  const named = manifestsIn(files).flatMap(({ text }) => realNames(text));
  const wanted = [...new Set([...named, ...SHOWN])].sort();
  return Object.fromEntries(
    wanted.filter((name) => versions.has(name)).map((name) => [name, versions.get(name)]),
  );
}
