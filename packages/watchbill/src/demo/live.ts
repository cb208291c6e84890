import type { Schedule } from './chain.ts';
import { type DueUnit, dueUnits } from './due.ts';
import type { Records, Signature } from './record.ts';
import { findConflicts, partName, tally } from './tally.ts';

/** The running count for the view. The final count reads every record again. */
export type LiveCount = ReturnType<ReturnType<typeof liveCount>['update']>;

/** Signatures older than this are no longer compared live, so that a long run keeps a bounded memory. */
const KEPT_MS = 120_000;

export function liveCount(schedule: Schedule, fromMs: number) {
  let kept: readonly Signature[] = [];
  let countedMs = fromMs;
  const totals = { duties: 0, due: 0, missed: 0, signatures: 0 };
  const conflicts = new Set<string>();
  /** Latest signature of each node and duty, by `node duty`. */
  const last = new Map<string, Signature>();
  const signedBy = new Map<string, number>();

  function remember(signatures: readonly Signature[], nowMs: number): void {
    for (const signature of signatures) {
      last.set(`${signature.node} ${signature.duty}`, signature);
      signedBy.set(signature.node, (signedBy.get(signature.node) ?? 0) + 1);
    }
    totals.signatures += signatures.length;
    kept = [...kept.filter((one) => one.atMs > nowMs - KEPT_MS), ...signatures];
    for (const conflict of findConflicts(kept)) conflicts.add(partName(conflict));
  }

  /** Units whose deadline passed since the last count. */
  function newlyDue(untilMs: number): readonly DueUnit[] {
    const window = { fromMs: Math.max(fromMs, countedMs - KEPT_MS / 2), untilMs };
    return dueUnits(schedule, window).filter((unit) => unit.deadlineMs > countedMs);
  }

  return {
    update(added: Records, nowMs: number) {
      remember(added.signatures, nowMs);
      const result = tally({ signatures: kept, unreadable: [] }, newlyDue(nowMs), []);
      totals.duties += result.duties;
      totals.due += result.due;
      totals.missed += result.missed;
      countedMs = Math.max(countedMs, nowMs);
      return { ...totals, conflicts: conflicts.size, last, signedBy };
    },
  };
}
