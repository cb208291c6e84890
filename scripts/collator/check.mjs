#!/usr/bin/env node
/**
 * The collator without its build: the patches fit, the lock file fits the manifests, licences and format.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cargoEnvironment, checkedCargo, SUBSTRATE } from '../node/cargo.mjs';
import { checkLicences } from '../node/check-licences.mjs';
import { patchFlags } from '../node/patched-crates.mjs';
import { runBuild } from '../run-build.mjs';
import { runStep } from '../run-step.mjs';

const COLLATOR = join(SUBSTRATE, 'collator');
/** Of the crates of polkadot-sdk that only a relay node has, and of the program that is linked with them. */
const OF_COLLATOR = ['GPL-3.0-only'];

async function main() {
  const cargo = checkedCargo();
  const flags = [...(await patchFlags(cargo, 'relay')), ...(await patchFlags(cargo, 'collator'))];
  await checkLicences(cargo, { cwd: COLLATOR, flags, ofNode: OF_COLLATOR });
  await runStep(cargo, ['fmt', '--check'], { cwd: COLLATOR, env: cargoEnvironment(cargo) });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runBuild({ what: 'the sources of the collator', again: 'node scripts/collator/check.mjs' }, main);
}
