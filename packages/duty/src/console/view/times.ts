import type { UnitRecord } from './facts.ts';

/** The steps of the grants among some units, in the order of the steps. Pure. */
export function stepTimes(units: readonly UnitRecord[]) {
  const grants = units.filter(({ outcome }) => outcome !== 'denied');
  const groups = Map.groupBy(
    grants.flatMap(({ steps = [] }) => steps),
    ({ name }) => name,
  );
  return ['queue', 'wait', 'store', 'flush'].flatMap((name) => {
    const sorted = (groups.get(name as 'queue') ?? []).map(({ ms }) => ms).toSorted((a, b) => a - b);
    if (sorted.length === 0) return [];
    const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
    return [{ name, p50Ms: at(0.5), p99Ms: at(0.99) }];
  });
}
