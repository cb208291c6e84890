// Shared by all builds with cargo: cargo and its environment, and programs that are built once for their
// sources and kept in the cache.

import { copyFileSync, globSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { homedir, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheRoot, findProgram, forgetOld, holds, inWorkFolder, publish } from '../build-cache.mjs';
import { buildNeeds } from './needs.mjs';
import { inTarget } from './target-folder.mjs';

export const SUBSTRATE = join(import.meta.dirname, '../../substrate');

/** Compiled crates: one folder for all clones. `inTarget` keeps those of our sources apart. */
export function targetFolder() {
  return process.env.CARGO_TARGET_DIR || join(cacheRoot(), 'node-target');
}

export function cargoHome() {
  return process.env.CARGO_HOME || join(homedir(), '.cargo');
}

/** @returns {string} the path of cargo; throws with the missing program and how to get it */
export function checkedCargo() {
  const missing = buildNeeds.filter((need) => !need.isThere());
  if (missing.length > 0) throw new Error(missing.map((need) => need.remedy).join('; '));
  return findProgram('cargo', [join(cargoHome(), 'bin')]);
}

/** Cargo's environment: the Wasm runtime comes from the chain specification, so none is built here. */
export function cargoEnvironment(cargo) {
  return {
    ...process.env,
    CARGO_TARGET_DIR: targetFolder(),
    SKIP_WASM_BUILD: '1',
    PATH: `${dirname(cargo)}:${process.env.PATH}`,
  };
}

/** For tests in a separate target folder: compiled faster, without what a debugger needs. */
export function quickEnvironment(cargo, target) {
  const quick = { CARGO_PROFILE_DEV_DEBUG: '0', CARGO_INCREMENTAL: '0' };
  return { ...cargoEnvironment(cargo), CARGO_TARGET_DIR: target, ...quick };
}

/**
 * Names, lengths and contents of files below substrate/, for the hash of a build.
 * @param {readonly string[]} patterns
 * @returns {readonly (string | Uint8Array)[]}
 */
export function sourcesOf(patterns) {
  return globSync([...patterns], { cwd: SUBSTRATE })
    .filter((name) => statSync(join(SUBSTRATE, name)).isFile())
    .sort()
    .flatMap((name) => {
      const content = readFileSync(join(SUBSTRATE, name));
      return [`${name} ${content.length}\n`, content];
    });
}

/** Programs that one call of cargo compiles.
 * @typedef {object} Product
 * @property {string} what for messages
 * @property {string} again the command that builds it
 * @property {string} folder of the cache, by the hash of the sources
 * @property {readonly string[]} programs that cargo leaves in `release`; the first one is the product
 * @property {number} kept folders of other sources that stay in the cache
 * @property {() => string} estimate how long it takes
 * @property {(cargo: string) => Promise<void>} compile */

/** @param {Product} product */
export function isBuilt({ folder, programs }) {
  return holds(folder, programs);
}

/**
 * Builds the programs if needed.
 * @param {Product} product
 * @returns {Promise<string>} the path of the first program
 */
export async function ensureBuilt(product) {
  const { what, folder, programs, kept, estimate } = product;
  if (!isBuilt(product)) {
    const started = Date.now();
    process.stderr.write(`${what} is built from registry crates: ${estimate()}\n`);
    await build(product);
    process.stderr.write(`built in ${Math.round((Date.now() - started) / 1000)} s\n`);
    forgetOld(folder, kept);
  }
  // Marks it as used: the binaries that were not used for the longest time are removed first.
  utimesSync(folder, new Date(), new Date());
  return join(folder, programs[0]);
}

/** Another build of the same sources may end while this one waits for the target folder. */
async function build({ folder, programs, compile }) {
  const cargo = checkedCargo();
  setPriority(10);
  await inTarget(targetFolder(), SUBSTRATE, async () => {
    if (holds(folder, programs)) return;
    await compile(cargo);
    await inWorkFolder(folder, async (work) => {
      for (const name of programs) copyFileSync(join(targetFolder(), 'release', name), join(work, name));
      publish(work, folder, programs);
    });
  });
}

/**
 * The main function of a build script: prints the path of the first program. With `--where` it builds
 * nothing.
 * @param {Product} product
 * @returns {Promise<number>} the exit code
 */
export async function printBuilt(product) {
  if (process.argv.includes('--where') && !isBuilt(product)) {
    process.stderr.write(`${product.what} of these sources is not built here yet; run: ${product.again}\n`);
    return 1;
  }
  process.stdout.write(`${await ensureBuilt(product)}\n`);
  return 0;
}
