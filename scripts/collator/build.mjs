#!/usr/bin/env node
/**
 * Build the collator with the gate (watchbill-collator) from registry crates and the patches of
 * substrate/collator/patches; the relay-chain node inside it has the patches of substrate/relay/patches. The
 * program is kept outside the clone, in a folder named by the hash of its sources.
 *
 *   npm run collator:build                    build if needed, print the path of the collator
 *   node scripts/collator/build.mjs --where   print the path if it is there, else say so and end with 1
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../build-cache.mjs';
import { cargoEnvironment, printBuilt, SUBSTRATE, sourcesOf, targetFolder } from '../node/cargo.mjs';
import { patchFlags } from '../node/patched-crates.mjs';
import { runBuild } from '../run-build.mjs';
import { runStep } from '../run-step.mjs';

const AGAIN = 'npm run collator:build';
const PROGRAM = 'watchbill-collator';
/** The first one has the build profile. */
const SOURCES = [
  'Cargo.toml',
  '{client,gate,wiring}/Cargo.toml',
  '{client,gate,wiring}/src/**/*.rs',
  'collator/Cargo.{toml,lock}',
  'collator/{src,patches}/**/*',
  'relay/{no-rocksdb,patches}/**/*',
];

/** @returns {import('../node/cargo.mjs').Product} */
function collator() {
  return {
    what: 'the collator',
    again: AGAIN,
    folder: cacheFolder('collator', [...sourcesOf(SOURCES), process.platform, process.arch]),
    programs: [PROGRAM],
    kept: 2,
    estimate,
    compile,
  };
}

function estimate() {
  return existsSync(join(targetFolder(), 'release/watchbill-relay'))
    ? '5 to 15 minutes on two cores, as the crates of the relay node are compiled already'
    : '20 to 40 minutes on two cores the first time';
}

/** Its crates have the features that they have in the relay node, so each is compiled once for both. */
async function compile(cargo) {
  const flags = [...(await patchFlags(cargo, 'relay')), ...(await patchFlags(cargo, 'collator'))];
  const args = ['build', '--release', '--locked', '--config', '../Cargo.toml', ...flags];
  const env = { ...cargoEnvironment(cargo), SUBSTRATE_CLI_GIT_COMMIT_HASH: 'watchbill' };
  await runStep(cargo, args, { cwd: join(SUBSTRATE, 'collator'), env });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runBuild({ what: 'the collator', again: AGAIN }, () => printBuilt(collator()));
}
