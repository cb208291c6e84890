import { canonicalJson } from '@watchbill/duty';
import { z } from 'zod';
import { parseRecord, shapeRecord } from '../record-text.ts';

/** The record that a service keeps in the store while its session lives. Each renewal raises the counter. */
export interface SessionRecord {
  /** Random, drawn when the session was opened. */
  readonly session: string;
  readonly counter: bigint;
  /** 1 is the last release, which had no counter. */
  readonly version: 1 | 2;
}

const decimal = z.string().regex(/^(0|[1-9][0-9]*)$/);
const shape = z.discriminatedUnion('v', [
  z.strictObject({ v: z.literal(1), session: z.string() }),
  z.strictObject({ v: z.literal(2), session: z.string(), counter: decimal }),
]);

/** For example `{"counter":"7","session":"5c0e…","v":2}`. */
export function encodeSession(session: string, counter: bigint): string {
  return canonicalJson({ v: 2, session, counter: counter.toString() });
}

/** Reads a session record of this release or the last one. Throws a RecordError on anything else. */
export function decodeSession(text: string): SessionRecord {
  const what = 'the session record';
  const record = shapeRecord(what, parseRecord(what, text), shape);
  return record.v === 1
    ? { session: record.session, counter: 0n, version: 1 }
    : { session: record.session, counter: BigInt(record.counter), version: 2 };
}

/** The same session at the same or a later renewal: the store was not put back to before `said`. */
export function continues(found: string | null, said: string): boolean {
  if (found === null) return false;
  const now = decodeSession(found);
  const then = decodeSession(said);
  return now.session === then.session && now.counter >= then.counter;
}
