import type { Clock } from '@watchbill/kit';
import type { NewDecision } from './decisions.ts';

const QUEUE_LENGTH = 10_000;
const DELAY_MS = 20;

/**
 * Refusals waiting for the next commit: a bounded queue whose oldest notes leave when it is full. A note
 * waits for the next commit of entries, or at most about 20 ms for a separate commit.
 */
export function noteQueue(clock: Clock, flush: () => void) {
  const stopped = new AbortController();
  let queue: NewDecision[] = [];
  let armed = false;

  async function arm(): Promise<void> {
    armed = true;
    await clock.sleep(DELAY_MS, stopped.signal);
    armed = false;
    if (!stopped.signal.aborted && queue.length > 0) flush();
  }

  return {
    add(decision: NewDecision): void {
      if (stopped.signal.aborted) return;
      queue.push(decision);
      // Cut by blocks: removing one at a time from the front of a full queue would copy it for every note.
      if (queue.length >= QUEUE_LENGTH * 1.1) queue = queue.slice(-QUEUE_LENGTH);
      if (!armed) void arm();
    },
    /** Waiting notes, oldest first; they go on waiting until `taken`. */
    pending: (): readonly NewDecision[] => queue,
    /** The first `count` were committed. */
    taken(count: number): void {
      queue = queue.slice(count);
    },
    stop: (): void => stopped.abort(),
  };
}
