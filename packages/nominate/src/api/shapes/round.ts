import { z } from 'zod';
import { DECISIONS, type DecisionCode } from '../../rounds/record.ts';
import { eraNumber, key, momentMs, verdict } from './parts.ts';

const decisionCode = z.enum(Object.keys(DECISIONS) as [DecisionCode, ...DecisionCode[]]);

export const targetView = z.object({
  stashKey: key,
  name: z.string(),
  slotId: z.int(),
  position: z.int().nullable(),
  total: z.number().nullable(),
  elected: z.boolean().nullable().describe('In the newest known era; null if none is known.'),
});

export const transactionView = z.object({
  nominator: key,
  hash: z.string(),
  state: z.string(),
  atMs: momentMs,
  detail: z.string(),
});

export const roundView = z.object({
  id: z.string(),
  network: z.string(),
  era: eraNumber,
  forced: z.boolean(),
  snapshot: z.string().describe('Digest of its text.'),
  programme: z.string().describe('Digest of its text.'),
  seed: z.object({
    hex: z.string(),
    era: eraNumber,
    block: z.object({ number: z.string(), hash: z.string() }),
  }),
  rules: z.record(z.string(), z.string()),
  candidateCount: z.int(),
  eligibleCount: z.int(),
  nominatedCount: z.int(),
  decisions: z.array(z.object({ code: decisionCode, meaning: z.string(), count: z.int() })),
  nominators: z.array(
    z.object({
      name: z.string(),
      stashKey: key,
      state: z.string(),
      detail: z.string(),
      most: z.int().nullable().describe('How many targets it may have.'),
      why: z.string().nullable().describe('The derivation of that number.'),
      targets: z.array(targetView),
    }),
  ),
  transactions: z.array(transactionView),
  outcomes: z.array(
    z.object({ era: eraNumber, elected: z.array(key), points: z.record(z.string(), z.int()) }),
  ),
});

export const nextView = z.object({
  round: z.string(),
  era: eraNumber,
  rows: z.array(
    z.object({
      stashKey: key,
      name: z.string(),
      slotId: z.int(),
      position: z.int().nullable(),
      total: z.number().nullable(),
      rank: z.number(),
      verdict,
      code: decisionCode,
      because: z.string(),
    }),
  ),
});

export const replayView = z
  .object({
    round: z.string(),
    result: z
      .enum(['same', 'different', 'refused', 'unreadable'])
      .describe(
        '`same`: byte for byte. Other results have the difference, or the reason why it could not be computed.',
      ),
  })
  .loose();
