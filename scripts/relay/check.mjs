#!/usr/bin/env node
/**
 * The relay node without its build: the patches fit, the lock file fits the manifests, licences, format,
 * and the test of the stand-in for RocksDB.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheRoot } from '../build-cache.mjs';
import { cargoEnvironment, checkedCargo, SUBSTRATE } from '../node/cargo.mjs';
import { checkLicences } from '../node/check-licences.mjs';
import { patchFlags } from '../node/patched-crates.mjs';
import { inTarget } from '../node/target-folder.mjs';
import { runBuild } from '../run-build.mjs';
import { runStep } from '../run-step.mjs';

const RELAY = join(SUBSTRATE, 'relay');

/** Of the crates of polkadot-sdk that only a relay node has. The program and its sources are under it too. */
const OF_RELAY = ['GPL-3.0-only'];

/** A separate target folder: a long build of a node in the other one would make this wait. */
const target = () => join(cacheRoot(), 'relay-check');

async function main() {
  const cargo = checkedCargo();
  const flags = await patchFlags(cargo, 'relay');
  await checkLicences(cargo, { cwd: RELAY, flags, ofNode: OF_RELAY });
  const options = { cwd: RELAY, env: { ...cargoEnvironment(cargo), CARGO_TARGET_DIR: target() } };
  await runStep(cargo, ['fmt', '--all', '--check'], options);
  // Of our crates there, the one that compiles in seconds.
  const standIn = ['--locked', '--quiet', '--package', 'kvdb-rocksdb', ...flags];
  await inTarget(target(), async () => {
    await runStep(cargo, ['clippy', ...standIn, '--all-targets', '--', '-D', 'warnings'], options);
    await runStep(cargo, ['test', ...standIn], options);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runBuild({ what: 'the sources of the relay node', again: 'node scripts/relay/check.mjs' }, main);
}
