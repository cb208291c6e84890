import type { Got } from '../../kubernetes/objects.ts';
import { clusterFault, type OpenCluster } from './open.ts';

/** The restart of a server takes less time. */
const MOST_TRIES = 6;
const FIRST_WAIT_MS = 500;
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
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      if (tries >= MOST_TRIES || signal.aborted) throw clusterFault(cluster, 'no answer', error.message);
      await cluster.clock.sleep(FIRST_WAIT_MS * 2 ** (tries - 1), signal);
    }
  }
}

/** Checks repeatedly until the condition holds; false at the deadline or the signal. */
export async function until(
  { clock }: OpenCluster,
  is: () => Promise<boolean>,
  ms: number,
  signal: AbortSignal,
): Promise<boolean> {
  const deadlineMs = clock.monotonicMs() + ms;
  for (;;) {
    if (await is()) return true;
    if (clock.monotonicMs() >= deadlineMs || signal.aborted) return false;
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}
