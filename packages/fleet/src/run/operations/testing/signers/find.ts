import fc from 'fast-check';
import { addCounts, noCounts, runSequence } from './check.ts';
import { sequences } from './commands.ts';

const [, , runs = '', seed = '', form = ''] = process.argv;

/** A line of progress after this many sequences. */
const REPORT_EVERY = 1_000;
const beganMs = performance.now();
const total = noCounts();
let done = 0;

/**
 * `find.ts RUNS SEED [as-drawn]`: draws sequences, and prints the first that breaks as JSON: made short, or
 * as it was drawn, which takes a tenth of the time. `counts` are outcomes of all sequences. Progress goes to
 * standard error, for example `2000 sequences, 31.4 per second`.
 */
const property = fc.asyncProperty(sequences, async (commands) => {
  addCounts(total, (await runSequence(commands)).counts);
  done += 1;
  if (done % REPORT_EVERY !== 0) return;
  const rate = (1_000 * done) / (performance.now() - beganMs);
  process.stderr.write(`${done} sequences, ${rate.toFixed(1)} per second\n`);
});
const found = await fc.check(property, {
  numRuns: Number(runs),
  seed: Number(seed),
  endOnFailure: form === 'as-drawn',
});
const { failed, numRuns, errorInstance } = found;
const what = errorInstance instanceof Error ? errorInstance.message : '';
process.stdout.write(`${JSON.stringify({ failed, numRuns, seed, what, counts: total })}\n`);
