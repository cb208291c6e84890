import type { Interval } from './person.ts';

/** The intervals before the moment. */
export function before(intervals: readonly Interval[], cutMs: number): readonly Interval[] {
  return intervals
    .filter(({ fromMs }) => fromMs < cutMs)
    .map(({ fromMs, toMs }) => ({ fromMs, toMs: Math.min(toMs, cutMs) }));
}

/** The intervals after it. */
export function after(intervals: readonly Interval[], cutMs: number): readonly Interval[] {
  return intervals
    .filter(({ toMs }) => toMs > cutMs)
    .map(({ fromMs, toMs }) => ({ fromMs: Math.max(fromMs, cutMs), toMs }));
}

/** Sorted; two that touch become one. */
export function joined(first: readonly Interval[], second: readonly Interval[]): Interval[] {
  const [next, ...rest] = second;
  const last = first.at(-1);
  if (last === undefined || next === undefined || last.toMs !== next.fromMs) return [...first, ...second];
  return [...first.slice(0, -1), { fromMs: last.fromMs, toMs: next.toMs }, ...rest];
}
