import { encodeMessage } from '../codec.ts';
import type { Attachment, Message, Statement, Value, Vote } from '../messages.ts';
import type { QuorumPlan } from '../plan-port.ts';
import { justificationOf } from '../proof.ts';
import { domainOf } from '../signing.ts';
import { valueDigest } from '../value.ts';
import { fakeKey, fakeVoices } from './fake-operators.ts';

/** Everything that the members of a fake group can sign: all their keys are known. */
function voicesOf(plan: QuorumPlan) {
  const keys = plan.group.members.map((_, seat) => fakeKey(`seat ${seat}`));
  return fakeVoices({ group: plan.group, keys }, plan);
}

export function messageOf(
  plan: QuorumPlan,
  seat: number,
  rank: number,
  statement: Statement,
  attached: Partial<Attachment> = {},
): Message {
  return voicesOf(plan).say(seat, rank, statement, attached);
}

export function bytesOf(plan: QuorumPlan, message: Message): Uint8Array {
  return encodeMessage(domainOf(plan), message);
}

/** The hello of a member, with changes. */
export function helloOf(
  plan: QuorumPlan,
  seat: number,
  changes: Partial<Extract<Statement, { readonly kind: 'hello' }>> = {},
): Message {
  return voicesOf(plan).hello(seat, changes);
}

/** A value that may be proposed, another one for each content. */
export function callOf({ group, referenceHash }: QuorumPlan, content: number): Value {
  const { resource } = group;
  return {
    action: 'call',
    resource,
    validityBlocks: 10n,
    referenceHash,
    content: Uint8Array.from([content]),
  };
}

/** Votes of these seats, as an attachment has them. */
export function votesOf(
  plan: QuorumPlan,
  kind: 'prepare' | 'commit',
  rank: number,
  value: Value,
  seats: readonly number[],
): readonly Vote[] {
  return voicesOf(plan).votes(kind, rank, valueDigest(value), [...seats]);
}

/** A certificate of the commits of these seats. */
export function certificateOf(
  plan: QuorumPlan,
  seat: number,
  value: Value,
  signers: readonly number[],
  rank = 0,
): Message {
  const votes = votesOf(plan, 'commit', rank, value, signers);
  return messageOf(plan, seat, rank, { kind: 'certificate', digest: valueDigest(value) }, { value, votes });
}

/** A value with a quorum of prepares, or too few. */
export interface FakeLock {
  readonly value: Value;
  readonly signers: readonly number[];
}

/** A rank-change that claims a lock of the rank before, or none. */
export function changeOf(
  plan: QuorumPlan,
  seat: number,
  rank: number,
  lock: FakeLock | null = null,
  heard = true,
): Message {
  const message = voicesOf(plan).rankChange(seat, rank, lock?.value ?? null, rank - 1, heard);
  if (lock === null) return message;
  const votes = votesOf(plan, 'prepare', rank - 1, lock.value, lock.signers);
  return { ...message, attachment: { ...message.attachment, votes } };
}

/** A proposal, in a later rank with what these rank-changes justify or not. */
export function proposeOf(
  plan: QuorumPlan,
  seat: number,
  rank: number,
  value: Value,
  changes: readonly Message[] = [],
): Message {
  const justification = rank === 0 ? null : justificationOf(plan, changes);
  return voicesOf(plan).propose(seat, rank, value, justification);
}
