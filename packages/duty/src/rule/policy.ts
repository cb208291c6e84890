import type { DeepReadonly } from '@watchbill/kit';
import { z } from 'zod';
import type { Unit } from './units.ts';

/** How time and observations bound new units of a chain. */
const ceilings = z.object({
  // Slot 0 starts at this Unix time in milliseconds (0 for BABE and Aura, which count from the epoch).
  genesisMs: z.number(),
  slotMs: z.number(),
  // How far the clock of the service may be behind that of the claimant.
  allowedSkewMs: z.number(),
  // How many rounds, blocks or sessions above the highest observed one a new unit may lie.
  roundStep: z.int(),
  blockStep: z.int(),
  sessionStep: z.int(),
  // How many rounds below the highest observed one a new round may lie; 8 if absent.
  roundsBack: z.int().optional(),
  // Observers beside the listed nodes, by name.
  observers: z.array(z.string()),
});
export type CeilingPolicy = DeepReadonly<z.infer<typeof ceilings>>;

const duty = z.object({
  enabled: z.boolean(),
  digestRequired: z.boolean(),
  // W; never below 1. A smaller one moves the floor up at the next grant.
  window: z.int(),
  // No unit above it is granted, because another ledger may grant those; canonical text of a unit.
  lastUnit: z.string().optional(),
});
export type DutyPolicy = DeepReadonly<z.infer<typeof duty>>;

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
  // The answer to a signature that no service granted. `alarm`, also if absent, only logs it.
  unknownSignature: z.enum(['alarm', 'freeze']).optional(),
  chain: z.string(),
  key: z.string(),
  // The name of the key for people; each key has its own.
  name: z.string().optional(),
  // Rank 0 is preferred. Only the original wire protocol reads the RPC of a node.
  roster: z.array(z.object({ name: z.string(), rank: z.int(), rpcUrl: z.string().optional() })),
  duties: z.record(z.string(), duty),
  // Per rank below the active node, in milliseconds.
  standbyDelayMs: z.number(),
  // Life of a node's presence without a report; preference only.
  watchTtlMs: z.number(),
  ceilings,
  // Whether a returning service trusts that its machine was never rolled back. `deny`, also if absent: the
  // service refuses units from before the session. `trust`: it grants them, which a network that cannot
  // finalise without this key needs.
  return: z.enum(['deny', 'trust']).optional(),
  // Limits that a node's report must meet before it may begin a new unit.
  readiness: z.object({
    required: z.boolean(),
    maxAgeMs: z.number(),
    minPeers: z.int(),
    maxFinalityLagBlocks: z.int(),
    maxClockOffsetMs: z.number(),
  }),
  originalWire: z.object({
    enabled: z.boolean(),
    slotDuty: z.enum(['babe', 'aura']),
    // `unscoped`: set 0 for ever, as the original did.
    roundScope: z.enum(['node-set', 'unscoped']),
  }),
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
