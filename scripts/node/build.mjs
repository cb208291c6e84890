#!/usr/bin/env node
/**
 * Build the node of substrate/ (watchbill-devnode) from registry crates, for the tests and demonstrations
 * that run on real nodes. The binary is kept outside the clone, in a folder named by the hash of its sources;
 * compiled crates are kept beside it, so that a change of our code takes a minute or two.
 *
 *   npm run node:build                       build if needed, print the path of the binary
 *   node scripts/node/build.mjs --where      print the path if it is there, else say so and end with 1
 */
import {
  copyFileSync,
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { homedir, setPriority } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, cacheRoot, findProgram, holds, inWorkFolder, publish } from '../build-cache.mjs';
import { runBuild } from '../run-build.mjs';
import { runStep } from '../run-step.mjs';
import { buildNeeds } from './needs.mjs';
import { inTarget } from './target-folder.mjs';

export const SUBSTRATE = join(dirname(fileURLToPath(import.meta.url)), '../../substrate');
const PROGRAM = 'watchbill-devnode';
/** The sources of the binary; tests and documents of the crates are no part of it. */
const SOURCES = [
  'Cargo.toml',
  'Cargo.lock',
  '{client,gate,wiring,devnode}/Cargo.toml',
  '{client,gate,wiring,devnode}/src/**/*.rs',
];
/** Binaries of other sources that stay in the cache beside the newest. */
const KEPT_BINARIES = 3;

function sources() {
  return globSync(SOURCES, { cwd: SUBSTRATE })
    .sort()
    .flatMap((name) => {
      const content = readFileSync(join(SUBSTRATE, name));
      return [`${name} ${content.length}\n`, content];
    });
}

function nodeFolder() {
  return cacheFolder('node', [...sources(), process.platform, process.arch]);
}

/** Compiled crates: one folder for all clones; cargo itself keeps builds apart that differ. */
export function targetFolder() {
  return process.env.CARGO_TARGET_DIR || join(cacheRoot(), 'node-target');
}

/** @returns {string} the path of cargo; throws with the missing program and how to get it */
export function checkedCargo() {
  const missing = buildNeeds.filter((need) => !need.isThere());
  if (missing.length > 0) throw new Error(missing.map((need) => need.remedy).join('; '));
  return findProgram('cargo', [join(process.env.CARGO_HOME || join(homedir(), '.cargo'), 'bin')]);
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

/** Another build of the same sources may end while this one waits for the target folder. */
async function build(folder) {
  const cargo = checkedCargo();
  setPriority(10);
  const args = ['build', '--release', '--locked', '--package', PROGRAM];
  await inTarget(targetFolder(), async () => {
    if (holds(folder, [PROGRAM])) return;
    await runStep(cargo, args, { cwd: SUBSTRATE, env: cargoEnvironment(cargo) });
    await inWorkFolder(folder, async (work) => {
      copyFileSync(join(targetFolder(), 'release', PROGRAM), join(work, PROGRAM));
      publish(work, folder, [PROGRAM]);
    });
  });
}

/** Removes the oldest binaries of other sources; each is some 60 MB. */
function forgetOld(folder) {
  const others = readdirSync(dirname(folder))
    .filter((name) => /^node-[0-9a-f]{16}$/.test(name) && name !== basename(folder))
    .map((name) => join(dirname(folder), name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const old of others.slice(KEPT_BINARIES)) rmSync(old, { recursive: true, force: true });
}

function estimate() {
  return existsSync(join(targetFolder(), 'release', PROGRAM))
    ? '1 to 3 minutes, as most crates are compiled already'
    : '10 to 20 minutes on two cores and 3 GB of disk the first time';
}

/** Builds the node if needed; settles to the path of its binary. */
export async function ensureNode() {
  const folder = nodeFolder();
  if (!holds(folder, [PROGRAM])) {
    const started = Date.now();
    process.stderr.write(`the node is built from registry crates: ${estimate()}\n`);
    await build(folder);
    process.stderr.write(`built in ${Math.round((Date.now() - started) / 1000)} s\n`);
    forgetOld(folder);
  }
  // Marks it as used: the binaries that were not used for the longest time are removed first.
  utimesSync(folder, new Date(), new Date());
  return join(folder, PROGRAM);
}

async function main() {
  if (process.argv.includes('--where') && !holds(nodeFolder(), [PROGRAM])) {
    process.stderr.write('the node of these sources is not built here yet; run: npm run node:build\n');
    return 1;
  }
  process.stdout.write(`${await ensureNode()}\n`);
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runBuild({ what: 'the node', again: 'npm run node:build' }, main);
}
