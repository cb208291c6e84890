import { z } from 'zod';
import { chainText, dutyText, keyText } from '../policy/shapes.ts';

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

const number = z.string().regex(/^(0|[1-9][0-9]{0,19})$/);
const unitText = z.string().regex(/^(0|[1-9][0-9]{0,19})(\/(0|[1-9][0-9]{0,19})){0,3}$/);
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

const step = z.object({ name: z.enum(['queue', 'wait', 'store', 'flush']), ms: z.number() });

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
      reason: z.string().optional().describe('Reason code of the claim that decided.'),
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

export const peerUnitsQuery = z.strictObject({
  chain: chainText,
  key: keyText,
  duty: dutyText.optional(),
  since: z.number().optional(),
  before: cursor.optional(),
  limit: z.int().min(1).max(UNITS_AT_ONCE),
  units: z.array(unitText).max(UNITS_AT_ONCE).optional(),
});

/** Also the shape by which a service reads the answer of another one. */
export const unitFactsList = z.object({
  facts: z.array(
    z.object({
      duty: z.string(),
      unit: unitText,
      atMs: z.number(),
      due: z.boolean(),
      claims: z.array(
        z.object({
          node: z.string(),
          parts: z.array(z.enum(['enter', 'seal', 'propose', 'prevote', 'precommit', 'vote', 'heartbeat'])),
          outcome: z.enum(['granted', 'denied', 'unknown']),
          reason: z.string(),
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
});

export const dueReport = z
  .strictObject({
    chain: chainText,
    duty: dutyText.describe('`babe`, `aura` or `aura-parachain`.'),
    passes: z
      .array(
        z.strictObject({
          after: number.describe('Slot of the parent.'),
          slot: number.describe('Slot of the block; every slot in between has no block.'),
          author: keyText,
          due: z.array(z.strictObject({ key: keyText, unit: unitText })).max(64),
        }),
      )
      .min(1)
      .max(16),
    next: z
      .strictObject({
        until: number.describe('The last slot whose owner is known.'),
        due: z.array(z.strictObject({ key: keyText, unit: unitText })).max(64),
      })
      .optional()
      .describe('Owners of the slots after the newest block, for the check `due` of a drill.'),
  })
  .describe(
    'Units that keys had to perform between blocks and their parents. Keys without a policy are ignored.',
  );
