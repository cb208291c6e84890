#!/usr/bin/env node
/**
 * Relay node and collator without their builds: the patches fit, the lock files fit the manifests, licences,
 * format, and the test of the stand-in for RocksDB.
 */
import { join } from 'node:path';
import { cacheRoot } from '../build-cache.mjs';
import { runBuild } from '../run-build.mjs';
import { runStep } from '../run-step.mjs';
import { PROGRAMS } from './build.mjs';
import { cargoEnvironment, checkedCargo, SUBSTRATE } from './cargo.mjs';
import { checkLicences } from './check-licences.mjs';
import { patchFlags } from './patched-crates.mjs';
import { inTarget } from './target-folder.mjs';

/** Of the crates of polkadot-sdk that only a relay node has, and of the programs linked with them. */
const OF_RELAY = ['GPL-3.0-only'];

async function main() {
  const cargo = checkedCargo();
  // A separate target folder: a long build of a node in the other one would make this wait.
  const target = join(cacheRoot(), 'relay-check');
  const env = { ...cargoEnvironment(cargo), CARGO_TARGET_DIR: target };
  const { relay, collator } = PROGRAMS;
  for (const { folder, patches } of [relay, collator]) {
    const cwd = join(SUBSTRATE, folder);
    await checkLicences(cargo, { cwd, flags: await patchFlags(cargo, ...patches), ofNode: OF_RELAY });
    await runStep(cargo, ['fmt', '--check'], { cwd, env });
  }
  // Of our crates there, the one that compiles in seconds.
  const flags = await patchFlags(cargo, ...relay.patches);
  const standIn = ['--locked', '--quiet', '--package', 'kvdb-rocksdb', ...flags];
  const options = { cwd: join(SUBSTRATE, relay.folder), env };
  await inTarget(target, SUBSTRATE, async () => {
    await runStep(cargo, ['fmt', '--all', '--check'], options);
    await runStep(cargo, ['clippy', ...standIn, '--all-targets', '--', '-D', 'warnings'], options);
    await runStep(cargo, ['test', ...standIn], options);
  });
}

if (process.argv[1] === import.meta.filename)
  await runBuild({ what: 'sources of relay node and collator', again: 'node scripts/node/check.mjs' }, main);
