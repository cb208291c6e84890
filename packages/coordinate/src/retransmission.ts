/**
 * When a message is sent again: after 1 block, then with a pause that doubles up to {@link MAX_PAUSE} (ticks
 * 1, 3, 6, 11, 20, 37, 70, 135, 200, …).
 */
export interface Backoff {
  /** The next tick at which to send; ticks count blocks since the first sending. */
  readonly nextTick: bigint;
  readonly pause: bigint;
}

/** `backoff`: see {@link Backoff}. `standard`: at every block, as keep-core's other messages. */
export type Retransmission = 'backoff' | 'standard';

/** In blocks. No window of `rfc12` is long enough to reach it; certificates are repeated for whole leases. */
const MAX_PAUSE = 64n;

export const FIRST_BACKOFF: Backoff = { nextTick: 1n, pause: 1n };

/** Whether a tick sends, and the next state. Several skipped ticks send once. */
export function tickBackoff(
  backoff: Backoff,
  tick: bigint,
): { readonly send: boolean; readonly next: Backoff } {
  let { nextTick, pause } = backoff;
  while (nextTick <= tick) {
    nextTick += pause + 1n;
    pause = pause * 2n < MAX_PAUSE ? pause * 2n : MAX_PAUSE;
  }
  return { send: backoff.nextTick <= tick, next: { nextTick, pause } };
}
