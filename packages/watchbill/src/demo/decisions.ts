import type { DecisionRecord } from '@watchbill/duty/service';

export type DecisionCounts = ReturnType<ReturnType<typeof countDecisions>['counts']>;

const KEPT = 5;

/** Counts answers of the service for the view. Conflicts and duties are never taken from here. */
export function countDecisions() {
  let granted = 0;
  const denied = new Map<string, number>();
  const unknown = new Map<string, number>();
  /** Latest answers that were not grants, oldest first. */
  let refusals: readonly DecisionRecord[] = [];
  return {
    add: (one: DecisionRecord): void => {
      if (one.outcome === 'granted') {
        granted++;
        return;
      }
      const counts = one.outcome === 'denied' ? denied : unknown;
      counts.set(one.reason, (counts.get(one.reason) ?? 0) + 1);
      refusals = [...refusals, one].slice(-KEPT);
    },
    counts: () => ({ granted, denied, unknown, refusals }),
  };
}
