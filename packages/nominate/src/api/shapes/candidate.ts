import { z } from 'zod';
import { DECISIONS, type DecisionCode } from '../../rounds/record.ts';
import { COMPONENTS } from '../../score/weights.ts';
import { FAULT_KINDS } from '../../snapshot/history-shapes.ts';
import { eraNumber, key, momentMs, standingsOf, verdict } from './parts.ts';

export const evidenceView = z.object({
  fact: z.string(),
  value: z.string(),
  source: z.string(),
  block: z.string().nullable().describe('Height as decimal text; null if the source is not a chain.'),
  ageMs: z.number().nullable().describe('At the moment of the snapshot.'),
});

export const resultView = z.object({
  id: z.string(),
  outcome: z.string().describe('`pass`, `fail` or `unknown`.'),
  message: z.string(),
  remedy: z.string().nullable(),
  evidence: z.array(evidenceView),
});

export const scoreView = z.object({
  components: z.record(z.enum(COMPONENTS), z.number()),
  aggregate: z.number(),
  draw: z.number(),
  total: z.number(),
  unknown: z.array(z.enum(COMPONENTS)),
});

/** A row of the list. `fields` selects its fields. */
export const candidateRow = z.object({
  stashKey: key,
  stash: z.string(),
  slotId: z.int(),
  name: z.string(),
  verdict,
  eligible: z.boolean().describe('Whether it may be nominated now.'),
  position: z.int().nullable().describe('Place in the order, from 1; null if it was not scored.'),
  total: z.number().nullable().describe('Points; null if it was not scored.'),
  rank: z.number(),
  active: z.boolean().nullable().describe('In the active set; null for unknown.'),
  kyc: z.boolean(),
  lastValidMs: momentMs.nullable(),
  failed: z.array(z.string()).describe('Ids of the checks that failed.'),
  unknown: z.array(z.string()).describe('Ids of the checks that could not be decided.'),
  results: z.array(resultView),
  score: scoreView.nullable(),
});

export const CANDIDATE_FIELDS = candidateRow.keyof().options;
export type CandidateField = (typeof CANDIDATE_FIELDS)[number];
/** The default fields of a list: all but the two long ones. */
export const BRIEF_FIELDS: readonly CandidateField[] = CANDIDATE_FIELDS.filter(
  (name) => name !== 'results' && name !== 'score',
);

export const candidateList = z.object({
  of: standingsOf,
  rows: z.array(candidateRow.partial()),
  total: z.int(),
  next: z.string().nullable(),
});

export const faultView = z.object({
  kind: z.enum(FAULT_KINDS),
  era: eraNumber,
  atMs: momentMs,
  reason: z.string(),
  evidence: z.array(z.object({ fact: z.string(), value: z.string(), source: z.string() })),
});

export const periodView = z.object({
  firstEra: eraNumber,
  lastEra: eraNumber,
  activeEras: z.array(eraNumber),
  nominated: z.boolean(),
});

export const earlierView = z
  .object({
    untilEra: eraNumber,
    periodCount: z.int(),
    nominatedPeriods: z.int(),
    rank: z.number(),
    rules: z.string().describe('The version of the rank rules of this rank.'),
  })
  .nullable()
  .describe('A digest of the periods before those of the list; null if there are none.');

export const explanationView = z.object({
  round: z.string(),
  era: eraNumber,
  code: z.enum(Object.keys(DECISIONS) as [DecisionCode, ...DecisionCode[]]),
  because: z.string().describe('The deciding reason, as one sentence.'),
  nominator: z.string().nullable(),
  remedies: z.array(z.string()),
  position: z.int().nullable(),
  total: z.number().nullable(),
  missing: z.number().nullable().describe('How many more points the last nominated candidate had.'),
  parts: z
    .array(z.object({ component: z.enum(COMPONENTS), points: z.number(), isUnknown: z.boolean() }))
    .nullable(),
  lines: z.array(z.string()).describe('The text of `watchbill nominate round explain`.'),
});

export const roundRow = z.object({
  id: z.string(),
  era: eraNumber,
  madeAtMs: momentMs,
  eligibleCount: z.int(),
  nominatedCount: z.int(),
  nominators: z.array(z.string()),
  electedCount: z.int().nullable().describe('Targets that were elected; null while unknown.'),
});

/** A node in telemetry that a person should check. */
export const hintView = z.object({
  kind: z
    .enum(['impostor', 'same-identity-twice', 'near-miss'])
    .describe(
      '`impostor`: it has the name of the candidate, but is not recognised as its node; ' +
        '`near-miss`: its name is similar to that of a candidate whose node is not visible.',
    ),
  why: z.string(),
  name: z.string().describe('As the node sent it.'),
  networkId: z.string().nullable(),
  source: z.string().describe('The feed that shows it.'),
  sinceMs: momentMs,
});

export const hintList = z.object({ rows: z.array(hintView.extend({ stashKey: key })) });

export const candidateView = candidateRow.extend({
  of: standingsOf,
  lastSettled: z.enum(['valid', 'invalid']).nullable(),
  handles: z.array(z.string()),
  kusamaStash: z.string().nullable(),
  facts: z
    .array(evidenceView)
    .describe('The facts of the snapshot about it, each with its value or the reason why it is unknown.'),
  networkIds: z.array(z.string()).describe('Peer ids that it declared, by which telemetry knows its nodes.'),
  hints: z.array(hintView).describe('Nodes that impersonate it, and nodes with similar names.'),
  round: explanationView.nullable().describe('The decision of the newest round about it.'),
  history: z.object({ faults: z.array(faultView), periods: z.array(periodView), earlier: earlierView }),
  nominatedIn: z.array(roundRow).describe('The newest rounds that nominated it.'),
});
