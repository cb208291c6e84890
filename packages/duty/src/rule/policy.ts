import type { Unit } from './units.ts';

/**
 * One machine that may claim for a key. Rank 0 is preferred; equal ranks are refused when a policy is
 * applied.
 */
export interface RosterNode {
  readonly name: string;
  readonly rank: number;
  /** HTTP address of the node's own RPC, read for `grandpa_roundState` by the original wire protocol only. */
  readonly rpcUrl?: string | undefined;
}

/** How time and observations bound new units of a chain. */
export interface CeilingPolicy {
  /** Slot 0 starts at this Unix time in milliseconds (0 for BABE and Aura, which count from the epoch). */
  readonly genesisMs: number;
  readonly slotMs: number;
  /** How far the clock of the service may be behind that of the claimant. */
  readonly allowedSkewMs: number;
  /** How many rounds, blocks or sessions above the highest observed one a new unit may lie. */
  readonly roundStep: number;
  readonly blockStep: number;
  readonly sessionStep: number;
  /**
   * How many rounds below the highest observed one a new round may lie; 8 if absent, as in older policies.
   */
  readonly roundsBack?: number | undefined;
  /** Observers beside the listed nodes, by name. */
  readonly observers: readonly string[];
}

/** The settings of one duty. */
export interface DutyPolicy {
  readonly enabled: boolean;
  readonly digestRequired: boolean;
  /** W; never below 1. A smaller one moves the floor up at the next grant. */
  readonly window: number;
}

/** Limits that a node's report must meet before it may begin a new unit; null fields are not checked. */
export interface ReadinessPolicy {
  readonly required: boolean;
  readonly maxAgeMs: number;
  readonly minPeers: number;
  readonly maxFinalityLagBlocks: number;
  readonly maxClockOffsetMs: number;
}

/** The original wire protocol for this key. */
export interface OriginalWirePolicy {
  readonly enabled: boolean;
  /** Which slot duty `/authorize/slot/{n}` claims. */
  readonly slotDuty: 'babe' | 'aura';
  /**
   * `node-set`: the set id comes from the claimant's node. `unscoped`: set 0 for ever, as the original did.
   */
  readonly roundScope: 'node-set' | 'unscoped';
}

/** A signature of the key, and the mark that has no grant for it. Texts are as in the API. */
export interface FreezeEvidence {
  readonly duty: string;
  readonly unit: string;
  /** Digest of the payload that was signed: `0x` and hex. */
  readonly digest: string;
  /** Digest that the ledger granted for this unit; null if it granted none. */
  readonly granted: string | null;
  /** The sealed block; for a vote the block that its justification finalised; for an offence its report's. */
  readonly block: { readonly number: string; readonly hash: string };
  /** The part of the unit that was signed; absent for the seal of a block. */
  readonly part?: string | undefined;
  /** For an offence that the chain recorded: the other payload that the key signed. */
  readonly otherDigest?: string | undefined;
  readonly observer: string;
  /** Id of the service that compared. */
  readonly service: string;
  /** The position of the mark that was compared. */
  readonly head: { readonly epoch: string; readonly seq: string; readonly hash: string };
}

/** Why a key is frozen, or was. Kept in its policy, so that every grant compares it. */
export interface Freeze {
  /** The mode that a lift restores. */
  readonly before: 'idle' | 'enforce';
  /** `operator`: a person. `unknown-signature`: a signature that no service granted. */
  readonly cause: 'operator' | 'unknown-signature';
  /** Name of the person, or of the observer that reported the block. */
  readonly by: string;
  readonly reason: string;
  /** Unix milliseconds by the clock of the service that froze the key. */
  readonly atMs: number;
  readonly evidence: FreezeEvidence | null;
  /** Null while the key is frozen. */
  readonly lifted: FreezeLift | null;
}

/** The end of a freeze. Signatures from before it no longer freeze the key. */
export interface FreezeLift {
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
  /**
   * Highest round of GRANDPA, as `set/round`, that may have been voted in before the lift; absent if no
   * observer had reported, and in lifts of older services.
   */
  readonly round?: string | undefined;
}

/** All safety settings of one (chain, key). Kept in the ledger; a new version for every change. */
export interface Policy {
  /** Drawn for every version and never used again. */
  readonly versionId: string;
  /** Counts versions of this (chain, key), from 1; for people. */
  readonly version: number;
  readonly chain: string;
  readonly key: string;
  /** `idle` until the key is adopted; `frozen` from a freeze until a person lifts it. */
  readonly mode: 'idle' | 'enforce' | 'frozen';
  /** The last freeze, also after it was lifted. */
  readonly freeze?: Freeze | undefined;
  /** The answer to a block that no service granted. `alarm`, also if absent, only logs it. */
  readonly unknownSignature?: 'alarm' | 'freeze' | undefined;
  readonly roster: readonly RosterNode[];
  readonly duties: Readonly<Record<string, DutyPolicy>>;
  /** Per rank below the node on watch, in milliseconds. */
  readonly standbyDelayMs: number;
  /** Life of a node's presence without a report; preference only. */
  readonly watchTtlMs: number;
  readonly ceilings: CeilingPolicy;
  readonly readiness: ReadinessPolicy;
  readonly originalWire: OriginalWirePolicy;
  /**
   * Whether a returning service trusts that its machine was never rolled back. `deny`, also if absent: the
   * service refuses units from before the session. `trust`: it grants them, which a network that cannot
   * finalise without this key needs.
   */
  readonly return?: 'deny' | 'trust' | undefined;
}

/** The highest new unit that may be granted, or the reason why there is no limit to compare with. */
export type Ceiling =
  | { readonly kind: 'at'; readonly highest: readonly Unit[] }
  | { readonly kind: 'unknown'; readonly why: string };

/** Whether the key was adopted, frozen or not. */
export function isAdopted({ mode, freeze }: Pick<Policy, 'mode' | 'freeze'>): boolean {
  return mode === 'enforce' || (mode === 'frozen' && freeze?.before !== 'idle');
}
