import { z } from 'zod';
import { canonicalJson, type Observation, versionedRecord } from '../../rule/index.ts';
import type { ObservationReport } from '../contract.ts';
import { u64Of } from '../ground/parse.ts';

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

/** The last part of the key names the observer. Throws a RecordError for another version or shape. */
export function decodeObservation(recordKey: string, text: string): ObservationRecord {
  const observer = recordKey.slice(recordKey.lastIndexOf('/') + 1);
  const record = versionedRecord('the observation record', text, shape, VERSION);
  const numbers = mapFields((field) => (record[field] === null ? null : BigInt(record[field])));
  return { observation: { observer, ...numbers }, receipts: record.receipts };
}

export function mapFields<Value>(of: (field: Field) => Value): Record<Field, Value> {
  return Object.fromEntries(FIELDS.map((field) => [field, of(field)])) as Record<Field, Value>;
}

/**
 * The observer's new report over its last one; a field that it leaves out keeps its value. Throws a
 * PermitFault for a field that is not a u64.
 */
export function merge(
  observer: string,
  before: ObservationRecord | undefined,
  report: ObservationReport,
): { readonly record: ObservationRecord; readonly said: readonly Field[] } {
  const said = FIELDS.filter((field) => report[field] !== undefined && report[field] !== null);
  const values = mapFields((field) =>
    said.includes(field) ? u64Of(field, report[field] ?? '') : (before?.observation[field] ?? null),
  );
  const receipts = mapFields((field) => {
    const last = before?.receipts[field] ?? null;
    return said.includes(field) ? (BigInt(last ?? 0) + 1n).toString() : last;
  });
  // A new set restarts the rounds: the round of the old set must not stand beside the new set id.
  const newSet = before !== undefined && values.setId !== before.observation.setId;
  const round = newSet && !said.includes('round') ? null : values.round;
  return { record: { observation: { observer, ...values, round }, receipts }, said };
}
