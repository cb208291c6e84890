import { type Claim, formatUnit, type LedgerPoint, type Mark } from '../../rule/index.ts';
import type { DecisionRecord } from '../contract.ts';
import type { Heard } from '../ground/base.ts';
import type { LedgerIdentity } from '../ground/genesis.ts';
import { markName } from '../ground/keys.ts';
import type { HeldMark, MarkRef } from '../ground/marks.ts';
import type { Said } from '../ground/parse.ts';
import type { HeldPolicy } from '../ground/policies.ts';
import type { HeldWatch } from '../ground/records.ts';
import { unknown, type Verdict } from '../ground/verdict.ts';
import type { GrantLine } from '../ledger/port.ts';
import type { CoreModules } from '../modules.ts';
import type { Moment } from '../session/state.ts';
import type { StepTimes } from './times.ts';

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

/** The ledger, and this service in it. Neither changes while the service runs. */
export interface Identity extends Pick<LedgerIdentity, 'ledger' | 'epoch' | 'epochText' | 'voided'> {
  readonly service: string;
}

/** The memory of this service about a mark and a unit, taken before the mark was read. */
export interface Remembered {
  readonly point: LedgerPoint | null;
  /** Grants of the claimed unit in the ledger of this service. */
  readonly grants: readonly GrantLine[];
}

/** The watch of a key as preference sees it for one claim, from the service's mirror of the store. */
export type Standing = Readonly<ReturnType<CoreModules['watches']['standing']>>;

interface Seen {
  readonly held: HeldMark | null;
  /** From before the mark was read: an entry made later is not a contradiction. */
  readonly remembered: Remembered;
  /** Drawn for this turn alone: the nonce of the attempt, if the turn comes to one. */
  readonly nonce: string;
  /** True after a linearizable read. */
  readonly fresh: boolean;
}

/** The basis of a claim under a policy, with clocks, reports and the watch as the policy counts them. */
export interface Ruled extends Seen {
  readonly policy: HeldPolicy;
  readonly heard: Heard;
  readonly standing: Standing;
}

/** Everything that a claim is judged by. */
export type Basis = Ruled | (Seen & { readonly policy: null });

/** The records that a grant rests on. */
export interface Grounds extends Ruled {
  readonly held: HeldMark;
}

/** A state that a transaction of the claim may have written, and the watch it was decided with. */
export interface Attempted {
  readonly next: Mark;
  readonly watch: HeldWatch | null;
}

/** All that the service knows about one claim under way. */
export interface ClaimUnderWay {
  readonly asked: Asked;
  readonly identity: Identity;
  readonly ref: MarkRef;
  /** Name of the mark in memories and ledgers. */
  readonly name: string;
  readonly times: StepTimes;
  /** Aborts at the deadline, or when the claimant is gone: then nothing new is begun. */
  readonly ending: AbortController;
  /** Transactions of this claim that may have applied and were not answered yet, by their nonce. */
  readonly attempts: Map<string, Attempted>;
  /** Generation of the session in which the claim began: protocol section 6. */
  generation: number;
  /** Turns that met a change of their basis. Bounded. */
  conflicts: number;
  /** The claim, under the term of a watch that its node came to hold while it waited. */
  wanted: Claim;
  /** True once a linearizable read found the claim to be of the present term, and it was held. */
  heldInTerm: boolean;
  /** While the claim is held: its answer if the deadline comes first. */
  late: Verdict | null;
  /** Once the claim was held: stops following the mark in the store. */
  unfollow: (() => void) | null;
}

/** The state of a claim that has just come in. */
export function startClaim(asked: Asked, identity: Identity, times: StepTimes): ClaimUnderWay {
  const { chain, key, duty } = asked.claim;
  return {
    asked,
    identity,
    ref: { chain, key, duty },
    name: markName(chain, key, duty.name),
    times,
    ending: new AbortController(),
    attempts: new Map(),
    generation: -1,
    conflicts: 0,
    wanted: asked.claim,
    heldInTerm: false,
    late: null,
    unfollow: null,
  };
}

/** Whether the claim is this much before its deadline at most, or its claimant is gone. */
export function isOver({ asked, ending }: ClaimUnderWay, at: Moment, marginMs = 0): boolean {
  return ending.signal.aborted || at.monotonicMs >= asked.deadlineMs - marginMs;
}

/** The end of a turn at the mark: the answer, or how the claim goes on. */
export type TurnEnd =
  | Verdict
  /** The records that the decision rests on have changed: the claim queues again at once. */
  | { readonly kind: 'again' }
  /** The store does not answer, or the session record is not certain: until this moment (monotonic). */
  | { readonly kind: 'pause'; readonly untilMs: number }
  /** Until this moment, or until the mark or the watch changes; `late` is the answer at the deadline. */
  | { readonly kind: 'hold'; readonly untilMs: number; readonly late: Verdict };

/** Turns with another basis than the store's, after which a claim ends. */
const MAX_CONFLICTS = 64;
/** Pause before another try while the store does not answer, in milliseconds. */
export const RETRY_MS = 50;

export function tooLate(): Verdict {
  return unknown('deadline', 'the deadline has passed');
}

export function pause(at: Moment): TurnEnd {
  return { kind: 'pause', untilMs: at.monotonicMs + RETRY_MS };
}

/** A bounded number of times. */
export function again(claim: ClaimUnderWay): TurnEnd {
  claim.conflicts += 1;
  if (claim.conflicts < MAX_CONFLICTS) return { kind: 'again' };
  return unknown('contention', `the claim met ${MAX_CONFLICTS} conflicts`);
}

/** The decision as the service keeps and streams it. */
export function describeDecision(asked: Asked, verdict: Verdict, at: Moment): Omit<DecisionRecord, 'id'> {
  const { claim } = asked;
  return {
    atMs: at.nowMs,
    outcome: verdict.outcome,
    reason: verdict.reason,
    detail: verdict.detail,
    chain: claim.chain,
    key: claim.key,
    duty: claim.duty.name,
    unit: formatUnit(claim.unit),
    parts: claim.parts,
    digest: claim.digest === null ? null : `0x${claim.digest}`,
    node: claim.owner.node,
    incarnation: claim.owner.incarnation,
    claimId: asked.claimId,
    seq: verdict.point?.seq.toString() ?? null,
    via: asked.via,
    tookMs: Math.max(0, Math.round(at.monotonicMs - asked.arrivedMs)),
  };
}
