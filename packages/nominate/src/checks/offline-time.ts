/** A stretch of time, both ends in Unix milliseconds. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The time in `away` within the window and outside of all outages: the part that the operator is responsible
 * for. Overlaps count once.
 */
export function chargedMs(away: readonly Interval[], outages: readonly Interval[], window: Interval): number {
  const held = merged(away.map((one) => cut(one, window)));
  const excused = merged(outages.map((one) => cut(one, window)));
  const total = held.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const shared = held.flatMap((one) => excused.map((other) => lengthOf(cut(one, other))));
  return total - shared.reduce((sum, ms) => sum + ms, 0);
}

function cut(one: Interval, other: Interval): Interval {
  return { fromMs: Math.max(one.fromMs, other.fromMs), toMs: Math.min(one.toMs, other.toMs) };
}

function lengthOf({ fromMs, toMs }: Interval): number {
  return Math.max(0, toMs - fromMs);
}

function merged(intervals: readonly Interval[]): readonly Interval[] {
  const result: Interval[] = [];
  for (const next of intervals.filter((one) => lengthOf(one) > 0).sort((a, b) => a.fromMs - b.fromMs)) {
    const last = result.at(-1);
    if (last === undefined || next.fromMs > last.toMs) result.push(next);
    else result[result.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, next.toMs) };
  }
  return result;
}
