import { canonicalJson, type Observation } from '@watchbill/duty';
import { z } from 'zod';
import type { Format } from '../epoch.ts';
import { parseRecord, shapeRecord } from '../record-text.ts';

/** The fields of an observer's report. */
export const FIELDS = ['finalizedBlock', 'setId', 'beefySetId', 'round', 'session'] as const;
export type Field = (typeof FIELDS)[number];

/**
 * How often each field was reported, as decimal text; null if it never was. A field was reported after a
 * moment if its number changed since. In format 1, which had no numbers, it is the value itself.
 */
export type Receipts = Readonly<Record<Field, string | null>>;

export interface ObservationRecord {
  readonly observation: Observation;
  readonly receipts: Receipts;
}

const decimal = z.string().regex(/^(0|[1-9][0-9]*)$/);
const fields = {
  finalizedBlock: decimal.nullable(),
  setId: decimal.nullable(),
  beefySetId: decimal.nullable(),
  round: decimal.nullable(),
  session: decimal.nullable(),
};
const shape = z.discriminatedUnion('v', [
  z.strictObject({ v: z.literal(1), ...fields }),
  z.strictObject({ v: z.literal(2), ...fields, receipts: z.strictObject(fields) }),
]);

export const NO_RECEIPTS: Receipts = mapFields(() => null);

/** For example `{"finalizedBlock":"812","receipts":{"finalizedBlock":"40",…},"round":"9",…,"v":2}`. */
export function encodeObservation({ observation, receipts }: ObservationRecord, format: Format): string {
  const values = mapFields((field) => observation[field]?.toString() ?? null);
  return canonicalJson(format === 1 ? { v: 1, ...values } : { v: 2, ...values, receipts });
}

/** Throws a RecordError on anything but a record of these two formats. */
export function decodeObservation(observer: string, text: string): ObservationRecord {
  const what = 'the observation record';
  const record = shapeRecord(what, parseRecord(what, text), shape);
  const numbers = mapFields((field) => (record[field] === null ? null : BigInt(record[field])));
  const receipts = record.v === 2 ? record.receipts : mapFields((field) => record[field]);
  return { observation: { observer, ...numbers }, receipts };
}

export function mapFields<Value>(of: (field: Field) => Value): Record<Field, Value> {
  return {
    finalizedBlock: of('finalizedBlock'),
    setId: of('setId'),
    beefySetId: of('beefySetId'),
    round: of('round'),
    session: of('session'),
  };
}
