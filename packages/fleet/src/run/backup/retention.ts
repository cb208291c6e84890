/** Which backups stay. Both null: all of them. */
export interface Keep {
  /** This number of the newest. */
  readonly last: number | null;
  /** All that are at most this many days old. */
  readonly days: number | null;
}

export interface Kept {
  readonly keep: readonly string[];
  readonly remove: readonly string[];
}

interface Dated {
  readonly id: string;
  readonly madeAtMs: number;
}

const DAY_MS = 86_400_000;

/**
 * Splits backups into kept and removed ones, newest first. A backup stays if any rule keeps it; the newest
 * always does. One from a clock that was ahead stays too, as the last one. `nowMs`: Unix time.
 */
export function retain(backups: readonly Dated[], { last, days }: Keep, nowMs: number): Kept {
  const isAhead = ({ madeAtMs }: Dated): boolean => madeAtMs > nowMs;
  const newestFirst = backups.toSorted(
    (one, other) =>
      Number(isAhead(one)) - Number(isAhead(other)) ||
      other.madeAtMs - one.madeAtMs ||
      (one.id < other.id ? 1 : -1),
  );
  const stays = (one: Dated, at: number): boolean =>
    at === 0 ||
    isAhead(one) ||
    (last === null && days === null) ||
    (last !== null && at < last) ||
    (days !== null && nowMs - one.madeAtMs <= days * DAY_MS);
  const ids = (wanted: boolean) =>
    newestFirst.filter((one, at) => stays(one, at) === wanted).map(({ id }) => id);
  return { keep: ids(true), remove: ids(false) };
}
