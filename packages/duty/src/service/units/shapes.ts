import type { Outcome, Part, ReasonCode } from '../../rule/index.ts';

/** Shapes of units and of the facts about them: decision 0034. Times are in milliseconds. */

/** Why a unit was signed or missed. */
export type UnitOutcome =
  | 'signed'
  | 'denied'
  | 'late'
  | 'slow'
  | 'other-author'
  | 'unseen'
  | 'not-asked'
  | 'unknown';

export type StepName = 'queue' | 'wait' | 'store' | 'flush';

/** One step of a claim: waiting for the mark, for the standby delay, for the store, for the own disk. */
export interface UnitStep {
  readonly name: StepName;
  readonly ms: number;
}

/** One claim that a service decided. */
export interface ClaimFact {
  readonly node: string;
  readonly parts: readonly Part[];
  readonly outcome: Outcome;
  readonly reason: ReasonCode;
  /** `0x` and hex, or null. */
  readonly digest: string | null;
  /** When it came in, in Unix milliseconds by the clock of the service. */
  readonly atMs: number;
  readonly tookMs: number;
  readonly steps: readonly UnitStep[];
}

/** The chain between two blocks, of which one is the parent of the other. */
export interface ChainPass {
  /** Public key of the author of the unit's slot; null if the slot has no block. */
  readonly author: string | null;
}

/** Everything that one service, or several together, know of a unit. */
export interface UnitFacts {
  readonly duty: string;
  /** As text, for example `299196429` or `1/5`. */
  readonly unit: string;
  /** When the service first heard of it. For slots, {@link judgeUnit} takes the start of the slot. */
  readonly atMs: number;
  /** An observer computed that the key had to act. */
  readonly due: boolean;
  readonly claims: readonly ClaimFact[];
  /** Digest of a signature of the key that an observer saw; null if none. */
  readonly seen: string | null;
  /** Null if no observer followed the chain past the unit. */
  readonly passed: ChainPass | null;
}

/** One unit with its cause. */
export interface UnitView {
  readonly key: string;
  readonly duty: string;
  /** Its fields, for example `{ "slot": "299196429" }`. */
  readonly unit: Readonly<Record<string, string>>;
  /** Unix milliseconds: the start of a slot; for other duties, when a service first heard of it. */
  readonly at: number;
  readonly outcome: UnitOutcome;
  /** The outcome counts as missed. */
  readonly missed: boolean;
  readonly reason?: ReasonCode;
  readonly node?: string;
  readonly digest?: string;
  readonly seenDigest?: string;
  readonly steps?: readonly UnitStep[];
  /** One sentence. */
  readonly say: string;
  /** The next step; only if there is one. */
  readonly remedy?: string;
}

export interface UnitsQuery {
  readonly key: string;
  readonly chain?: string | undefined;
  readonly duty?: string | undefined;
  /** Units of this time or later, in Unix milliseconds. */
  readonly since?: number | undefined;
  /** Only units that were missed. */
  readonly missed?: boolean | undefined;
  /** Where the last page ended: `duty/unit`. */
  readonly before?: string | undefined;
  /** 1 to 1,000. */
  readonly limit: number;
}

export interface UnitsPage {
  readonly units: readonly UnitView[];
  /** Pass as `before` for the next page; absent at the end. */
  readonly next?: string;
  /** False if a listed service did not answer. */
  readonly complete: boolean;
}

/** A question of another service of the ledger. */
export type PeerUnitsQuery = Pick<UnitsQuery, 'key' | 'duty' | 'since' | 'before' | 'limit'> & {
  readonly chain: string;
  /** Exactly these units of the duty, also those that only the chain is known of. */
  readonly units?: readonly string[] | undefined;
};

/** Due units, as an observer computed them from the blocks of a chain. */
export interface DueReport {
  readonly chain: string;
  readonly duty: string;
  readonly passes: readonly DuePass[];
  readonly next?: NextSlots | undefined;
}

/** Slots that begin after the newest block of a report. */
export interface NextSlots {
  /** The last slot whose owner is known. */
  readonly until: string;
  /** Their owners. In BABE a primary author, which is known to its node alone, may come before each. */
  readonly due: readonly { readonly key: string; readonly unit: string }[];
}

/** From a block to its child. */
export interface DuePass {
  /** Slot of the parent, and of the block. Every slot in between has no block. */
  readonly after: string;
  readonly slot: string;
  readonly author: string;
  /** Keys that had to act in a slot after the parent's, up to the block's. */
  readonly due: readonly { readonly key: string; readonly unit: string }[];
}
