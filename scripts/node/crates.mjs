#!/usr/bin/env node
/**
 * The crates of substrate/ by themselves: format and tests; with WATCHBILL_LONG=1, clippy as well, which
 * checks some hundred crates of others anew.
 */
import { fileURLToPath } from 'node:url';
import { runBuild } from '../run-build.mjs';
import { runStep } from '../run-step.mjs';
import { cargoEnvironment, checkedCargo, SUBSTRATE, targetFolder } from './build.mjs';
import { inTarget } from './target-folder.mjs';

const STEPS = [
  ['fmt', '--all', '--check'],
  ['test', '--release', '--locked', '--workspace', '--quiet'],
];
const LONG_STEPS = [
  ['clippy', '--release', '--locked', '--workspace', '--all-targets', '--', '-D', 'warnings'],
];

async function main() {
  const cargo = checkedCargo();
  const env = cargoEnvironment(cargo);
  const steps = process.env.WATCHBILL_LONG === '1' ? [...STEPS, ...LONG_STEPS] : STEPS;
  await inTarget(targetFolder(), async () => {
    for (const args of steps) await runStep(cargo, args, { cwd: SUBSTRATE, env });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runBuild({ what: 'the crates of substrate/', again: 'node scripts/node/crates.mjs' }, main);
}
