import type { DecisionRecord } from '@watchbill/duty/service';

/** Answers of the service, counted for the view. Conflicts and duties are never taken from here. */
export interface DecisionCounts {
  readonly granted: number;
  readonly denied: ReadonlyMap<string, number>;
  readonly unknown: ReadonlyMap<string, number>;
  /** Latest answers that were not grants, oldest first. */
  readonly refusals: readonly DecisionRecord[];
}

const KEPT = 5;

export function countDecisions(): {
  readonly add: (one: DecisionRecord) => void;
  readonly counts: () => DecisionCounts;
} {
  let granted = 0;
  const denied = new Map<string, number>();
  const unknown = new Map<string, number>();
  let refusals: readonly DecisionRecord[] = [];
  return {
    add: (one) => {
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
