/** When a message is sent again: after 1 block, then with a pause that doubles (ticks 1, 3, 6, 11, 20, 37, 70, …). */
export interface Backoff {
  /** The next tick at which to send; ticks count blocks since the first sending. */
  readonly nextTick: bigint;
  readonly pause: bigint;
}

export const FIRST_BACKOFF: Backoff = { nextTick: 1n, pause: 1n };

/** Whether a tick sends, and what comes after it. Ticks that were jumped over send once together. */
export function tickBackoff(
  backoff: Backoff,
  tick: bigint,
): { readonly send: boolean; readonly next: Backoff } {
  let { nextTick, pause } = backoff;
  while (nextTick <= tick) {
    nextTick += pause + 1n;
    pause *= 2n;
  }
  return { send: backoff.nextTick <= tick, next: { nextTick, pause } };
}
