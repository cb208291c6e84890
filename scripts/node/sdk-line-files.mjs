// The SDK lines by name: their manifest, and the files of a workspace that has the versions of one of them.

import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SUBSTRATE = join(dirname(fileURLToPath(import.meta.url)), '../../substrate');
const MANIFEST = join(SUBSTRATE, 'sdk-lines/lines.json');
/** The crates that an integrator builds with the SDK line of the node, as far as they exist. */
const MEMBERS = ['client', 'gate', 'wiring'];
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
 * @property {Record<string, string>} crates versions of its crates
 */

/** @returns {readonly Line[]} newest first */
export function readLines() {
  return JSON.parse(readFileSync(MANIFEST, 'utf8')).lines;
}

/** @param {readonly Line[]} lines */
export function writeLines(lines) {
  writeFileSync(MANIFEST, `${JSON.stringify({ lines }, null, 2)}\n`);
}

/** The files of the members, by path below `substrate/`. @returns {Map<string, Buffer>} */
export function memberFiles() {
  const members = MEMBERS.filter((name) => existsSync(join(SUBSTRATE, name, 'Cargo.toml')));
  const names = globSync(`{${members.join(',')},}/{Cargo.toml,{src,tests,examples}/**/*.{rs,pem,json}}`, {
    cwd: SUBSTRATE,
  });
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
  const own = [...files].map(([name, content]) => {
    if (!name.endsWith('/Cargo.toml')) return [name, content];
    return [name, Buffer.from(withVersions(content.toString(), line))];
  });
  return new Map([['Cargo.toml', Buffer.from(root)], ['Cargo.lock', Buffer.from(lock)], ...own]);
}

/**
 * A manifest with the versions of a line. Crates that the line does not name stay as they are.
 * @param {string} manifest
 * @param {Line} line
 */
export function withVersions(manifest, { crates }) {
  const lines = manifest.split('\n').map((text) => {
    const [found, name, version] = DEPENDENCY.exec(text) ?? [];
    const wanted = crates[name];
    // `0.49` is satisfied by 0.49.0: such a line needs no change.
    if (found === undefined || wanted === undefined || `${wanted}.`.startsWith(`${version}.`)) return text;
    return text.replace(`"${version}"`, `"${wanted}"`);
  });
  return lines.join('\n');
}

/**
 * The lines of manifests that differ for a line.
 * @param {Line} line
 * @param {Map<string, Buffer>} files
 */
export function changesFor(line, files) {
  return manifestsIn(files)
    .map(({ file, text }) => {
      const before = new Set(text.split('\n'));
      const lines = withVersions(text, line).split('\n');
      return { file, lines: lines.filter((each) => !before.has(each)) };
    })
    .filter(({ lines }) => lines.length > 0);
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
 * The versions that the umbrella crate of a line asks for: of each crate that a member names, and of those
 * that the support table shows.
 * @param {{ packages: { name: string, dependencies: { name: string, req: string }[] }[] }} metadata of cargo
 * @param {Line} line
 * @param {Map<string, Buffer>} files
 */
export function versionsOf(metadata, line, files) {
  const umbrella = metadata.packages.find(({ name }) => name === 'polkadot-sdk');
  if (umbrella === undefined) throw new Error(`the registry has no polkadot-sdk ${line.name}.0`);
  const asked = new Map(umbrella.dependencies.map(({ name, req }) => [name, req.replace(/^\^/, '')]));
  const named = manifestsIn(files).flatMap(({ text }) => realNames(text));
  const wanted = [...new Set([...named, ...SHOWN])].sort();
  return Object.fromEntries(wanted.filter((name) => asked.has(name)).map((name) => [name, asked.get(name)]));
}
