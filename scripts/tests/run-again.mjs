// Runs each failed file once more, alone, unless its tier is exact. A file that then passes is flaky.

import { loadavg } from 'node:os';
import { mayRetry } from './flaky.mjs';
import { groupJob } from './jobs.mjs';

/**
 * Marks the results of files that pass the second time with `flaky`, and keeps in `failedBefore` why they
 * failed.
 * @param {readonly import('./run-tiers.mjs').TierRun[]} runs
 * @param {import('./jobs.mjs').JobOptions & { limit: ReturnType<typeof
 * import('./time-limit.mjs').timeLimit> }} context
 */
export async function runAgain(runs, context) {
  for (const { tier, results } of runs)
    for (const [at, result] of results.entries()) {
      if (tier.exact || !tier.files.includes(result.file) || !mayRetry(result) || context.stop.aborted)
        continue;
      const job = groupJob([result.file], tier, context);
      if (!context.limit.fitsAgain(job.seconds)) {
        context.print(`${result.file} failed; no time is left to run it once more`);
        continue;
      }
      const load = loadavg()[0].toFixed(1);
      context.print(`${result.file} failed; it runs once more by itself`);
      const { files, output, idleSeconds } = await job.run();
      const again = files[0];
      if (again === undefined || again.failed > 0) continue;
      results[at] = { ...again, output: '', idleSeconds, flaky: true, failedBefore: result.failures };
      context.print(
        `FLAKY ${result.file}: passed when it ran by itself (${seedOf(result.output, output)}, load ${load})`,
      );
    }
}

/** The seed that the failed run printed, or the one that passed. */
function seedOf(...outputs) {
  for (const output of outputs) {
    const seed = /\bseed\W{1,3}(\S+)/i.exec(output)?.[1];
    if (seed !== undefined) return `seed ${seed}`;
  }
  return 'no seed printed';
}
