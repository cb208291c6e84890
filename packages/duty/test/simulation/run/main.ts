import { parseArgs } from 'node:util';
import { type DrawOptions, drawPlan } from '../plan/draw.ts';
import { FEATURES, type Feature } from '../plan/features.ts';
import { SABOTAGE_NAMES } from '../plan/plan.ts';
import { shrink } from './shrink.ts';
import { type Outcome, simulate } from './simulate.ts';
import { traceOf } from './trace.ts';

const HELP = `Simulate the permission service in virtual time.

npm run sim                            30 seeds from 1, stop at the first failure
npm run sim -- --seed 7                one seed again, with a shrunk trace if it fails
npm run sim -- --seeds 500 --from 1000 many seeds
npm run sim -- --features probes,restore-store   these features and no others
npm run sim -- --safety-only            without the liveness phase
npm run sim -- --keep-going            list every seed that fails instead of the first
npm run sim -- --mutations             the table of mutations; --only NAME runs one
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '30' },
    from: { type: 'string', default: '1' },
    features: { type: 'string' },
    sabotage: { type: 'string', default: 'none' },
    'keep-going': { type: 'boolean', default: false },
    'no-shrink': { type: 'boolean', default: false },
    'safety-only': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

// Lost requests are errors here by the thousand, and their stacks cost a tenth of the time.
Error.stackTraceLimit = 0;

if (values.help) process.stdout.write(HELP);
else process.exitCode = await main();

async function main(): Promise<number> {
  const options = optionsOf();
  const first = Number(values.from);
  const count = Number(values.seeds);
  const seeds =
    values.seed !== undefined
      ? [values.seed]
      : Array.from({ length: count }, (_, index) => String(first + index));
  let failed = 0;
  for (const [index, seed] of seeds.entries()) {
    const outcome = await simulate(drawPlan(seed, options));
    if (outcome.violation === null) {
      if (!values.json) process.stdout.write(`seed ${seed}: ${summary(outcome)}\n`);
      continue;
    }
    failed += 1;
    const { promise, what } = outcome.violation;
    if (values.json) {
      process.stdout.write(`${JSON.stringify({ seed, runs: index + 1, promise, what })}\n`);
      return 1;
    }
    process.stdout.write(`seed ${seed}: promise ${promise} broken: ${what}\n`);
    if (values['keep-going']) continue;
    process.stdout.write(`${traceOf(values['no-shrink'] ? outcome : await shrink(outcome))}\n`);
    return 1;
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ runs: seeds.length })}\n`);
  else process.stdout.write(`${seeds.length} seeds, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

function optionsOf(): DrawOptions {
  const sabotage = SABOTAGE_NAMES.find((name) => name === values.sabotage);
  if (sabotage === undefined)
    throw new Error(`--sabotage must be one of ${SABOTAGE_NAMES.join(', ')}; got ${values.sabotage}`);
  if (values.features === undefined) return { sabotage, safetyOnly: values['safety-only'] };
  const features = values.features.split(',').filter((name) => name !== '');
  const unknown = features.find((name) => !(FEATURES as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new Error(`--features must be among ${FEATURES.join(', ')}; got ${unknown}`);
  return { features: features as Feature[], sabotage, safetyOnly: values['safety-only'] };
}

function summary({ world, releasesRough, releasesCalm, answers }: Outcome): string {
  const granted = (answers.get('granted:new') ?? 0) + (answers.get('granted:repeat') ?? 0);
  return `${granted} grants, ${releasesRough} signatures amid faults, ${releasesCalm} after; ${[...world.plan.features].join(' ')}`;
}
