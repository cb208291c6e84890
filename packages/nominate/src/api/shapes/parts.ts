import { z } from 'zod';

/** Parts of requests. The texts are untrusted, so each has a bound. */
export const who = z
  .string()
  .min(1)
  .max(256)
  .describe(
    'Stash (an address of any prefix, or `0x` and 64 hex digits), slot (`12` or `#12`), or exact name.',
  );
export const roundId = z
  .string()
  .regex(/^([0-9a-f]{64}|newest)$/, 'must be the id of a round, or newest')
  .describe('The id of a round: the digest of its record, or `newest`.');
export const intentId = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits')
  .describe('The id of an intent.');

const DEFAULT_LIMIT = 50;
/** Page size of lists with long rows. */
export const MOST_ROWS = 200;

export function limitOf(most: number, usual: number) {
  return z
    .string()
    .regex(/^[1-9][0-9]{0,3}$/, `must be a number from 1 to ${most}`)
    .transform(Number)
    .refine((value) => value <= most, `must be a number from 1 to ${most}`)
    .prefault(String(usual))
    .describe(`How many rows, 1 to ${most}; ${usual} if left out.`);
}

export const limit = limitOf(MOST_ROWS, DEFAULT_LIMIT);
export const after = z
  .string()
  .min(1)
  .max(512)
  .optional()
  .describe('`next` of the page before; the first page if left out.');
export const yesNo = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .optional();
export const nothing = z.strictObject({});
export const pageQuery = z.strictObject({ limit, after });

/** Parts of answers. */
export const key = z.string().describe('Public key of a stash, `0x` and 64 hex digits.');
export const momentMs = z.int().describe('Unix milliseconds.');
export const planck = z.string().describe('Planck, as decimal text.');
export const eraNumber = z.int();
export const verdict = z.enum(['valid', 'invalid', 'undecided']);

export const standingsOf = z
  .object({
    snapshot: z.string().describe('Digest of the snapshot.'),
    takenAtMs: momentMs,
    session: z.int().nullable().optional().describe('Session of the relay chain.'),
    programme: z.string().describe('Digest of the programme.'),
  })
  .nullable()
  .describe('The inputs of the rows; null before the first snapshot was judged.');

/** A page of a list. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({
    rows: z.array(row),
    total: z.int().describe('Of all pages.'),
    next: z.string().nullable().describe('For `after`; null after the last page.'),
  });
}
