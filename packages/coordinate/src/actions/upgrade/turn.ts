import type { Progress } from '../port.ts';

/** Whether a member may be upgraded now. */
export type Turn =
  | { readonly turn: 'go' }
  /** Seats that have to be healthy first: one of them at least. */
  | { readonly turn: 'wait'; readonly for: readonly number[] }
  /** A seat that failed: seats that have not begun stop. */
  | { readonly turn: 'halt'; readonly because: Progress };

/**
 * At most `maxDown` seats are down at once: a seat goes when fewer than that many of those before it are unhealthy.
 * A seat's own report only counts for its own turn. A failure of any seat halts all that have not begun.
 */
export function turnOf(
  order: readonly number[],
  seat: number,
  maxDown: number,
  progress: readonly Progress[],
): Turn {
  const place = order.indexOf(seat);
  const others = progress.filter((each) => each.seat !== seat && order.includes(each.seat));
  const failed = others.find(({ status }) => status === 'failed');
  if (failed !== undefined) return { turn: 'halt', because: failed };
  const healthy = new Set(others.filter(({ status }) => status === 'healthy').map((each) => each.seat));
  const unfinished = order.slice(0, place).filter((each) => !healthy.has(each));
  return unfinished.length < maxDown ? { turn: 'go' } : { turn: 'wait', for: unfinished };
}
