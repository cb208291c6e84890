// Which files are mutated, and which files of tests judge them.

import { globSync } from 'node:fs';
import { isTestOnly } from '../check/sources.mjs';
import { ROOT } from '../pinned.mjs';

/**
 * A part of the code. `files`: globs of the mutated files, without tests and fakes; `tests`: the files
 * that judge them.
 * @typedef {{ name: string, files: readonly string[], tests: readonly string[] }} Target
 */

const WINGS = '!(http|ledger|metrics|net|policy|units)/**';
/** @type {readonly Target[]} */
export const TARGETS = [
  {
    name: 'rule',
    files: ['packages/duty/src/rule/*.ts'],
    tests: ['packages/duty/src/rule/**/*.test.ts'],
  },
  {
    name: 'store',
    files: ['packages/duty/src/store/*.ts', 'packages/duty/src/store/shared/*.ts'],
    tests: ['packages/duty/src/store/**/*.test.ts'],
  },
  {
    // The rest of the engines and of the service is judged by component tests, which are too slow.
    name: 'engines',
    files: [
      'packages/duty/src/store/etcd/{batch,faults,options,progress}.ts',
      'packages/duty/src/store/grpc/frames.ts',
      'packages/duty/src/store/tikv/{options,plan,timestamp}.ts',
    ],
    tests: ['packages/duty/src/store/**/*.test.ts'],
  },
  {
    name: 'service',
    files: [`packages/duty/src/service/{assemble,permit,${WINGS}/*}.ts`],
    tests: [`packages/duty/src/service/{*,${WINGS}/*}.test.ts`],
  },
];

/** Only tests that neither wait nor use the disk or the network can run thousands of times. */
const SLOW_TEST = /[.](?:component|simulation)[.]test[.]ts$/;
/** Files that only export or describe. */
const NOT_MUTATED = /\/index[.]ts$|[.]d[.]ts$/;

/**
 * The files of a target, by path.
 * @param {Target} target
 * @param {readonly string[]} patterns parts of paths, one of which a file must contain; all files without
 *   patterns
 */
export function mutatedFiles({ files }, patterns = []) {
  const found = globSync(files, { cwd: ROOT }).filter((file) => !isTestOnly(file) && !NOT_MUTATED.test(file));
  return found.filter((file) => patterns.length === 0 || patterns.some((part) => file.includes(part))).sort();
}

/**
 * The tests of a target: those named after the file first, then those of its folder, then the rest.
 * @param {Target} target
 * @param {string} file that is mutated
 * @param {string} root of the repository, or of a copy
 */
export function testsFor({ tests }, file, root = ROOT) {
  const found = globSync(tests, { cwd: root }).filter((test) => !SLOW_TEST.test(test));
  return found.sort((a, b) => distance(file, a) - distance(file, b) || (a < b ? -1 : 1));
}

/**
 * The tests for a first look: those named after the file, or if there are none those directly in its folder.
 * @param {readonly string[]} tests of `testsFor`
 */
export function nearTests(file, tests) {
  const own = tests.filter((test) => distance(file, test) === 0);
  const folder = folderOf(file);
  return own.length > 0 ? own : tests.filter((test) => folderOf(test) === folder);
}

const folderOf = (path) => path.slice(0, path.lastIndexOf('/') + 1);

function distance(file, test) {
  const stem = file.slice(0, -'.ts'.length);
  if (test.startsWith(`${stem}.`) || test.startsWith(`${stem}-`)) return 0;
  return test.startsWith(folderOf(file)) ? 1 : 2;
}
