import { encodeMessage, NO_ATTACHMENT } from '../codec.ts';
import type { Attachment, Message, Statement, Value, Vote } from '../messages.ts';
import type { QuorumPlan } from '../plan-port.ts';
import { justificationOf } from '../proof.ts';
import { justificationDigest } from '../proof-codec.ts';
import { domainOf, signStatement } from '../signing.ts';
import { valueDigest } from '../value.ts';
import { fakeKey } from './fake-group.ts';

/** A statement of any seat: all keys of the fake group are known. */
export function messageOf(
  plan: QuorumPlan,
  seat: number,
  rank: number,
  statement: Statement,
  attached: Partial<Attachment> = {},
): Message {
  const header = { version: plan.version.version, window: plan.window.index, rank, seat };
  const signature = signStatement(fakeKey(`seat ${seat}`), domainOf(plan), header, statement);
  return { header, statement, attachment: { ...NO_ATTACHMENT, ...attached }, signature };
}

export function bytesOf(plan: QuorumPlan, message: Message): Uint8Array {
  return encodeMessage(domainOf(plan), message);
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
  const digest = valueDigest(value);
  return seats.map((seat) => ({ seat, signature: messageOf(plan, seat, rank, { kind, digest }).signature }));
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
  if (lock === null) return messageOf(plan, seat, rank, { kind: 'rank-change', prepared: null, heard });
  const { value, signers } = lock;
  const votes = votesOf(plan, 'prepare', rank - 1, value, signers);
  const prepared = { rank: rank - 1, digest: valueDigest(value) };
  return messageOf(plan, seat, rank, { kind: 'rank-change', prepared, heard }, { value, votes });
}

/** A proposal, in a later rank with what these rank-changes justify or not. */
export function proposeOf(
  plan: QuorumPlan,
  seat: number,
  rank: number,
  value: Value,
  changes: readonly Message[] = [],
): Message {
  const { seedInput, referenceHash } = plan;
  const justification = rank === 0 ? null : justificationOf(plan, changes);
  const statement = {
    kind: 'propose',
    seedInput,
    referenceHash,
    digest: valueDigest(value),
    action: value.action,
    justification: justification === null ? null : justificationDigest(justification),
  } as const;
  return messageOf(plan, seat, rank, statement, { value, justification });
}
