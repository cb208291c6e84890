import type { DueUnit } from './due.ts';
import type { Records, Signature } from './record.ts';

/** A validator that went away, as its parent process saw it. */
export interface Outage {
  readonly node: string;
  readonly key: string;
  readonly pid: number;
  readonly atMs: number;
  /** When its next start was ready; null while it is still away. */
  readonly backMs: number | null;
  /** True where the demonstration killed it by itself. */
  readonly planned: boolean;
}

/** Signatures of which at most one may exist. */
export type Conflict = ReturnType<typeof findConflicts>[number];
export type Tally = ReturnType<typeof tally>;

/** Counts signing records against the duties of the schedule. Uses no answer of the permission service. */
export function tally(records: Records, due: readonly DueUnit[], outages: readonly Outage[]) {
  const conflicting = findConflicts(records.signatures);
  const signed = Map.groupBy(records.signatures, partName);
  const isDone = ({ parts, deadlineMs, ...unit }: DueUnit) =>
    parts.every((part) => signed.get(partName({ ...unit, part }))?.some(({ atMs }) => atMs <= deadlineMs));
  const missed = due.filter((unit) => !isDone(unit));
  const missedBy = new Map(missed.map((unit) => [unit, explain(unit, outages)]));
  const babe = count('babe', due, missed, conflicting);
  const grandpa = count('grandpa', due, missed, conflicting);
  return {
    duties: due.length - missed.length,
    conflicts: conflicting.length,
    missed: missed.length,
    due: due.length,
    babe,
    grandpa,
    /** In and out of the counting window. */
    signatures: records.signatures.length,
    outages: outages.map((outage) => ({
      ...outage,
      /** Units of the node's key that were missed while it was away, as `duty unit`. */
      missed: missed
        .filter((unit) => missedBy.get(unit) === outage)
        .map((unit) => `${unit.duty} ${unit.unit}`),
    })),
    /** Missed units that no outage explains, as `key duty unit`. */
    unexplained: missed
      .filter((unit) => missedBy.get(unit) === null)
      .map((unit) => `${unit.key} ${unit.duty} ${unit.unit}`),
    conflicting,
    unreadable: records.unreadable,
  };
}

/**
 * A (key, duty, unit, part) is in conflict when it was signed with two digests, or sealed twice: a seal is
 * randomised, so even the same block sealed twice makes two signatures. Counted over everything ever signed.
 */
export function findConflicts(signatures: readonly Signature[]) {
  const groups = Map.groupBy(signatures, partName);
  return [...groups.values()].flatMap((by) => {
    const [first] = by;
    if (first === undefined || by.length < 2) return [];
    const digests = new Set(by.map((signature) => signature.digest));
    if (digests.size === 1 && first.part !== 'seal') return [];
    return [{ key: first.key, duty: first.duty, unit: first.unit, part: first.part, by }];
  });
}

type Part = Pick<Signature, 'key' | 'duty' | 'unit' | 'part'>;

/** One name for everything that may be signed once. */
export function partName({ key, duty, unit, part }: Part): string {
  return [key, duty, unit, part].join(' ');
}

/** The latest outage of the unit's own key that overlaps the unit. */
function explain(unit: DueUnit, outages: readonly Outage[]): Outage | null {
  const overlapping = outages.filter(
    ({ key, atMs, backMs }) =>
      key === unit.key && atMs <= unit.deadlineMs && (backMs ?? Number.POSITIVE_INFINITY) >= unit.startMs,
  );
  return overlapping.at(-1) ?? null;
}

function count(
  duty: 'babe' | 'grandpa',
  due: readonly DueUnit[],
  missed: readonly DueUnit[],
  conflicts: readonly Conflict[],
) {
  const owed = due.filter((unit) => unit.duty === duty).length;
  const lost = missed.filter((unit) => unit.duty === duty).length;
  const bad = conflicts.filter((conflict) => conflict.duty === duty).length;
  return { due: owed, signed: owed - lost, missed: lost, conflicts: bad };
}

/** Zero only if no part was signed twice and every line of the records was readable. */
export function exitCode(result: Tally): 0 | 1 {
  return result.conflicts === 0 && result.unreadable.length === 0 ? 0 : 1;
}
