import { type JobParts, runJob } from './run-job.ts';
import type { Executor } from './scheduler.ts';

/** Runs jobs in this process. */
export function localExecutor(parts: JobParts): Executor {
  return {
    execute: async (job, signal) => (await runJob(parts, job, signal)) !== 'taken',
  };
}
