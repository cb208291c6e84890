import type { Progress } from '../port.ts';

/** The report of a member that is up and has not begun. */
export const WAITING = 'waiting';

/** Three times the blocks between two reports of a member, and one. */
const SILENT_BLOCKS = 10n;

/** Whether a member may be upgraded now. */
export type Turn =
  | { readonly turn: 'go' }
  /** Seats of which at least one has to be healthy first. */
  | { readonly turn: 'wait'; readonly for: readonly number[] }
  /** A seat that failed. Seats that have not begun do not begin. */
  | { readonly turn: 'halt'; readonly because: Progress };

/**
 * At most `maxDown` seats are down at once. These count as down: a seat without a report, at any place in
 * the order; one whose last report is old, or whose connection ended since; one that has begun and is not
 * healthy; and each seat before this one that may begin at the same time. A failure of any seat halts all
 * that have not begun.
 */
export function turnOf(
  { order, maxDown }: { readonly order: readonly number[]; readonly maxDown: number },
  seat: number,
  height: bigint,
  progress: readonly Progress[],
): Turn {
  const place = order.indexOf(seat);
  const others = progress.filter((each) => each.seat !== seat && order.includes(each.seat));
  const failed = others.find(({ status }) => status === 'failed');
  if (failed !== undefined) return { turn: 'halt', because: failed };
  const recent = others.filter((each) => !each.isLost && height - each.height <= SILENT_BLOCKS);
  const statusOf = new Map(recent.map((each) => [each.seat, each.status]));
  const down = order.filter((each, at) => {
    if (each === seat || statusOf.get(each) === 'healthy') return false;
    return at < place || statusOf.get(each) !== WAITING;
  });
  return down.length < maxDown ? { turn: 'go' } : { turn: 'wait', for: down };
}
