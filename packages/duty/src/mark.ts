import type { Part } from './duties.ts';
import type { LedgerEntry } from './entry.ts';
import { compareUnits, type Unit } from './units.ts';

/** Who holds a unit: a machine of the roster and one start of its signing process. */
export interface Owner {
  readonly node: string;
  readonly incarnation: string;
}

/** What was granted for one part: the digest (null where none was bound) and the nonce of the attempt that wrote it. */
export interface PartGrant {
  readonly part: Part;
  readonly digest: string | null;
  readonly nonce: string;
}

/** One unit above the floor. */
export interface RecentUnit {
  readonly unit: Unit;
  readonly owner: Owner;
  /** Watch term under which the unit was entered last; null where no `enter` came. */
  readonly term: bigint | null;
  /** Signed parts granted so far; `enter` is not among them. */
  readonly parts: readonly PartGrant[];
  /** Nonce of the attempt that entered the unit last; null where no `enter` came. */
  readonly enterNonce: string | null;
}

/** The durable memory of (chain, key, duty). */
export interface Mark {
  readonly epoch: string;
  /** Every unit at or below is denied for ever; null when the key was adopted as never signed. */
  readonly floor: Unit | null;
  /** Units above the floor, ascending. */
  readonly recent: readonly RecentUnit[];
  readonly seq: bigint;
  /** The entry that wrote this state, whole, and its hash. */
  readonly last: LedgerEntry;
  readonly lastHash: string;
}

/** The unit's own record inside the mark, if it is remembered. */
export function findRecent(mark: Mark, unit: Unit): RecentUnit | undefined {
  return mark.recent.find((entry) => compareUnits(entry.unit, unit) === 0);
}

/** True when the unit lies at or below the floor. */
export function belowFloor(floor: Unit | null, unit: Unit): boolean {
  return floor !== null && compareUnits(unit, floor) <= 0;
}

/**
 * Put a unit into `recent`, replacing its older record, and let the lowest leave until at most `window` stay.
 * The floor becomes the highest that left; it never sinks.
 */
export function withUnit(
  floor: Unit | null,
  recent: readonly RecentUnit[],
  entry: RecentUnit,
  window: number,
): { floor: Unit | null; recent: readonly RecentUnit[] } {
  const others = recent.filter((other) => compareUnits(other.unit, entry.unit) !== 0);
  const all = [...others, entry].sort((a, b) => compareUnits(a.unit, b.unit));
  const leaving = all.slice(0, Math.max(0, all.length - window));
  const highestLeft = leaving.at(-1)?.unit ?? null;
  const kept = all.slice(leaving.length);
  if (highestLeft === null || belowFloor(floor, highestLeft)) return { floor, recent: kept };
  return { floor: highestLeft, recent: kept };
}
