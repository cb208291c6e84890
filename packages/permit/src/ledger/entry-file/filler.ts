import type { Clock } from '@watchbill/base';
import { LedgerFault } from '../port.ts';
import type { Backlog } from './backlog.ts';

/** Rows reach the tables at the latest after this time, in milliseconds. */
export const FILL_MS = 250;
/** So many rows do not wait for it: one fill of them takes a few milliseconds. */
export const FILL_ROWS = 1_024;

export interface Filler {
  /** Rows joined the backlog. */
  added(): void;
  stop(): void;
}

/**
 * Brings the backlog into the tables while the service goes on. If the disk refuses, the next rows try again.
 *
 * @param fill brings all of it there; throws a LedgerFault when the disk refuses
 */
export function tableFiller(clock: Clock, backlog: Pick<Backlog, 'size'>, fill: () => void): Filler {
  const stopped = new AbortController();
  let armed = false;
  let soon = false;

  function fillQuietly(): void {
    if (stopped.signal.aborted || backlog.size() === 0) return;
    try {
      fill();
    } catch (error) {
      if (!(error instanceof LedgerFault)) throw error;
    }
  }

  async function arm(): Promise<void> {
    armed = true;
    await clock.sleep(FILL_MS, stopped.signal);
    armed = false;
    fillQuietly();
  }

  return {
    added() {
      if (!armed) void arm();
      if (soon || backlog.size() < FILL_ROWS) return;
      soon = true;
      setImmediate(() => {
        soon = false;
        fillQuietly();
      });
    },
    stop: () => stopped.abort(),
  };
}
