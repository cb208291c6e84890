import { type Duty, hasUnitRecords, type Part } from './duties.ts';
import type { LedgerEntry } from './entry.ts';
import { compareUnits, formatUnit, type Unit } from './units.ts';

/** The owner of a unit: a machine of the roster and one start of its signing process. */
export interface Owner {
  readonly node: string;
  readonly incarnation: string;
}

/** The grant of one part: the digest (null if none was bound) and the nonce of the attempt that wrote it. */
export interface PartGrant {
  readonly part: Part;
  readonly digest: string | null;
  readonly nonce: string;
}

/**
 * One `enter` that was granted: the nonce of the attempt that wrote it, and the start of the process that
 * asked.
 */
export interface Enter {
  readonly nonce: string;
  readonly incarnation: string;
}

/** One unit above the floor. */
export interface RecentUnit {
  readonly unit: Unit;
  readonly owner: Owner;
  /** Watch term under which the unit was entered last; null if no `enter` came. */
  readonly term: bigint | null;
  /** Signed parts granted so far; `enter` is not among them. */
  readonly parts: readonly PartGrant[];
  /** Every `enter` of the unit, oldest first, those of earlier owners too: a word may name any of them. */
  readonly enters: readonly Enter[];
}

/** The durable memory of (chain, key, duty). */
export interface Mark {
  readonly epoch: string;
  /** Every unit at or below it is denied for ever; null if the key was adopted as never signed. */
  readonly floor: Unit | null;
  /** Units above the floor, ascending. */
  readonly recent: readonly RecentUnit[];
  readonly seq: bigint;
  /** The entry that wrote this state, whole, and its hash. */
  readonly last: LedgerEntry;
  readonly lastHash: string;
  /** Under which units are counted, see `meaningOf`. */
  readonly meaning: string;
  /** Hash of the last adoption's entry. */
  readonly adoption: string;
  /**
   * Units that left and whose records are still to be deleted, ascending. Empty for duties without such
   * records.
   */
  readonly leftovers: readonly Unit[];
}

/**
 * How many unit records one write deletes at most, so that a shrunk window never makes a transaction too
 * large.
 */
export const LEFTOVERS_PER_GRANT = 16;

/** The highest unit that the mark knows: of `recent`, else the floor; null if the key never signed. */
export function topOf(mark: Mark): Unit | null {
  return mark.recent.at(-1)?.unit ?? mark.floor;
}

/**
 * The units whose records are still to be deleted after a write. Units that leave now come behind those that
 * left before, and the write deletes the first {@link LEFTOVERS_PER_GRANT} of them.
 */
export function leftoversAfter(
  duty: Duty,
  before: Mark | null,
  recent: readonly RecentUnit[],
): readonly Unit[] {
  if (before === null || !hasUnitRecords(duty)) return [];
  const kept = new Set(recent.map((entry) => formatUnit(entry.unit)));
  const leaving = before.recent.map((entry) => entry.unit).filter((unit) => !kept.has(formatUnit(unit)));
  return [...before.leftovers, ...leaving].slice(LEFTOVERS_PER_GRANT);
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
