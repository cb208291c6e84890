import { decodeRecord, encodeRecord } from '../ground/records.ts';

/** The record that a service keeps in the store while its session lives. Each renewal raises the counter. */
export interface SessionRecord {
  /** Random, drawn when the session was opened. */
  readonly session: string;
  readonly counter: bigint;
}

/** For example `{"counter":"7","session":"5c0e…","v":2}`. */
export function encodeSession(session: string, counter: bigint): string {
  return encodeRecord('session', { session, counter: counter.toString() });
}

/** Throws a RecordError on anything but what {@link encodeSession} writes. */
export function decodeSession(text: string): SessionRecord {
  const { session, counter } = decodeRecord('session', text);
  return { session, counter: BigInt(counter) };
}

/** The same session at the same or a later renewal: the store was not put back to before `said`. */
export function continues(found: string | null, said: string): boolean {
  if (found === null) return false;
  const now = decodeSession(found);
  const then = decodeSession(said);
  return now.session === then.session && now.counter >= then.counter;
}
