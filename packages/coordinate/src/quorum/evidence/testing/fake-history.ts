import { sameBytes } from '../../digest.ts';
import { quorumOf } from '../../group.ts';
import type { Message, Value, Vote } from '../../messages.ts';
import type { QuorumPlan } from '../../plan-port.ts';
import { checkJustification, justificationOf, mustPropose } from '../../proof.ts';
import { type FakeVoices, fakeValue, fakeVerify } from '../../testing/fake-operators.ts';
import { valueDigest } from '../../value.ts';

/** A choice of the test: who does what. Any numbers will do. */
export type Choice = readonly [actor: number, what: number, which: number];

interface Lock {
  readonly rank: number;
  readonly value: Value;
  readonly votes: readonly Vote[];
}

interface Member {
  readonly seat: number;
  rank: number;
  lock: Lock | null;
  readonly seen: Set<Message>;
  readonly said: Map<string, Message>;
}

/**
 * The messages of a group in a window: members below `honest` follow the routine of decision 0005 and hear
 * messages late, in any order or never; the others sign anything. Much simpler than the real rules.
 */
export function fakeHistory(
  plan: QuorumPlan,
  voices: FakeVoices,
  honest: number,
  choices: readonly Choice[],
): readonly Message[] {
  const pool: Message[] = [];
  const members = Array.from(
    { length: honest },
    (_, seat): Member => ({ seat, rank: 0, lock: null, seen: new Set(), said: new Map() }),
  );
  for (const { seat } of plan.group.members.map((_, i) => ({ seat: i }))) pool.push(voices.hello(seat));
  for (const [actor, what, which] of choices) {
    const seat = actor % plan.group.members.length;
    const member = members[seat];
    if (member === undefined) pool.push(anything(plan, voices, [seat, what, which], pool));
    else if (what % 6 === 0) advance(plan, voices, member, pool);
    else hear(plan, voices, member, pool, which);
  }
  return pool;
}

/** Hear a few messages of the pool, and answer. */
function hear(plan: QuorumPlan, voices: FakeVoices, member: Member, pool: Message[], which: number): void {
  for (let i = 0; i < 6; i++) {
    const message = pool[(which * 7 + i * (1 + (which % 5))) % pool.length];
    if (message !== undefined) member.seen.add(message);
  }
  if (plan.leaders[member.rank] === member.seat) lead(plan, voices, member, pool);
  const proposal = proposalOf(plan, member);
  if (proposal !== null) say(member, pool, voices.prepare(member.seat, member.rank, proposal));
  settle(plan, voices, member, pool);
}

function advance(plan: QuorumPlan, voices: FakeVoices, member: Member, pool: Message[]): void {
  if (member.rank + 1 >= plan.leaders.length) return;
  const heard = proposalOf(plan, member) !== null;
  member.rank += 1;
  const { seat, rank, lock } = member;
  const prepared = lock && { rank: lock.rank, digest: valueDigest(lock.value) };
  const attachment = lock === null ? {} : { value: lock.value, votes: lock.votes };
  say(member, pool, voices.say(seat, rank, { kind: 'rank-change', prepared, heard }, attachment));
}

function lead(plan: QuorumPlan, voices: FakeVoices, member: Member, pool: Message[]): void {
  const { seat, rank } = member;
  const own = fakeValue(plan, `of ${seat} in ${rank}`);
  if (rank === 0) {
    say(member, pool, voices.propose(seat, 0, own));
    return;
  }
  const changes = [...member.seen].filter(
    ({ header, statement, attachment }) =>
      header.rank === rank &&
      statement.kind === 'rank-change' &&
      (statement.prepared === null || isProven(plan, voices, statement.prepared, attachment.votes)),
  );
  const bySeat = [...new Map(changes.map((message) => [message.header.seat, message])).values()];
  const justification = justificationOf(plan, bySeat);
  if (justification === null) return;
  const value = mustPropose(justification, bySeat)?.attachment.value ?? own;
  say(member, pool, voices.propose(seat, rank, value, justification));
}

function isProven(
  plan: QuorumPlan,
  voices: FakeVoices,
  { rank, digest }: { readonly rank: number; readonly digest: Uint8Array },
  votes: readonly Vote[],
): boolean {
  const good = votes.filter(({ seat, signature }) =>
    sameBytes(voices.say(seat, rank, { kind: 'prepare', digest }).signature, signature),
  );
  return new Set(good.map(({ seat }) => seat)).size >= quorumOf(plan.group.members.length);
}

/** The first acceptable proposal of the rank that the member heard. */
function proposalOf(plan: QuorumPlan, { rank, seen }: Member): Value | null {
  for (const { header, statement, attachment } of seen) {
    if (statement.kind !== 'propose' || header.rank !== rank || header.seat !== plan.leaders[rank]) continue;
    const { justification, value } = attachment;
    if (value?.action !== 'upgrade' || value.validityBlocks !== 600n) continue;
    const problem =
      justification === null
        ? null
        : checkJustification(plan, rank, justification, statement.digest, fakeVerify);
    if (problem === null && sameBytes(valueDigest(value), statement.digest)) return value;
  }
  return null;
}

/** A quorum of prepares of the own rank: lock, then commit. */
function settle(plan: QuorumPlan, voices: FakeVoices, member: Member, pool: Message[]): void {
  const { rank, seat, seen } = member;
  const value = proposalOf(plan, member);
  if (value === null) return;
  const digest = valueDigest(value);
  const votes = [...seen]
    .filter(
      ({ header, statement }) =>
        statement.kind === 'prepare' && header.rank === rank && sameBytes(statement.digest, digest),
    )
    .map(({ header, signature }) => ({ seat: header.seat, signature }));
  const bySeat = [...new Map(votes.map((vote) => [vote.seat, vote])).values()].toSorted(
    (a, b) => a.seat - b.seat,
  );
  if (bySeat.length < quorumOf(plan.group.members.length)) return;
  member.lock = { rank, value, votes: bySeat };
  say(member, pool, voices.commit(seat, rank, value));
}

/** One statement for each place, like a member with a memory. */
function say(member: Member, pool: Message[], message: Message): void {
  const { header, statement } = message;
  const place = `${statement.kind} ${header.rank}`;
  const before = member.said.get(place) ?? message;
  if (before === message) pool.push(message);
  member.said.set(place, before);
  member.seen.add(before);
}

/** The statements of a member that follows no rule. */
function anything(
  plan: QuorumPlan,
  voices: FakeVoices,
  [seat, what, which]: Choice,
  pool: readonly Message[],
): Message {
  const rank = which % plan.leaders.length;
  const value = { ...fakeValue(plan, `of none ${which % 3}`), validityBlocks: which % 11 === 0 ? 7n : 600n };
  const changes = pool.filter(
    ({ header, statement }) => header.rank === rank && statement.kind === 'rank-change',
  );
  switch (what % 5) {
    case 0:
      return voices.prepare(seat, rank, value);
    case 1:
      return voices.commit(seat, rank, value);
    case 2:
      return voices.rankChange(seat, Math.max(1, rank), which % 2 === 0 ? null : value, 0, which % 3 === 0);
    case 3:
      return voices.hello(seat);
    default: {
      const rankChanges = changes.map(({ header, statement, signature }) => ({
        seat: header.seat,
        signature,
        prepared: statement.kind === 'rank-change' ? statement.prepared : null,
        heard: statement.kind === 'rank-change' && statement.heard,
      }));
      const inOrder = [...new Map(rankChanges.map((change) => [change.seat, change])).values()].toSorted(
        (a, b) => a.seat - b.seat,
      );
      const justification = rank === 0 ? null : { rankChanges: inOrder, prepares: [] };
      return voices.propose(seat, rank, value, justification);
    }
  }
}
