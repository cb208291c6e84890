import { z } from 'zod';
import { chainText, dutyText, keyText, PARTS, type ReasonCode } from '../../rule/index.ts';
import { OUTCOMES as CLAIM_OUTCOMES, decimal, type Of, textOf, unitText } from './texts.ts';

/** Shapes of the routes about units: decision 0034. */

const OUTCOMES = [
  'signed',
  'denied',
  'late',
  'slow',
  'other-author',
  'unseen',
  'not-asked',
  'unknown',
] as const;

const cursor = z
  .string()
  .regex(/^[a-z][a-z-]{0,31}\/(0|[1-9][0-9]{0,19})(\/(0|[1-9][0-9]{0,19})){0,3}$/)
  .describe('`next` of the last page, for example `babe/299196429`.');
const UNITS_AT_ONCE = 256;

export const unitsQuery = z.strictObject({
  key: keyText,
  chain: chainText.optional(),
  duty: dutyText.optional(),
  since: z
    .string()
    .regex(/^(0|[1-9][0-9]{0,14})$/)
    .optional()
    .describe('Units of this time or later, in Unix milliseconds.'),
  missed: z.enum(['true', 'false']).optional().describe('`true`: only units that were missed.'),
  before: cursor.optional(),
  limit: z
    .string()
    .regex(/^([1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-6])$/)
    .optional()
    .describe('1 to 256; 100 without it.'),
});

/** The steps of an answer, in their order. */
export const STEPS = ['queue', 'wait', 'store', 'flush'] as const;
const step = z.object({ name: z.enum(STEPS), ms: z.number() });

/** One step of a claim: waiting for the mark, for the standby delay, for the store, for the own disk. */
export type UnitStep = Of<typeof step>;
export type StepName = UnitStep['name'];

export const unitsPage = z.object({
  units: z.array(
    z.object({
      key: z.string(),
      duty: z.string(),
      unit: z
        .record(z.string(), z.string())
        .describe('Its fields: `slot`; `set` and `round`; `session`; `slot`, `number` and `relayParent`.'),
      at: z.number().describe('Unix milliseconds: the start of a slot; else when a service heard of it.'),
      outcome: z.enum(OUTCOMES),
      missed: z.boolean(),
      reason: textOf<ReasonCode>().optional().describe('Reason code of the claim that decided.'),
      node: z.string().optional(),
      digest: z.string().optional().describe('Payload of the claim.'),
      seenDigest: z.string().optional().describe('Payload of the signature that an observer saw.'),
      steps: z.array(step).optional(),
      say: z.string(),
      remedy: z.string().optional(),
    }),
  ),
  next: z.string().optional().describe('Pass as `before` for the next page; absent at the end.'),
  complete: z.boolean().describe('False if a listed service did not answer.'),
});

export type UnitsPage = Of<typeof unitsPage>;
/** One unit with its cause. */
export type UnitView = UnitsPage['units'][number];
/** Units of one duty that are over and began in one span of time, with the node that was granted them. */
export interface TallyRow {
  readonly duty: string;
  /** Start of the span in Unix milliseconds. */
  readonly atMs: number;
  readonly node: string | null;
  readonly outcome: UnitOutcome;
  readonly units: number;
}

/** Why a unit was signed or missed. */
export type UnitOutcome = UnitView['outcome'];

/** The query of a page, read from its texts. */
export interface UnitsQuery extends Omit<Of<typeof unitsQuery>, 'since' | 'missed' | 'limit'> {
  readonly since?: number | undefined;
  readonly missed?: boolean | undefined;
  readonly limit: number;
}

export const peerUnitsQuery = z.strictObject({
  chain: chainText,
  key: keyText,
  duty: dutyText.optional(),
  since: z.number().optional(),
  before: cursor.optional(),
  limit: z.int().min(1).max(UNITS_AT_ONCE),
  units: z.array(unitText).max(UNITS_AT_ONCE).optional(),
});

/** A question of another service; `units`: exactly these, also those that only the chain is known of. */
export type PeerUnitsQuery = Of<typeof peerUnitsQuery>;

/** Also the shape by which a service reads the answer of another one. */
export const unitFactsPage = z.object({
  facts: z.array(
    z.object({
      duty: z.string(),
      unit: unitText,
      atMs: z.number(),
      due: z.boolean(),
      claims: z.array(
        z.object({
          node: z.string(),
          parts: z.array(z.enum(PARTS)),
          outcome: z.enum(CLAIM_OUTCOMES),
          reason: textOf<ReasonCode>(),
          digest: z.string().nullable(),
          atMs: z.number(),
          tookMs: z.number(),
          steps: z.array(step),
        }),
      ),
      seen: z.string().nullable(),
      passed: z.object({ author: z.string().nullable() }).nullable(),
    }),
  ),
  ended: z
    .object({ duty: z.string(), unit: unitText })
    .optional()
    .describe('The last unit that the service looked at, if it ended early: it may have older ones.'),
});
export type UnitFactsPage = Of<typeof unitFactsPage>;

/**
 * Everything that one service, or several together, know of a unit. `atMs`: when the service first heard of
 * it. `due`: an observer computed that the key had to act. `seen`: digest of a signature of the key that an
 * observer saw. `passed`: null if no observer followed the chain past the unit.
 */
export type UnitFacts = UnitFactsPage['facts'][number];
/** One claim that a service decided. */
export type ClaimFact = UnitFacts['claims'][number];
/** The chain between a block and its parent: the author of the slot, null if it has no block. */
export type ChainPass = NonNullable<UnitFacts['passed']>;

export const dueReport = z
  .strictObject({
    chain: chainText,
    duty: dutyText.describe('`babe`, `aura` or `aura-parachain`.'),
    passes: z
      .array(
        z.strictObject({
          after: decimal.describe('Slot of the parent.'),
          slot: decimal.describe('Slot of the block; every slot in between has no block.'),
          author: keyText,
          due: z.array(z.strictObject({ key: keyText, unit: unitText })).max(64),
        }),
      )
      .min(1)
      .max(16),
    // In BABE a primary author may come before each owner.
    next: z
      .strictObject({
        until: decimal.describe('The last slot whose owner is known.'),
        due: z.array(z.strictObject({ key: keyText, unit: unitText })).max(64),
      })
      .optional()
      .describe('Owners of the slots after the newest block, for the check `due` of a drill.'),
  })
  .describe(
    'Units that keys had to perform between blocks and their parents. Keys without a policy are ignored.',
  );
/** Due units, as an observer computed them from the blocks of a chain. */
export type DueReport = Of<typeof dueReport>;
