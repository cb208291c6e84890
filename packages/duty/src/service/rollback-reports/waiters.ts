import { OVER } from '@watchbill/kit';
import type { CoreContext } from '../ground/context.ts';

interface Waiter {
  readonly holds: () => boolean;
  readonly recordKey: () => string | null;
  readonly end: (error: unknown) => void;
}

/** Callers that wait for a state of the reports, each with the store's time as its deadline. */
export interface Waiters {
  /**
   * Settles when `holds` is true. Rejects with a fault about its record, or with `late` after the deadline.
   */
  until(holds: () => boolean, recordKey: () => string | null, late: () => Error): Promise<void>;
  /** The state has changed. */
  look(): void;
  /** Ends those that wait for this record; null ends all. */
  fail(recordKey: string | null, error: unknown): void;
}

export function createWaiters({ parts, options }: CoreContext): Waiters {
  const waiting = new Set<Waiter>();

  return {
    async until(holds, recordKey, late) {
      if (holds()) return;
      const ended = new AbortController();
      await new Promise<void>((resolve, reject) => {
        const waiter: Waiter = {
          holds,
          recordKey,
          end(error) {
            waiting.delete(waiter);
            ended.abort(OVER);
            if (error === null) resolve();
            else reject(error);
          },
        };
        waiting.add(waiter);
        void parts.clock.sleep(options.storeTimeoutMs, ended.signal).then(() => {
          if (waiting.has(waiter)) waiter.end(late());
        });
      });
    },
    look() {
      for (const waiter of [...waiting]) if (waiter.holds()) waiter.end(null);
    },
    fail(recordKey, error) {
      for (const waiter of [...waiting])
        if (recordKey === null || waiter.recordKey() === recordKey) waiter.end(error);
    },
  };
}
