import type { Claim, Mark } from '../../rule/index.ts';
import type { Heard } from '../ground/base.ts';
import type { HeldMark, MarkRef } from '../ground/marks.ts';
import type { Said } from '../ground/parse.ts';
import type { HeldPolicy } from '../ground/policies.ts';
import type { WatchRecord } from '../ground/records.ts';
import type { Verdict } from '../ground/verdict.ts';
import type { HeldWatch } from '../ground/watch-record.ts';
import type { Remembered } from './recollection.ts';

/** A claim as it came in, with the bounds of its answer. */
export interface Asked {
  readonly claim: Claim;
  readonly claimId: string;
  /** Claims by the original wire protocol carry no term and report no readiness. */
  readonly via: 'claims' | 'original';
  /** The word that the claimant holds of the mark. */
  readonly said: Said;
  /** Both on the monotonic clock, in milliseconds. */
  readonly arrivedMs: number;
  readonly deadlineMs: number;
}

/** The parts of the ledger's identity that do not change while the service runs. */
export interface Identity {
  readonly ledger: string;
  readonly epoch: string;
  /** Epochs that a recovery ended. */
  readonly voided: ReadonlySet<string>;
  readonly service: string;
}

/** The watch of a key as preference sees it for one claim, from the service's mirror of the store. */
export interface Standing {
  readonly record: WatchRecord;
  readonly holderLive: boolean;
  /** Null if the claimant's last report was fit and is fresh; else why not. */
  readonly unfit: string | null;
  /** Whether another listed node is ready, so that the claimant need not go first. */
  readonly otherReady: boolean;
}

/** Everything that a claim is judged by. */
export interface Basis {
  readonly policy: HeldPolicy | null;
  readonly held: HeldMark | null;
  /**
   * The memory of this service from before the mark was read: an entry made later is not a contradiction.
   */
  readonly remembered: Remembered;
  /** Clocks and reports for the policy; null without a policy. */
  readonly heard: Heard | null;
  /** Null without a policy. */
  readonly standing: Standing | null;
  /** Drawn for this turn alone: the nonce of the attempt, if the turn comes to one. */
  readonly nonce: string;
  /** True after a linearizable read. */
  readonly fresh: boolean;
}

/** A state that a transaction of the claim may have written, and the watch it was decided with. */
export interface Attempted {
  readonly next: Mark;
  readonly watch: HeldWatch | null;
}

/** A transaction under way. */
export interface Writing {
  /** Nonce of the attempt that it writes; null if it only compares. */
  readonly nonce: string | null;
  /** The claim is answered with this state of the mark once the entry of `own` is durable. */
  readonly mark: Mark;
  readonly own: Mark;
  readonly headText: string;
  readonly reason: 'new' | 'repeat';
  readonly watch: HeldWatch | null;
  /** Texts that the transaction compared, by which a conflict is understood. */
  readonly compared: { readonly head: string; readonly pointer: string; readonly session: string };
}

/** The work that a claim waits for. Each phase is left by the answer to the effect that began it. */
export type Phase =
  /** Waits until no other claim is at the mark. */
  | { readonly kind: 'queued' }
  | { readonly kind: 'recalling' }
  | { readonly kind: 'reading' }
  /** The claimant's word becomes a rollback report. */
  | { readonly kind: 'reporting'; readonly where: string }
  /** `refusal`: the rule refuses the unit unless this node is on watch under a later term. */
  | { readonly kind: 'asking-watch'; readonly basis: Basis; readonly refusal: Verdict | null }
  | {
      readonly kind: 'taking-watch';
      readonly basis: Basis;
      readonly refusal: Verdict | null;
      readonly late: Verdict;
    }
  | { readonly kind: 'transacting'; readonly writing: Writing }
  /** After a conflict: reads again what moved. */
  | { readonly kind: 'refreshing' }
  | { readonly kind: 'appending'; readonly verdict: Verdict }
  /** The store did not answer, or the session is not certain. */
  | { readonly kind: 'pausing' }
  /** Waits for a moment, the mark or the watch; `late` is the answer if the deadline comes first. */
  | { readonly kind: 'held'; readonly late: Verdict }
  | { readonly kind: 'over' };

/** All that the service knows about one claim under way. */
export interface ClaimState {
  readonly asked: Asked;
  readonly identity: Identity;
  readonly ref: MarkRef;
  /** Name of the mark in memories and ledgers. */
  readonly name: string;
  readonly phase: Phase;
  /** Generation of the session in which the claim began: protocol section 6. */
  readonly generation: number;
  /** Transactions of this claim that may have applied and were not answered yet, by their nonce. */
  readonly attempts: ReadonlyMap<string, Attempted>;
  /** Turns that met a change of their basis. Bounded. */
  readonly conflicts: number;
  /** A watch that this node came to hold while the claim waited: its term counts as the claim's. */
  readonly takenTerm: bigint | null;
  /** True once a linearizable read found the claim to be of the present term, and it was held. */
  readonly heldInTerm: boolean;
  /** True once the deadline has passed or the claimant is gone: then nothing new is begun. */
  readonly ended: boolean;
  /** True once the claim was answered. Work under way goes on to its end, without another answer. */
  readonly answered: boolean;
}

/** The state of a claim that has just come in. */
export function startClaim(asked: Asked, identity: Identity, ref: MarkRef, name: string): ClaimState {
  return {
    asked,
    identity,
    ref,
    name,
    phase: { kind: 'queued' },
    generation: -1,
    attempts: NO_ATTEMPTS,
    conflicts: 0,
    takenTerm: null,
    heldInTerm: false,
    ended: false,
    answered: false,
  };
}

const NO_ATTEMPTS: ReadonlyMap<string, Attempted> = new Map();

/** The claim, under the term of the watch that its node came to hold while it waited. */
export function claimUnderTerm({ asked, takenTerm }: ClaimState): Claim {
  return takenTerm === null ? asked.claim : { ...asked.claim, term: takenTerm };
}
