import { z } from 'zod';

/** The largest amount of a chain: 128 bits. */
const LARGEST_PLANCK = 2n ** 128n - 1n;
/** The last moment of an ECMAScript date. */
const LATEST_MS = 8_640_000_000_000_000;

/** Planck and heights: decimal text in JSON, bigint in memory. */
export const wide = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,38})$/, 'must be a whole number in quotes, without sign or leading zeros')
  .transform((text) => BigInt(text))
  .refine((value) => value <= LARGEST_PLANCK, 'must be below 2^128');
export const era = z.int().min(0).max(0xffff_ffff);
export const momentMs = z.int().min(0).max(LATEST_MS);
export const count = z.int().min(0);
export const perbill = z.int().min(0).max(1_000_000_000);
export const publicKey = z.string().regex(/^0x[0-9a-f]{64}$/, 'must be 0x and 64 hex digits');
export const hash = publicKey;
/** Texts with a UTF-8 form: a lone surrogate has none, and so no digest. */
const wellFormed = (text: string) => text.isWellFormed();
export const label = z.string().min(1).max(256).refine(wellFormed, 'must hold no lone surrogate');
export const words = z.string().max(1_024).refine(wellFormed, 'must hold no lone surrogate');

/** A fact of the given value; see `facts/fact.ts`. */
export function factOf<Value extends z.ZodType>(value: Value) {
  return z.discriminatedUnion('known', [
    z.strictObject({ known: z.literal(true), value, from: label }),
    z.strictObject({ known: z.literal(false), reason: words, from: label }),
  ]);
}

/** Bounds of the lists in a snapshot: more than any chain has, and small enough for memory. */
export const MOST = {
  candidates: 10_000,
  nominators: 1_000,
  eras: 10_000,
  perCandidate: 100_000,
  voters: 200_000,
} as const;

export const interval = z
  .strictObject({ fromMs: momentMs, toMs: momentMs })
  .refine(({ fromMs, toMs }) => fromMs <= toMs, 'must not end before it begins');
