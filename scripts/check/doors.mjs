// Tests come through the doors of a package: the files that `exports` of its package.json names. The count of
// test files that import private files only goes down, because each of them has to change with the inside.
// Fakes are no private files. Tests of the safety kernel do not count; they prove each part by itself.
//
// The counts are per package. In a package with several doors they are per folder of src.
//
// node scripts/check/doors.mjs [FOLDER] [--update | --init]

import { globSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { doorsOf, importsOf } from './module-imports.mjs';
import { main, runRatchet } from './ratchet.mjs';
import { filesOf, isTestOnly, textOf } from './sources.mjs';

/** The rule, a claim, a session, rollback reports, adapters of stores, the consensus of groups. */
const KERNEL =
  /\/src\/(?:rule|quorum|(?:core|service)\/(?:claim|session|rollback-reports)|(?:store\/)?(?:sqlite|etcd|tikv|grpc)|store\/shared)\//;
const SHOWN = 5;

/** The number of such files of each folder. */
export function measure(root) {
  const doors = [...doorsOf(root, globSync('packages/*', { cwd: root })).values()];
  const tests = filesOf(root, 'packages/*/{src,test}/**/*.test.{ts,mjs}').filter(
    (file) => !KERNEL.test(file),
  );
  const found = tests.flatMap((file) => {
    const from = privateImport(file, textOf(root, file), doors);
    return from === undefined ? [] : [{ file, from, folder: folderOf(file, doors) }];
  });
  const byFolder = Map.groupBy(found, ({ folder }) => folder);
  return {
    entries: Object.fromEntries([...byFolder].map(([folder, files]) => [folder, files.length])),
    summary: (baseline) =>
      `doors: ${found.length} of ${tests.length} test files import private files ` +
      `(baseline ${Object.values(baseline).reduce((sum, count) => sum + count, 0)})`,
    explain: (key) => [
      '  import a file of `exports` in package.json; the files of the folder that changed last:',
      ...lastChanged(root, byFolder.get(key)).map(({ file, from }) => `  ${file} imports ${from}`),
    ],
  };
}

/** The first import of a file of a package that is neither a door nor test code. */
function privateImport(file, source, doors) {
  return importsOf(source).find((from) => {
    const target = join(dirname(file), from);
    const isCode = from.startsWith('.') && /^packages\/.*[.](?:ts|mjs)$/.test(target);
    return isCode && !isTestOnly(target) && !doors.includes(target);
  });
}

function folderOf(file, doors) {
  const [top, name] = file.split('/');
  const own = doors.filter((door) => door.startsWith(`${top}/${name}/`));
  return own.length > 1 ? dirname(file).split('/').slice(0, 4).join('/') : `${top}/${name}`;
}

function lastChanged(root, files) {
  const dated = files.map((one) => ({ ...one, changedMs: statSync(join(root, one.file)).mtimeMs }));
  return dated.sort((one, other) => other.changedMs - one.changedMs).slice(0, SHOWN);
}

/** Measures a tree and compares it with its baseline. Tests may move from one folder to another. */
export function run(root, flags) {
  const moves = { intoKnown: true };
  return runRatchet({ name: 'doors', measure, moves }, root, flags);
}

await main(import.meta.url, run);
