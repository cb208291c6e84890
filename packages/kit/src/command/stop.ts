import type { Logger } from 'pino';
import { fault } from '../index.ts';
import { EXIT } from './exit.ts';
import type { Io } from './io.ts';

/** Stopping: the first signal asks, the second ends the process at once. */
export interface Stop {
  /** Settles at the first signal. */
  readonly asked: Promise<void>;
  /** Waits for the closing. Rejects if it takes too long. */
  within(closing: Promise<void>): Promise<void>;
  forget(): void;
}

/**
 * Draining and closing the server may each take the drain time; files and connections are given this more.
 */
const CLOSE_MS = 5_000;

export function stopOnSignal(io: Io, log: Logger, drainTimeoutMs: number): Stop {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  let signals = 0;
  const forget = io.onStopSignal((signal) => {
    signals += 1;
    if (signals > 1) {
      log.warn({ event: 'cut', signal }, 'ended by a second signal');
      return io.exitNow(EXIT.fault);
    }
    log.info({ event: 'stopping', signal, drainTimeoutMs }, 'stopping');
    resolve();
  });
  const boundMs = 2 * drainTimeoutMs + CLOSE_MS;
  return {
    asked,
    forget,
    within: async (closing) => {
      const finished = new AbortController();
      const ended = closing.finally(() => finished.abort());
      const late = io.clock.sleep(boundMs, finished.signal).then(() => {
        if (finished.signal.aborted) return;
        const what = `the service did not close within ${boundMs} ms`;
        throw fault('close-late', 'fault', {
          what,
          remedy: 'look at the log; the ledger and the store are safe',
        });
      });
      await Promise.race([ended, late.then(() => ended)]);
    },
  };
}
