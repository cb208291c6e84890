import { backoffMs } from '../backoff.ts';
import type { TransportLimits } from '../limits.ts';

/** Keeps trying to have a connection to one member. */
export interface Redial {
  /** The last connection to the member has ended. */
  lost(): void;
  close(): void;
}

/** `attempt` says whether there is a connection now, also an older one; it never rejects and has a deadline of its own. The first one begins at once. */
export function redial(
  limits: Pick<TransportLimits, 'redial'>,
  attempt: (attemptIndex: number) => Promise<boolean>,
): Redial {
  let failures = 0;
  let attempts = 0;
  let isBusy = false;
  let isLost = false;
  let isClosed = false;
  let wait: ReturnType<typeof setTimeout> | null = null;

  const again = (): void => {
    if (isClosed || isBusy || wait !== null) return;
    wait = setTimeout(run, backoffMs(failures, limits.redial, Math.random()));
    failures += 1;
  };
  const run = async (): Promise<void> => {
    wait = null;
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
    close: () => {
      isClosed = true;
      if (wait !== null) clearTimeout(wait);
    },
  };
}
