#!/usr/bin/env node
/**
 * The crates of substrate/ by themselves: licences, format, clippy, documentation, tests and packages.
 *
 *   node scripts/node/crates.mjs            everything; with --no-run the tests are only compiled
 *   node scripts/node/crates.mjs --tests    the tests alone
 */
import { runBuild } from '../run-build.mjs';
import { runStep } from '../run-step.mjs';
import { cargoEnvironment, checkedCargo, SUBSTRATE, targetFolder } from './cargo.mjs';
import { checkLicences } from './check-licences.mjs';
import { patchFlags } from './patched-crates.mjs';
import { readLines, WORKSPACE_LOCK } from './sdk-line-files.mjs';
import { packLine } from './sdk-lines.mjs';
import { inTarget } from './target-folder.mjs';

/** Duties of the gate that no released SDK has. */
const UNRELEASED = ['--features', 'watchbill-gate/aura-scheduling'];
const ALL = ['--release', '--locked', '--workspace'];
const STEPS = [
  // Checks some hundred crates of others the first time, and only ours from then on.
  ['clippy', ...ALL, '--all-targets', '--', '-D', 'warnings'],
  ['clippy', ...ALL, ...UNRELEASED, '--all-targets', '--', '-D', 'warnings'],
  ['doc', ...ALL, '--no-deps', '--quiet'],
];
const TESTS = [
  ['test', ...ALL, '--quiet'],
  ['test', ...ALL, ...UNRELEASED, '--lib', '--quiet'],
];

async function main() {
  const [choice] = process.argv.slice(2);
  const isWhole = choice !== '--tests';
  const tests = choice === '--no-run' ? TESTS.map((test) => [...test, '--no-run']) : TESTS;
  const cargo = checkedCargo();
  const options = { cwd: SUBSTRATE, env: { ...cargoEnvironment(cargo), RUSTDOCFLAGS: '-D warnings' } };
  const flags = await patchFlags(cargo, 'devnode');
  if (isWhole) await checkLicences(cargo, { cwd: SUBSTRATE, flags });
  await inTarget(targetFolder(), SUBSTRATE, async () => {
    if (isWhole) await runStep(cargo, ['fmt', '--all', '--check'], options);
    for (const [name, ...args] of [...(isWhole ? STEPS : []), ...tests])
      await runStep(cargo, [name, ...flags, ...args], options);
  });
  if (!isWhole) return;
  for (const line of readLines()) if (line.lock === WORKSPACE_LOCK) await packLine(cargo, line);
}

if (process.argv[1] === import.meta.filename)
  await runBuild({ what: 'the crates of substrate/', again: 'node scripts/node/crates.mjs' }, main);
