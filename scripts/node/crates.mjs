#!/usr/bin/env node
/**
 * The crates of substrate/ by themselves: format and tests; with WATCHBILL_LONG=1, clippy as well, which checks some
 * hundred crates of others anew.
 */
import { fileURLToPath } from 'node:url';
import { runStep } from '../build-cache.mjs';
import { cargoEnvironment, checkedCargo, SUBSTRATE } from './build.mjs';

const STEP_TIMEOUT_MS = 60 * 60_000;
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
  for (const args of steps) await runStep(cargo, args, { cwd: SUBSTRATE, env, timeoutMs: STEP_TIMEOUT_MS });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
