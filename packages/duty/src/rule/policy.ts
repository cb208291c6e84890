import type { DeepReadonly } from '@watchbill/kit';
import { z } from 'zod';
import { chainText, dutyText, keyText, nameText } from './texts.ts';
import type { Unit } from './units.ts';

/**
 * The largest steps of any policy. A report counts for a minute, in which a chain with blocks of six seconds
 * moves less. The base is counted with these: after a restore, the policy in force may be an older one, with
 * smaller steps than those of earlier grants.
 */
export const LARGEST_STEPS = { roundStep: 16, blockStep: 16, sessionStep: 2 } as const;

const HOUR_MS = 3_600_000;

/** A whole number from the least to the most value. */
const whole = (least: number, most: number, about: string) => z.int().min(least).max(most).describe(about);

const rosterNode = z.strictObject({
  name: nameText.describe('Name of the machine; its token or certificate carries the same name.'),
  rank: whole(0, 63, '0 is preferred; no two nodes have the same rank.'),
  rpcUrl: z
    .url({ protocol: /^https?$/ })
    .max(256)
    .optional()
    .describe(
      "HTTP address of the node's own RPC. Needed only by the original wire protocol, which reads `grandpa_roundState` there.",
    ),
});

const dutyPolicy = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether units of this duty are granted at all.'),
  digestRequired: z
    .boolean()
    .optional()
    .describe(
      'Whether a claim must bind its payload. Default: true if the duty has a digest. Must be false for duties that the original wire protocol claims.',
    ),
  window: whole(
    1,
    1_024,
    'How many units above the floor are remembered one by one. Default: from the table of duties (1; 64 for grandpa).',
  ).optional(),
  lastUnit: z
    .string()
    .max(64)
    .optional()
    .describe(
      'The last unit that this ledger grants, for example `12/3400`, when the key moves to another ledger. Raising or removing it needs an adoption.',
    ),
});

/** A duty with the defaults that depend on it. */
const dutyInForce = dutyPolicy.required({ digestRequired: true, window: true });
export type DutyPolicy = DeepReadonly<z.infer<typeof dutyInForce>>;

const ceilings = z
  .strictObject({
    genesisMs: z
      .int()
      .min(0)
      .default(0)
      .describe('Unix time in milliseconds at which slot 0 began. 0 for BABE and Aura.'),
    slotMs: whole(1, HOUR_MS, 'Length of a slot in milliseconds.'),
    allowedSkewMs: whole(
      0,
      600_000,
      'How far the clock of a claimant may run ahead of the clock of the service, in milliseconds.',
    ).default(500),
    roundStep: whole(
      1,
      LARGEST_STEPS.roundStep,
      'How many GRANDPA rounds above the highest observed one may be claimed.',
    ).default(16),
    blockStep: whole(
      1,
      LARGEST_STEPS.blockStep,
      'How many blocks above the highest observed finalised one may be claimed (beefy).',
    ).default(16),
    sessionStep: whole(
      1,
      LARGEST_STEPS.sessionStep,
      'How many sessions above the highest observed one may be claimed (im-online).',
    ).default(2),
    roundsBack: whole(
      2,
      256,
      'How many GRANDPA rounds below the highest observed one may still be entered. Default: 8. A voter catches up when it is two rounds late, so fewer than 2 are refused.',
    ).optional(),
    observers: z
      .array(nameText)
      .max(64)
      .default([])
      .describe('Names that may report observations of the chain, in addition to the listed nodes.'),
  })
  .describe('How time and observations bound how far ahead a new unit may lie.');
export type CeilingPolicy = DeepReadonly<z.infer<typeof ceilings>>;

const readiness = z
  .strictObject({
    required: z.boolean().default(true).describe('Whether a node must have reported that it is fit.'),
    maxAgeMs: whole(100, HOUR_MS, 'Age in milliseconds beyond which a report no longer counts.').default(
      10_000,
    ),
    minPeers: whole(0, 10_000, 'Fewest peers of a fit node.').default(1),
    maxFinalityLagBlocks: whole(
      0,
      1_000_000,
      'Most blocks between best and finalised block of a fit node.',
    ).default(10),
    maxClockOffsetMs: whole(
      0,
      60_000,
      'Largest clock offset of a fit node, in milliseconds, either way.',
    ).default(200),
  })
  .describe("Limits that a node's report must meet before it may begin a new unit.");

const originalWire = z
  .strictObject({
    enabled: z.boolean().default(false).describe('Whether base URLs of the original wire protocol work.'),
    slotDuty: z.enum(['babe', 'aura']).default('babe').describe('Which duty `/authorize/slot/{n}` claims.'),
    roundScope: z
      .enum(['node-set', 'unscoped'])
      .default('node-set')
      .describe(
        "`node-set`: the authority set of a round comes from the claimant's own node. `unscoped`: none, as the original did; after each set change no node votes until the old maximum is passed.",
      ),
  })
  .describe('The original wire protocol for this key.');

/**
 * A policy as an operator writes it. Some defaults depend on the duty: `parsePolicy` of the service fills
 * them.
 */
export const policyDocument = z
  .strictObject({
    chain: chainText,
    key: keyText,
    name: nameText
      .optional()
      .describe(
        'Name of the key for people, for example `alpha`; each key of the ledger has its own. Not `all`.',
      ),
    roster: z.array(rosterNode).min(1).max(64).describe('The machines that may claim for this key.'),
    duties: z
      .record(dutyText, dutyPolicy)
      .describe('The duties of this key by name. A duty that is not named is off.'),
    standbyDelayMs: whole(
      0,
      60_000,
      'How long a standby waits for each rank below the active node, in milliseconds.',
    ).default(300),
    watchTtlMs: whole(
      100,
      HOUR_MS,
      'How long a node counts as present without a report, in milliseconds. Preference only.',
    ).default(3_000),
    ceilings,
    readiness: readiness.prefault({}),
    originalWire: originalWire.prefault({}),
    unknownSignature: z
      .enum(['alarm', 'freeze'])
      .optional()
      .describe(
        'The consequence of a block, a GRANDPA vote or an offence on chain that proves a signature of this key without a grant, for example of a second machine with a copy of the keys. Default: `alarm`, which logs `unknown-signature`. `freeze` also freezes the key at every service, until `watchbill freeze lift`.',
      ),
    return: z
      .enum(['deny', 'trust'])
      .optional()
      .describe(
        "The rule after a restart of a service, when its machine may have been rolled back. Default: `deny`, which refuses every unit up to the clock's slot, or the first report of another observer plus the step. `trust` grants them: only for a key with one service on a chain of three or fewer equal authorities, which cannot finalise without this key. With `trust` you must make sure that the machine is never restored from a backup or a snapshot.",
      ),
  })
  .describe('All safety settings of one key on one chain. Kept in the ledger.');

/** The position of a mark. `seq` is decimal text. */
export const positionShape = z.strictObject({
  epoch: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  seq: z
    .string()
    .regex(/^(0|[1-9][0-9]{0,19})$/)
    .describe('Sequence number of the last entry, in decimal.'),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});

/** A signature of the key, and the mark that has no grant for it. Texts are as in the API. */
const evidence = z.object({
  duty: z.string(),
  unit: z.string(),
  digest: z.string(),
  // Digest that the ledger granted for this unit; null if it granted none.
  granted: z.string().nullable(),
  // The sealed block; for a vote the block that its justification finalised; for an offence its report's.
  block: z.object({ number: z.string(), hash: z.string() }),
  part: z.string().optional().describe('The part that was signed; absent for the seal of a block.'),
  otherDigest: z.string().optional().describe('For an offence: the other payload that was signed.'),
  observer: z.string(),
  // Id of the service that compared, and the position of the mark then.
  service: z.string(),
  head: positionShape,
});
export type FreezeEvidence = DeepReadonly<z.infer<typeof evidence>>;

/** The end of a freeze. Signatures from before it no longer freeze the key. */
const lift = z.object({
  by: z.string(),
  reason: z.string(),
  atMs: z.number(),
  // Absent if no observer had reported.
  round: z.string().optional().describe('Votes up to this set and round no longer freeze the key.'),
});
export type FreezeLift = DeepReadonly<z.infer<typeof lift>>;

/** Why a key is frozen, or was. Kept in its policy, so that every grant compares it. */
const freeze = z
  .object({
    before: z.enum(['idle', 'enforce']).describe('The mode that a lift restores.'),
    cause: z.enum(['operator', 'unknown-signature']),
    by: z.string().describe('The person, or the observer that reported the signature.'),
    reason: z.string(),
    atMs: z.number(),
    evidence: evidence
      .nullable()
      .describe('The signature that no service granted; null if a person froze the key.'),
    lifted: lift.nullable(),
  })
  .describe('The last freeze of the key; `lifted` is null while it is in force.');
export type Freeze = DeepReadonly<z.infer<typeof freeze>>;

/**
 * All safety settings of one (chain, key): the document of an operator, and the fields that the ledger adds.
 * Kept in the ledger, with a new version for every change.
 */
export const policyShape = z.object({
  // SHA-256 of its change: decision 0093.
  versionId: z.string(),
  // Counts versions of this (chain, key), from 1; for people.
  version: z.int(),
  // `idle` until the key is adopted; `frozen` from a freeze until a person lifts it.
  mode: z.enum(['idle', 'enforce', 'frozen']),
  freeze: freeze.optional(),
  ...policyDocument.shape,
  duties: z.record(dutyText, dutyInForce),
});
export type Policy = DeepReadonly<z.infer<typeof policyShape>>;

/** The highest new unit that may be granted, or the reason why there is no limit to compare with. */
export type Ceiling =
  | { readonly kind: 'at'; readonly highest: readonly Unit[]; readonly why?: string }
  | { readonly kind: 'unknown'; readonly why: string };

/** Whether the key was adopted, frozen or not. */
export function isAdopted({ mode, freeze }: Pick<Policy, 'mode' | 'freeze'>): boolean {
  return mode === 'enforce' || (mode === 'frozen' && freeze?.before !== 'idle');
}

/** The listed nodes, best rank first. */
export function namesByRank({ roster }: Pick<Policy, 'roster'>): string[] {
  return roster.toSorted((a, b) => a.rank - b.rank).map(({ name }) => name);
}
