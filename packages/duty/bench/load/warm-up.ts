import type { Job } from './jobs.ts';

const MEASURE_MS = 300;

/**
 * A number of operations over some lanes, as fast as they end. A number, and no time: on a busy machine a
 * short time may pass without any.
 */
export function warmUpJob(lanes: number, operations: number): Extract<Job, { kind: 'open-loop' }> {
  const perSecond = (1_000 * operations) / MEASURE_MS;
  return { kind: 'open-loop', lanes, perSecond, warmUpMs: 0, measureMs: MEASURE_MS };
}
