#!/usr/bin/env node
/**
 * Build the node of substrate/ (watchbill-devnode) from registry crates, for the tests and demonstrations
 * that run on real nodes. The binary is kept outside the clone, in a folder named by the hash of its sources;
 * compiled crates are kept beside it, so that a change of our code takes a minute or two.
 *
 *   npm run node:build                       build if needed, print the path of the binary
 *   node scripts/node/build.mjs --where      print the path if it is there, else say so and end with 1
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../build-cache.mjs';
import { runBuild } from '../run-build.mjs';
import { runStep } from '../run-step.mjs';
import { cargoEnvironment, ensureBuilt, printBuilt, SUBSTRATE, sourcesOf, targetFolder } from './cargo.mjs';

const PROGRAM = 'watchbill-devnode';
/** The sources of the binary; tests and documents of the crates are not part of it. */
const SOURCES = [
  'Cargo.toml',
  'Cargo.lock',
  '{client,gate,wiring,devnode}/Cargo.toml',
  '{client,gate,wiring,devnode}/src/**/*.rs',
];

/** @returns {import('./cargo.mjs').Product} */
function node() {
  return {
    what: 'the node',
    again: 'npm run node:build',
    folder: cacheFolder('node', [...sourcesOf(SOURCES), process.platform, process.arch]),
    programs: [PROGRAM],
    // Each is some 60 MB.
    kept: 3,
    estimate,
    compile,
  };
}

async function compile(cargo) {
  const args = ['build', '--release', '--locked', '--package', PROGRAM];
  await runStep(cargo, args, { cwd: SUBSTRATE, env: cargoEnvironment(cargo) });
}

function estimate() {
  return existsSync(join(targetFolder(), 'release', PROGRAM))
    ? '1 to 3 minutes, as most crates are compiled already'
    : '10 to 20 minutes on two cores and 3 GB of disk the first time';
}

/** Builds the node if needed; settles to the path of its binary. */
export async function ensureNode() {
  return ensureBuilt(node());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runBuild({ what: 'the node', again: 'npm run node:build' }, () => printBuilt(node()));
}
