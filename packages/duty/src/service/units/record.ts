import type { Unit } from '../../rule/index.ts';
import type { ClaimFact, UnitOutcome } from '../shapes/units.ts';

/** A unit of a key, as rows name it. */
export interface UnitName {
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
  /** One to three fields: {@link fitsRow}. */
  readonly unit: Unit;
}

/** The start of a unit that is over, the node that was granted it, and its outcome. */
export interface Tallied {
  readonly startMs: number;
  readonly node: string | null;
  readonly outcome: UnitOutcome;
}

/** One fact to write. `atMs` is Unix milliseconds. */
export type UnitRecord =
  | ({ readonly kind: 'claim'; readonly atMs: number; readonly claim: ClaimFact } & UnitName)
  | ({ readonly kind: 'due'; readonly atMs: number } & UnitName)
  | ({ readonly kind: 'seen'; readonly atMs: number; readonly digest: string } & UnitName)
  /** The unit was counted in the metrics; with an outcome, also in the tally of its quarter of an hour. */
  | ({ readonly kind: 'counted'; readonly atMs: number; readonly tally?: Tallied } & UnitName)
  | {
      readonly kind: 'pass';
      readonly chain: string;
      readonly duty: string;
      readonly after: bigint;
      readonly slot: bigint;
      readonly author: string;
      readonly atMs: number;
    };

/** The largest of the first two fields of a unit that a row holds exactly; no chain comes near it. */
export const MAX_FIELD = BigInt(Number.MAX_SAFE_INTEGER);

/** A unit as the columns of a row: two numbers, and a third field as decimal text of 20 digits. */
export type RowUnit = readonly [u1: number, u2: number, u3: string];

const THIRD_DIGITS = 20;

/** Whether a row can hold the unit: one to three fields, of which the third has up to 64 bits. */
export function fitsRow(unit: Unit): boolean {
  return unit.length > 0 && unit.length <= 3 && unit.slice(0, 2).every((field) => field <= MAX_FIELD);
}

/** The columns of a unit. A field that it lacks is 0, or the empty text. */
export function rowOfUnit([first = 0n, second = 0n, third]: Unit): RowUnit {
  return [Number(first), Number(second), third === undefined ? '' : `${third}`.padStart(THIRD_DIGITS, '0')];
}

/** The reverse of {@link rowOfUnit}, for a unit of this many fields. */
export function unitOfRow([first, second, third]: RowUnit, fields: number): Unit {
  const all = [BigInt(first), BigInt(second), ...(third === '' ? [] : [BigInt(third)])];
  return all.slice(0, fields);
}
