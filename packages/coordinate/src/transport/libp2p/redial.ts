import { type Clock, systemClock } from '@watchbill/kit';
import { backoffMs } from '../backoff.ts';
import type { TransportLimits } from '../limits.ts';

/** Keeps trying to connect to one member. */
export interface Redial {
  /** The last connection to the member has ended. */
  lost(): void;
  close(): void;
}

/**
 * `attempt` returns whether there is a connection now, new or old. It never rejects and has its own deadline.
 * The first attempt begins at once.
 */
export function redial(
  limits: Pick<TransportLimits, 'redial'>,
  attempt: (attemptIndex: number) => Promise<boolean>,
  time: Clock = systemClock(),
): Redial {
  const closing = new AbortController();
  let failures = 0;
  let attempts = 0;
  let isBusy = false;
  let isLost = false;
  let isWaiting = false;

  const again = (): void => {
    if (closing.signal.aborted || isBusy || isWaiting) return;
    isWaiting = true;
    const waitMs = backoffMs(failures, limits.redial, Math.random());
    failures += 1;
    void time.sleep(waitMs, closing.signal).then(run);
  };
  const run = async (): Promise<void> => {
    isWaiting = false;
    if (closing.signal.aborted) return;
    isBusy = true;
    isLost = false;
    const isConnected = await attempt(attempts++);
    isBusy = false;
    if (isConnected) failures = 0;
    if (!isConnected || isLost) again();
  };

  void run();
  return {
    lost: () => {
      isLost = true;
      again();
    },
    close: () => closing.abort(),
  };
}
