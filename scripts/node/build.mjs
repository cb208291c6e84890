#!/usr/bin/env node
/**
 * Builds a program with the gate from registry crates and the patches of substrate/NAME/patches: the
 * devnode for tests and demonstrations on real nodes, the relay node with its workers, or the collator.
 * Programs are kept outside the clone, in a folder named by the hash of their sources; compiled crates are
 * kept beside it, so that a change of our code takes a minute or two.
 *
 *   npm run node:build | relay:build | collator:build    build if needed, print the path of the program
 *   node scripts/node/build.mjs relay --where            print the path if it is there, else end with 1
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../build-cache.mjs';
import { runBuild } from '../run-build.mjs';
import { runStep } from '../run-step.mjs';
import {
  cargoEnvironment,
  ensureBuilt,
  isBuilt,
  printBuilt,
  SUBSTRATE,
  sourcesOf,
  targetFolder,
} from './cargo.mjs';
import { patchFlags } from './patched-crates.mjs';

/** Of every program. The first one has the build profile. */
const SHARED = [
  'Cargo.toml',
  '{client,gate,wiring}/Cargo.toml',
  '{client,gate,wiring}/src/**/*.rs',
  'devnode/patches/*',
];

/**
 * `folder` below `substrate/` is where cargo runs; `patches` are folders with patches; `kept` programs of
 * other sources stay in the cache. The node looks for its workers in its own folder.
 */
export const PROGRAMS = {
  devnode: {
    what: 'the node',
    again: 'npm run node:build',
    folder: '.',
    patches: ['devnode'],
    sources: ['Cargo.lock', 'devnode/Cargo.toml', 'devnode/src/**/*.rs'],
    programs: ['watchbill-devnode'],
    args: ['--package', 'watchbill-devnode'],
    kept: 3,
    firstTime: '10 to 20 minutes on two cores and 3 GB of disk the first time',
    later: '1 to 3 minutes, as most crates are compiled already',
    shares: 'watchbill-devnode',
  },
  relay: {
    what: 'the relay node',
    again: 'npm run relay:build',
    folder: 'relay',
    patches: ['devnode', 'relay'],
    sources: ['relay/Cargo.{toml,lock}', 'relay/{src,no-rocksdb,patches}/**/*'],
    programs: ['watchbill-relay', 'polkadot-prepare-worker', 'polkadot-execute-worker'],
    // Its build profile is that of the devnode, so the two builds share most compiled units.
    args: ['--config', '../Cargo.toml'],
    kept: 3,
    firstTime: '10 to 30 minutes on two cores the first time',
    later: '3 to 10 minutes, as most crates are compiled already',
    shares: 'watchbill-relay',
  },
  collator: {
    what: 'the collator',
    again: 'npm run collator:build',
    folder: 'collator',
    patches: ['devnode', 'relay', 'collator'],
    sources: ['collator/Cargo.{toml,lock}', 'collator/{src,patches}/**/*', 'relay/{no-rocksdb,patches}/**/*'],
    programs: ['watchbill-collator'],
    // Its crates have the features that they have in the relay node, so each is compiled once for both.
    args: ['--config', '../Cargo.toml'],
    kept: 2,
    firstTime: '20 to 40 minutes on two cores the first time',
    later: '5 to 15 minutes, as the crates of the relay node are compiled already',
    shares: 'watchbill-relay',
  },
};

/** @param {keyof typeof PROGRAMS} name @returns {import('./cargo.mjs').Product} */
function product(name) {
  const { folder, patches, sources, args, firstTime, later, shares, ...rest } = PROGRAMS[name];
  const cached = cacheFolder(rest.programs[0], [
    ...sourcesOf([...SHARED, ...sources]),
    process.platform,
    process.arch,
  ]);
  return {
    ...rest,
    folder: cached,
    estimate: () => (existsSync(join(targetFolder(), 'release', shares)) ? later : firstTime),
    compile: async (cargo) => {
      const flags = await patchFlags(cargo, ...patches);
      // A node shows the commit after its version, and its sources are in no repository that could name one.
      const env = { ...cargoEnvironment(cargo), SUBSTRATE_CLI_GIT_COMMIT_HASH: 'watchbill' };
      const options = { cwd: join(SUBSTRATE, folder), env };
      await runStep(cargo, ['build', '--release', '--locked', ...args, ...flags], options);
    },
  };
}

/** Builds the devnode if needed; settles to the path of its program. */
export async function ensureNode() {
  return ensureBuilt(product('devnode'));
}

/** A tier that needs it runs if the cache has it. @type {import('../tests/tiers.mjs').LongBuild} */
export const RELAY = {
  isBuilt: () => isBuilt(product('relay')) && isBuilt(product('collator')),
  remedy: `the relay node or the collator is not built here; ${PROGRAMS.relay.again} && ${PROGRAMS.collator.again} build them (${PROGRAMS.collator.firstTime}), and npm run test:long as well`,
};

if (process.argv[1] === import.meta.filename) {
  const name = process.argv[2];
  if (!Object.hasOwn(PROGRAMS, name ?? '')) {
    console.error(`usage: node scripts/node/build.mjs ${Object.keys(PROGRAMS).join('|')} [--where]`);
    process.exit(2);
  }
  await runBuild(PROGRAMS[name], () => printBuilt(product(name)));
}
