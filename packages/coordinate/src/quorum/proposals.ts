import { hexOf, sameBytes } from './digest.ts';
import type { Message, MessageRefusal, Statement, Value } from './messages.ts';
import { placed, placesOf } from './places.ts';
import type { QuorumPlan } from './plan-port.ts';
import type { QuorumRound } from './round.ts';
import { NOOP } from './self.ts';

export type Propose = Extract<Statement, { readonly kind: 'propose' }>;

/** A proposal that may be taken, with its parts at hand. */
export interface TakenProposal {
  readonly message: Message;
  readonly statement: Propose;
  readonly value: Value;
  readonly key: string;
}

/**
 * The objection to a signed and justified proposal, by the facts that every member computes for the window.
 * The inputs are checked first, because other inputs give another leader and other draws.
 */
export function proposalRefusal(plan: QuorumPlan, { header, statement }: Message): MessageRefusal | null {
  if (statement.kind !== 'propose') return null;
  if (!sameBytes(statement.seedInput, plan.seedInput)) return 'reference-differs';
  if (!sameBytes(statement.referenceHash, plan.referenceHash)) return 'reference-differs';
  if (plan.leaders[header.rank] !== header.seat) return 'not-the-leader';
  return isAllowed(plan, statement.action) ? null : 'not-due';
}

export function isAllowed({ checklist }: QuorumPlan, action: string): boolean {
  return action === NOOP || checklist.some((item) => item.action === action);
}

/** The problem with a value's lease, as a code: it must be the one of the agenda. Null if it is. */
export function leaseProblem(plan: QuorumPlan, value: Value): string | null {
  if (value.resource !== plan.group.resource) return 'other-resource';
  if (!sameBytes(value.referenceHash, plan.referenceHash)) return 'other-reference';
  if (value.action === NOOP) {
    return value.validityBlocks === 0n && value.content.length === 0 ? null : 'noop-with-content';
  }
  const item = plan.checklist.find(({ action }) => action === value.action);
  return item?.validityBlocks === value.validityBlocks ? null : 'other-validity';
}

/** The proposal of the leader of a rank, if it is acceptable. Only the first one counts. */
export function proposalIn(plan: QuorumPlan, round: QuorumRound, rank: number): TakenProposal | null {
  const leader = plan.leaders[rank];
  const message = leader === undefined ? null : placed(round.places, 'propose', rank, leader);
  if (message === null || proposalRefusal(plan, message) !== null) return null;
  const { statement, attachment } = message;
  if (statement.kind !== 'propose' || attachment.value === null) return null;
  return { message, statement, value: attachment.value, key: hexOf(statement.digest) };
}

/** The value of a digest, from any message that had it; null if none did. */
export function valueNamed(round: QuorumRound, rankCount: number, digest: Uint8Array): Value | null {
  if (round.lock !== null && sameBytes(round.lock.digest, digest)) return round.lock.value;
  for (let rank = 0; rank < rankCount; rank++) {
    for (const { statement, attachment } of placesOf(round.places, 'propose', rank).values()) {
      if (statement.kind === 'propose' && sameBytes(statement.digest, digest)) return attachment.value;
    }
    for (const { statement, attachment } of placesOf(round.places, 'rank-change', rank).values()) {
      if (statement.kind !== 'rank-change' || statement.prepared === null) continue;
      if (sameBytes(statement.prepared.digest, digest)) return attachment.value;
    }
  }
  return null;
}
