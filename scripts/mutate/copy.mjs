// A copy of the packages under test. Stryker writes mutated code into it and never into the clone.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '../pinned.mjs';
import { runStep } from '../run-step.mjs';

const OWN = '@watchbill';
/** The rest that tests of packages load. */
const ALSO = ['package.json', 'scripts/tests'];

/**
 * Copies a package and the packages that it uses to a new folder. `@watchbill/NAME` resolves to the copy
 * there, every other package to the installed one.
 * @param {string} name of the package, without its scope
 * @returns {Promise<string>} the folder, in the system's temporary folder
 */
export async function copyPackage(name) {
  const names = withDependencies(name);
  const folder = await copyFiles([...names.map((each) => `packages/${each}`), ...ALSO]);
  linkModules(folder, names);
  return folder;
}

/**
 * Copies files and folders of the repository to a new folder: files that git tracks, and new ones that it
 * does not ignore.
 * @param {readonly string[]} paths from the root
 * @returns {Promise<string>} the folder
 */
export async function copyFiles(paths) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mutate-')));
  for (const file of await filesOf(paths)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(ROOT, file), join(folder, file));
  }
  return folder;
}

/** The names of a package and of all packages of this repository that it uses, directly or not. */
function withDependencies(name) {
  const found = new Set([name]);
  for (const each of found) {
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(ROOT, 'packages', each, 'package.json'), 'utf8'),
    );
    for (const used of Object.keys({ ...dependencies, ...devDependencies }))
      if (used.startsWith(`${OWN}/`)) found.add(used.slice(OWN.length + 1));
  }
  return [...found];
}

async function filesOf(paths) {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...paths];
  const text = await runStep('git', args, { cwd: ROOT, env: process.env, answer: true });
  const files = new Set(text.split('\0').filter((file) => file !== ''));
  // git lists a removed file until the removal is committed.
  return [...files].filter((file) => existsSync(join(ROOT, file)));
}

function linkModules(folder, names) {
  const installed = join(ROOT, 'node_modules');
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, OWN), { recursive: true });
  for (const each of readdirSync(installed).filter((entry) => entry !== OWN && !entry.startsWith('.')))
    symlinkSync(join(installed, each), join(modules, each));
  for (const each of names) symlinkSync(join(folder, 'packages', each), join(modules, OWN, each));
}
