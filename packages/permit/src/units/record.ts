import type { Unit } from '@watchbill/duty';
import type { ClaimFact } from './shapes.ts';

/** A unit of a key, as rows name it. */
export interface UnitName {
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
  /** One or two fields, each at most {@link MAX_FIELD}. */
  readonly unit: Unit;
}

/** One fact to write. `atMs` is Unix milliseconds. */
export type UnitRecord =
  | ({ readonly kind: 'claim'; readonly atMs: number; readonly claim: ClaimFact } & UnitName)
  | ({ readonly kind: 'due'; readonly atMs: number } & UnitName)
  | ({ readonly kind: 'seen'; readonly atMs: number; readonly digest: string } & UnitName)
  /** The unit was counted in the metrics. */
  | ({ readonly kind: 'counted'; readonly atMs: number } & UnitName)
  | {
      readonly kind: 'pass';
      readonly chain: string;
      readonly duty: string;
      readonly after: bigint;
      readonly slot: bigint;
      readonly author: string;
      readonly atMs: number;
    };

/** The largest field of a unit that a row holds exactly; no chain comes near it. */
export const MAX_FIELD = BigInt(Number.MAX_SAFE_INTEGER);

/** Whether a row can hold the unit. */
export function fitsRow(unit: Unit): boolean {
  return unit.length > 0 && unit.length <= 2 && unit.every((field) => field <= MAX_FIELD);
}

/** Both numbers of a row; the second is 0 for a unit of one field. */
export function rowNumbers(unit: Unit): readonly [number, number] {
  return [Number(unit[0] ?? 0n), Number(unit[1] ?? 0n)];
}
