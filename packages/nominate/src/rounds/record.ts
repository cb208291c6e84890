import { z } from 'zod';
import { COMPONENTS } from '../score/weights.ts';
import { count, era, hash, label, publicKey } from '../snapshot/shapes.ts';
import type { CapKind } from './programme.ts';

/** The possible decisions about a candidate. */
export const DECISIONS = {
  nominated: 'it is a target of a nominator in this round',
  invalid: 'a check failed',
  undecided: 'a check could not be decided, and it was never valid before',
  held: 'a nominator that does not nominate anew in this round has it as a target already',
  capped: 'a limit per identity, operator, provider or country was reached before its turn',
  'outside-tiers': 'no nominator of this round backs its tier',
  'below-the-cut': 'all places went to candidates before it',
  'outside-cohort': 'it is not a member of the cohort',
  'group-breach': 'another node of its operator failed a check',
  'no-nominator': 'it is a member of the cohort, and its nominator does not nominate in this round',
} as const;

export type DecisionCode = keyof typeof DECISIONS;

const decisionShape = z.strictObject({
  code: z.enum(Object.keys(DECISIONS) as [DecisionCode, ...DecisionCode[]]),
  /** 'The deciding reason, as one sentence. */
  detail: z.string(),
  /** The name of the nominator; null unless nominated. */
  nominator: label.nullable(),
});

const scoreShape = z.strictObject({
  components: z.record(z.enum(COMPONENTS), z.number()),
  aggregate: z.number(),
  draw: z.number(),
  total: z.number(),
  unknown: z.array(z.enum(COMPONENTS)),
});

const candidateEntryShape = z.strictObject({
  stashKey: publicKey,
  name: label,
  slotId: count,
  verdict: z.enum(['valid', 'invalid', 'undecided']),
  eligible: z.boolean(),
  failed: z.array(z.strictObject({ id: label, message: z.string(), remedy: z.string().nullable() })),
  unknown: z.array(z.strictObject({ id: label, message: z.string() })),
  rank: z.number(),
  tier: label.nullable(),
  score: scoreShape.nullable(),
  /** Its place in the order of eligible candidates, from 1. */
  position: z.int().min(1).nullable(),
  decision: decisionShape,
});

const nominatorEntryShape = z.strictObject({
  name: label,
  stashKey: publicKey,
  state: z.enum(['nominates', 'not-due', 'not-bonded', 'too-small', 'pending', 'unknown', 'nobody-left']),
  detail: z.string(),
  /** The number of its targets, with the derivation; null if it does not nominate. */
  count: z.strictObject({ rule: label, most: count, detail: z.string() }).nullable(),
  /** Public keys, best first. */
  targets: z.array(publicKey),
});

const statisticsShape = z.strictObject({
  count,
  minimum: z.number(),
  q10: z.number(),
  q25: z.number(),
  q50: z.number(),
  q75: z.number(),
  q90: z.number(),
  maximum: z.number(),
  mean: z.number(),
  standardDeviation: z.number(),
});

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * All decisions of a round, computed from the two texts that it names. Its canonical text is stored, replayed
 * and signed.
 */
export const recordShape = z.strictObject({
  version: z.literal(1),
  network: label,
  era,
  /** SHA-256 of the text of the snapshot. */
  snapshot: digest,
  /** SHA-256 of the text of the programme. */
  programme: digest,
  forced: z.boolean(),
  seed: z.strictObject({
    hex: digest,
    from: z.strictObject({
      network: label,
      era,
      block: z.strictObject({ number: z.string(), hash }),
    }),
  }),
  rules: z.strictObject({
    checks: label,
    profile: z.enum(['1kv', 'fair']),
    weights: label,
    rank: label,
    count: label,
    mode: label,
  }),
  /** The distribution of points over all scored candidates. */
  statistics: z.record(z.enum([...COMPONENTS, 'total']), statisticsShape),
  eligibleCount: count,
  nominatedCount: count,
  /** In the order of the snapshot. */
  candidates: z.array(candidateEntryShape),
  /** In the order of the programme. */
  nominators: z.array(nominatorEntryShape),
});

export type RoundRecord = DeepReadonly<z.output<typeof recordShape>>;
export type CandidateEntry = RoundRecord['candidates'][number];
export type NominatorEntry = RoundRecord['nominators'][number];
export type Decision = CandidateEntry['decision'];

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** Why there is no round. */
export const REFUSALS = {
  'wrong-network': 'the snapshot is of another network than the programme',
  'era-unknown': 'the active era is not known',
  'old-heads': 'a chain was read at a block that is too old, or that says no time',
  'no-public-seed': 'the first block of the era is not known, so the draw could be chosen',
  'era-stalled': 'the active era lasts longer than an era can',
  'bad-checks': 'the checks of the programme cannot be used',
  'module-missing': 'a module that the programme names is not loaded, or is another file',
  'bad-change': 'the other rules do not fit the programme of that round',
  'nobody-due': 'no nominator is due',
  'outside-term': 'the cohort has not begun or is over',
} as const;

export type RefusalCode = keyof typeof REFUSALS;

export interface Refusal {
  readonly code: RefusalCode;
  readonly detail: string;
  readonly remedy: string;
}

/** Why a candidate was passed over while slices were filled. */
export type PassedOver =
  | { readonly why: 'tier' }
  | { readonly why: 'held'; readonly by: string }
  | { readonly why: 'cap'; readonly kind: CapKind; readonly of: 'round' | 'slice'; readonly limit: number };
