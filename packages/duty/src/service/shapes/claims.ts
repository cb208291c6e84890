import { z } from 'zod';
import {
  chainText,
  DUTY_NAMES,
  dutyText,
  keyText,
  nameText,
  PARTS,
  type Part,
  positionShape,
  type ReasonCode,
} from '../../rule/index.ts';
import { decimal, digestText, id, type Of, OUTCOMES, ofMark, textOf, unitText } from './texts.ts';

/** Opaque to the claimant. */
const wordText = z.string().regex(/^[!-~]{1,512}$/);

/** The position of a mark. `seq` is decimal text. */
export type Head = Of<typeof positionShape>;

/** Without examples, the page would generate texts from the patterns. */
export const CLAIM_EXAMPLE = {
  claimId: 'claim-1',
  chain: `0x${'91'.repeat(32)}`,
  key: `0x${'d4'.repeat(32)}`,
  duty: 'babe',
  unit: '290000000',
  part: 'seal',
  digest: `0x${'5f'.repeat(32)}`,
  incarnation: '0123456789abcdef0123456789abcdef',
};

/**
 * A claim; which duties there are is a part of the schema. A member that is not of the schema says nothing: a
 * claim that has one is answered like any other.
 */
export const claimRequest = z
  .object({
    claimId: id.describe('Chosen at random by the claimant and echoed.'),
    ledger: id.nullish().describe('Ledger id from an earlier reply; null without one.'),
    epoch: id.nullish().describe('Epoch from an earlier reply; null without one.'),
    chain: chainText,
    key: keyText,
    duty: dutyText.describe(`One of ${DUTY_NAMES.join(', ')}.`),
    unit: unitText.describe(
      'The unit in canonical decimal form, fields joined by `/`: slot; set/round; set/block; session.',
    ),
    part: z.enum(PARTS).describe('The part of the unit, one that the duty has.'),
    digest: digestText.nullish().describe("Payload digest: 0x and hex of the duty's exact length."),
    incarnation: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .describe('Chosen at random by the signing process, once per start: 32 lower-case hex digits.'),
    term: decimal.nullish().describe('Watch term of an `enter`.'),
    word: wordText
      .nullish()
      .describe('The `word` of the last reply for this mark, exactly as it was; null or absent without one.'),
    timeoutMs: z
      .int()
      .min(1)
      .max(30_000)
      .optional()
      .describe(
        'How long the claimant waits, in milliseconds. An `enter` is answered after 3000 at most. Without it the duty decides.',
      ),
  })
  .meta({ examples: [CLAIM_EXAMPLE] });
export type ClaimRequest = Of<typeof claimRequest>;

export const claimReply = z.object({
  outcome: z.enum(OUTCOMES),
  reason: textOf<ReasonCode>().describe('Reason code.'),
  message: z.string(),
  claimId: z.string(),
  ledger: z.string(),
  ...ofMark,
  unit: z.string(),
  part: textOf<Part>(),
  digest: z.string().nullable(),
  incarnation: z.string(),
  head: positionShape.nullable().describe('The position of the mark; keep the highest that you received.'),
  word: wordText
    .nullable()
    .describe(
      'Keep it with the head, and send it back with the next claim for this mark; null if there is none.',
    ),
  watch: z
    .object({ holder: z.string().nullable(), term: z.string() })
    .nullable()
    .describe('For duties that follow the watch.'),
});
/** `head` is null if the mark was not read. */
export type ClaimReply = Of<typeof claimReply>;

/** The part of a reply that repeats its claim. */
export function echoOf(
  { claimId, chain, key, duty, unit, part, digest = null, incarnation }: ClaimRequest,
  ledger: string,
) {
  return { claimId, ledger, chain, key, duty, unit, part, digest, incarnation };
}

export const keyFilter = z.strictObject({ chain: chainText.optional(), key: keyText.optional() });
/** Absent members select all. */
export type KeyFilter = Of<typeof keyFilter>;

export const markViews = z.object({
  marks: z.array(
    z.object({
      ...ofMark,
      head: z.object({ epoch: z.string(), seq: z.string(), hash: z.string() }),
      floor: z.string().nullable(),
      deniedUntil: z
        .string()
        .optional()
        .describe('If the floor or a granted slot lies in the future: when the first slot above it begins.'),
      recent: z.array(
        z.object({
          unit: z.string(),
          node: z.string(),
          incarnation: z.string(),
          parts: z.array(z.object({ part: textOf<Part>(), digest: z.string().nullable() })),
        }),
      ),
    }),
  ),
});
export type MarkView = Of<typeof markViews>['marks'][number];

/** Query members are texts; the validator converts no values. */
export const decisionQuery = z.strictObject({
  chain: chainText.optional(),
  key: keyText.optional(),
  duty: dutyText.optional(),
  node: nameText.optional(),
  outcome: z.enum(OUTCOMES).optional(),
  unit: unitText.optional(),
  before: z
    .string()
    .regex(/^[1-9][0-9]{0,14}$/)
    .optional()
    .describe('Only decisions with a smaller id.'),
  limit: z
    .string()
    .regex(/^([1-9][0-9]{0,2}|1000)$/)
    .optional()
    .describe('1 to 1000; 100 without it.'),
});

export const decisionRecord = z.object({
  id: z.int(),
  atMs: z.number(),
  outcome: z.enum(OUTCOMES),
  reason: textOf<ReasonCode | 'malformed'>(),
  detail: z.string(),
  ...ofMark,
  unit: z.string(),
  parts: z.array(textOf<Part>()),
  digest: z.string().nullable(),
  node: z.string(),
  incarnation: z.string(),
  claimId: z.string(),
  seq: z.string().nullable(),
  via: z.enum(['claims', 'original']),
  tookMs: z.number(),
});

export const decisionPage = z.object({
  decisions: z.array(decisionRecord),
  next: z.int().nullable().describe('Pass as `before` for the next page; null at the end.'),
});
export type DecisionRecord = Of<typeof decisionRecord>;
export type DecisionPage = Of<typeof decisionPage>;
