// Completes package-lock.json after `npm install` on a registry that does not carry every platform.
//
// npm leaves an optional package out of the lock file when the registry in use does not have it, and
// `npm ci` then refuses the lock file everywhere. The version, the system and the processor of such a
// package follow from the package that names it, so the missing entries can be written without fetching.
//
// node scripts/complete-lock.mjs           writes the missing entries
// node scripts/complete-lock.mjs --check   lists them and exits 1

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'sunos', 'win32'];
const PROCESSORS = [
  ['aarch64', 'arm64'],
  ['arm64', 'arm64'],
  ['armv7', 'arm'],
  ['arm', 'arm'],
  ['ia32', 'ia32'],
  ['ppc64', 'ppc64'],
  ['riscv64', 'riscv64'],
  ['s390x', 's390x'],
  ['x64', 'x64'],
];

/** The lock entry of a platform package, read from its name; undefined when the name has no system. */
export function platformEntry(name, version, dev) {
  const words = name.split(/[/-]/);
  const system = SYSTEMS.find((candidate) => words.includes(candidate));
  const processor = PROCESSORS.find(([word]) => words.includes(word))?.[1];
  if (system === undefined || processor === undefined) return undefined;
  const libc = words.includes('musl') ? ['musl'] : words.includes('gnu') ? ['glibc'] : undefined;
  return {
    version,
    cpu: [processor],
    ...(dev ? { dev: true } : {}),
    ...(libc === undefined ? {} : { libc }),
    optional: true,
    os: [system],
  };
}

/** Optional packages that the lock file's packages name and that it has no entry for. */
export function missingEntries(lock) {
  const missing = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (hasEntry(lock, path, name)) continue;
      missing.push({ at: `node_modules/${name}`, by: path, name, version, dev: entry.dev === true });
    }
  }
  return missing;
}

/** Whether a package named from `path` resolves to an entry, as node's own resolution would find it. */
function hasEntry(lock, path, name) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    const at = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (at in lock.packages) return true;
    if (folder === '') return false;
  }
}

function complete(lock) {
  for (const { at, by, name, version, dev } of missingEntries(lock)) {
    const entry = /^\d/.test(version) ? platformEntry(name, version, dev) : undefined;
    if (entry === undefined) {
      throw new Error(`${by} names ${name}@${version}: write its entry into package-lock.json by hand`);
    }
    lock.packages[at] = entry;
  }
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')),
  );
}

function main() {
  const path = fileURLToPath(new URL('../package-lock.json', import.meta.url));
  const lock = JSON.parse(readFileSync(path, 'utf8'));
  const missing = missingEntries(lock);
  if (process.argv.includes('--check')) {
    for (const { by, name } of missing)
      console.error(`package-lock.json: ${by} names ${name}, which has no entry`);
    if (missing.length > 0) console.error('run: node scripts/complete-lock.mjs');
    process.exitCode = missing.length === 0 ? 0 : 1;
    return;
  }
  complete(lock);
  if (missing.length > 0) writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: ${missing.length} entries added`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
