import { z } from 'zod';
import { canonicalJson, type Observation, versionedRecord } from '../../rule/index.ts';

/** The fields of an observer's report. */
export const FIELDS = ['finalizedBlock', 'setId', 'beefySetId', 'round', 'session', 'bestSlot'] as const;
export type Field = (typeof FIELDS)[number];

/**
 * How often each field was reported, as decimal text; null if it never was. A field was reported after a
 * moment if its number changed since.
 */
export type Receipts = Readonly<Record<Field, string | null>>;

export interface ObservationRecord {
  readonly observation: Observation;
  readonly receipts: Receipts;
}

const decimal = z.string().regex(/^(0|[1-9][0-9]*)$/);
// A record of before observers saw blocks arrive has no `bestSlot`.
const fields = mapFields(() => decimal.nullable().default(null));
const VERSION = 2;
const shape = z.strictObject({ v: z.literal(VERSION), ...fields, receipts: z.strictObject(fields) });

export const NO_RECEIPTS: Receipts = mapFields(() => null);

/** For example `{"finalizedBlock":"812","receipts":{"finalizedBlock":"40",…},"round":"9",…,"v":2}`. */
export function encodeObservation({ observation, receipts }: ObservationRecord): string {
  const values = mapFields((field) => observation[field]?.toString() ?? null);
  return canonicalJson({ v: VERSION, ...values, receipts });
}

/** Throws a RecordError on anything but a record of this version. */
export function decodeObservation(observer: string, text: string): ObservationRecord {
  const what = 'the observation record';
  const record = versionedRecord(what, text, shape, VERSION);
  const numbers = mapFields((field) => (record[field] === null ? null : BigInt(record[field])));
  return { observation: { observer, ...numbers }, receipts: record.receipts };
}

export function mapFields<Value>(of: (field: Field) => Value): Record<Field, Value> {
  return Object.fromEntries(FIELDS.map((field) => [field, of(field)])) as Record<Field, Value>;
}
