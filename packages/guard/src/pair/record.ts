import { canonicalJson, jsonOrNull } from '@watchbill/kit';
import { z } from 'zod';
import { GuardFault } from '../fault.ts';

/** Of a machine's name: it is a part of keys in the store. */
export const MACHINE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** A whole number as decimal text: JSON has none of this size. */
export const wholeNumber = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform(BigInt);
export const machineName = z.string().regex(MACHINE_NAME);

const shape = z.strictObject({
  v: z.literal(1),
  /** Rises by one each time the active machine changes. */
  term: wholeNumber,
  holder: machineName,
  /** Rises with every renewal by the holder: a beat that moves shows a guard that runs. */
  beat: wholeNumber,
  /** `held`: keys may be placed at the holder. `free`: its guard reported that no key is. */
  state: z.enum(['held', 'free']),
  /** The machine that a person asked the holder to hand over to; null if there is none. */
  to: machineName.nullable(),
  /** The machine that handed over, until the guard of the holder renews for the first time; else null. */
  from: machineName.nullable(),
  /** The last slot for which a key may have signed before this term; null if no guard could say. */
  lastSlot: wholeNumber.nullable(),
  how: z.enum(['first', 'handover', 'person', 'fence', 'returned']),
  /** The person or machine that made this the active one, and the reason: for people. */
  by: z.string(),
  reason: z.string(),
});

/**
 * The one record of a pair: which machine may hold the session keys. Every change compares the whole record,
 * so of two changes that begin with the same record at most one is applied.
 */
export type RoleRecord = Readonly<Omit<z.output<typeof shape>, 'v'>>;
export type TakenBy = RoleRecord['how'];

/**
 * Writes and reads a record of this shape. To read one of another program or of a later release throws a
 * GuardFault `store` that names the first wrong member.
 */
export function recordText<Shape extends { readonly v: 1 }>(what: string, of: z.ZodType<Shape>) {
  return {
    encode: (record: Omit<Shape, 'v'>): string => canonicalJson({ v: 1, ...record }),
    decode: (text: string): Omit<Shape, 'v'> => {
      const { data, error } = of.safeParse(jsonOrNull(text));
      if (error === undefined) {
        const { v: _, ...record } = data;
        return record;
      }
      const [issue] = error.issues;
      const why = `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'wrong shape'}`;
      const remedy =
        'check whether the prefix belongs to another program, or whether a newer release wrote the record';
      throw new GuardFault('store', `${what} cannot be read: ${why}`, remedy);
    },
  };
}

/**
 * For example `{"beat":"812","by":"ada","from":null,"holder":"alpha","how":"first","lastSlot":null,
 * "reason":"…","state":"held","term":"1","to":null,"v":1}`.
 */
export const { encode: encodeRole, decode: decodeRole } = recordText('the role record of the pair', shape);

/** The holder's guard runs, and keys may be placed there from now on. */
export function renewed(record: RoleRecord): RoleRecord {
  return { ...record, state: 'held', from: null, beat: record.beat + 1n };
}

/** The holder's guard reports that its node is gone and no key is placed. It stays the holder. */
export function rested(record: RoleRecord, lastSlot: bigint | null): RoleRecord {
  return { ...record, state: 'free', beat: record.beat + 1n, lastSlot };
}

/** A person asks the holder to hand over; null takes the question back. */
export function asked(record: RoleRecord, to: string | null, by: string, reason: string): RoleRecord {
  return { ...record, to, by, reason };
}

/** The holder's guard hands over: its node is gone and no key is placed. */
export function handedOver(record: RoleRecord, to: string, lastSlot: bigint | null): RoleRecord {
  const { term, beat, holder: from } = record;
  const next = { term: term + 1n, beat: beat + 1n, holder: to, from, lastSlot };
  return { ...record, ...next, state: 'free', to: null, how: 'handover' };
}

/** `seenTerm`: the highest that a machine of the pair has seen, since the store may have been put back. */
export type Taking = Pick<RoleRecord, 'holder' | 'how' | 'by' | 'reason'> & { readonly seenTerm: bigint };

/**
 * Another machine becomes the holder. Only the guard of the old holder knows its last slot, and a store that
 * went back knows neither.
 */
export function taken(before: RoleRecord | null, { seenTerm, ...taking }: Taking): RoleRecord {
  const isPresent = before !== null && before.term >= seenTerm;
  const term = isPresent ? before.term : seenTerm;
  const lastSlot = isPresent && before.state === 'free' ? before.lastSlot : null;
  const beat = (before?.beat ?? 0n) + 1n;
  return { ...taking, term: term + 1n, beat, state: 'free', to: null, from: null, lastSlot };
}
