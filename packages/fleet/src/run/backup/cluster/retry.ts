import { retry, until } from '@watchbill/kit';
import type { Got } from '../../kubernetes/objects.ts';
import { clusterFault, type OpenCluster } from './open.ts';

/** The restart of a server takes less time. */
const MOST_TRIES = 6;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
const LOOK_EVERY_MS = 250;

/** Thrown if the server gave no answer, or the object changed: another try may succeed. */
export class Transient extends Error {}

/**
 * The object, or null if there is none. Throws {@link Transient} for repeatable faults, else a BackupFault.
 */
export function orNull(cluster: OpenCluster, what: string, got: Got) {
  if (got.ok) return got.object;
  const { reason, detail } = got.failure;
  if (reason === 'not-found') return null;
  if (reason === 'unreachable' || reason === 'unknown' || reason === 'changed' || reason === 'exists')
    throw new Transient(`${what}: ${detail}`);
  throw clusterFault(cluster, what, detail);
}

/**
 * Repeats, a limited number of times, work that reads first and then does the missing part, after a lost
 * answer.
 */
export async function retried<Value>(
  cluster: OpenCluster,
  work: () => Promise<Value>,
  signal: AbortSignal,
): Promise<Value> {
  const limits = {
    clock: cluster.clock,
    signal,
    pauseMs: FIRST_WAIT_MS,
    longestMs: LONGEST_WAIT_MS,
    most: MOST_TRIES,
  };
  const mayPass = (error: unknown): boolean => error instanceof Transient;
  return retry(work, { ...limits, mayPass }).catch((error: unknown) => {
    throw error instanceof Transient ? clusterFault(cluster, 'no answer', error.message) : error;
  });
}

/** Checks repeatedly until the condition holds; false at the deadline or the signal. */
export async function untilTrue(
  { clock }: Pick<OpenCluster, 'clock'>,
  is: () => Promise<boolean>,
  withinMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const look = async (): Promise<true | null> => ((await is()) ? true : null);
  return (await until(look, { clock, signal, pauseMs: LOOK_EVERY_MS, withinMs })) !== null;
}
