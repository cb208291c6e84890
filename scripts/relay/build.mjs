#!/usr/bin/env node
/**
 * Build the Polkadot relay-chain node with the gate (watchbill-relay) and its two workers, from registry
 * crates and the patches of substrate/relay/patches. The programs are kept outside the clone, in a folder
 * named by the hash of their sources.
 *
 *   npm run relay:build                       build if needed, print the path of the node
 *   node scripts/relay/build.mjs --where      print the path if it is there, else say so and end with 1
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../build-cache.mjs';
import { cargoEnvironment, isBuilt, printBuilt, SUBSTRATE, sourcesOf, targetFolder } from '../node/cargo.mjs';
import { patchFlags } from '../node/patched-crates.mjs';
import { runBuild } from '../run-build.mjs';
import { runStep } from '../run-step.mjs';

export const AGAIN = 'npm run relay:build';
export const FIRST_TIME = '10 to 30 minutes on two cores';
/** The node looks for the workers in its own folder. */
const PROGRAMS = ['watchbill-relay', 'polkadot-prepare-worker', 'polkadot-execute-worker'];
/** The sources of the programs. The first one has the build profile. */
const SOURCES = [
  'Cargo.toml',
  '{client,gate,wiring}/Cargo.toml',
  '{client,gate,wiring}/src/**/*.rs',
  'relay/Cargo.{toml,lock}',
  'relay/{src,no-rocksdb,patches}/**/*',
];

/** @returns {import('../node/cargo.mjs').Product} */
function relay() {
  return {
    what: 'the relay node',
    again: AGAIN,
    folder: cacheFolder('relay', [...sourcesOf(SOURCES), process.platform, process.arch]),
    programs: PROGRAMS,
    // Each is some 150 MB.
    kept: 3,
    estimate,
    compile,
  };
}

function estimate() {
  return existsSync(join(targetFolder(), 'release', PROGRAMS[0]))
    ? '3 to 10 minutes, as most crates are compiled already'
    : `${FIRST_TIME} the first time`;
}

async function compile(cargo) {
  const args = [
    'build',
    '--release',
    '--locked',
    // Its build profile is that of the devnode. With it, the two builds share 800 of 1,235 compiled units.
    ...['--config', '../Cargo.toml'],
    ...(await patchFlags(cargo, 'relay')),
  ];
  // The node shows it after its version. Its sources are in no repository that could tell a commit.
  const env = { ...cargoEnvironment(cargo), SUBSTRATE_CLI_GIT_COMMIT_HASH: 'watchbill' };
  await runStep(cargo, args, { cwd: join(SUBSTRATE, 'relay'), env });
}

/** Whether the relay node of these sources is in the cache. */
export function relayIsBuilt() {
  return isBuilt(relay());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runBuild({ what: 'the relay node', again: AGAIN }, () => printBuilt(relay()));
}
