import fc from 'fast-check';
import { runSequence } from './check.ts';
import { sequences } from './commands.ts';

const [, , runs = '', seed = ''] = process.argv;

/** `find.ts RUNS SEED`: draws sequences, and prints the first that breaks, made short, as JSON. */
const property = fc.asyncProperty(sequences, async (commands) => {
  await runSequence(commands);
});
const found = await fc.check(property, { numRuns: Number(runs), seed: Number(seed) });
const { failed, numRuns, errorInstance } = found;
const what = errorInstance instanceof Error ? errorInstance.message : '';
process.stdout.write(`${JSON.stringify({ failed, numRuns, seed, what })}\n`);
