import { quiet, type RuleEvent, type Rules, type Verdict } from '../rules.ts';
import { fault, judgeMessage } from './follower.ts';
import { beginLeading, decisionOn, type LeaderRound, lead } from './leader-routine.ts';
import type { Rfc12Member } from './member.ts';
import { type Plan, plannerFor, safeBlock } from './plan.ts';
import type { Proposal } from './proposal.ts';
import { BLOCK_HASH_BYTES } from './seed.ts';
import { scaledBlocks } from './windows.ts';

/** A follower waits for the first good message. */
export interface FollowerRound {
  readonly role: 'follower';
  /** The height from which on it could hear the leader. */
  readonly since: bigint;
}

export type Rfc12Round = LeaderRound | FollowerRound;

export type Rfc12Rules = Rules<Plan, Rfc12Round, Proposal>;

/**
 * A follower that listens from here on hears at least one of the leader's repeats, because in 80 blocks no
 * pause between repeats is longer than 33. A follower that came later must not call the leader idle.
 */
const HEARS_ALL_WITHIN_BLOCKS = 20n;

/** RFC 12 as keep-core runs it, for one member of one group. */
export function rfc12Rules(member: Rfc12Member): Rfc12Rules {
  const { times, retransmission } = member.settings;
  const planned = plannerFor(member.group, member.eras, times);
  return {
    profile: 'rfc12',
    group: Buffer.from(member.group.keyHash).toString('hex'),
    schedule: times.windows,
    retransmission,
    // Its signatures cannot contradict each other, and keep-core's nodes take part in any open window.
    joinsUnremembered: true,
    inputs: (window) => [{ kind: 'block-hash', height: safeBlock(window, times) }],
    plan: (window, [blockHash]) =>
      blockHash?.length === BLOCK_HASH_BYTES
        ? planned(window, blockHash)
        : `a block hash must have ${BLOCK_HASH_BYTES} bytes; got ${blockHash?.length ?? 0}`,
    leaderOf: ({ leader }) => leader,
    carry: () => null,
    recall: () => null,
    begin: ({ leader }, { height }) =>
      leader === member.operator ? beginLeading() : quiet({ role: 'follower', since: height }),
    on: (plan, round, event) =>
      round.role === 'leader' ? lead(member, plan, round, event) : followLeader(member, plan, round, event),
  };
}

/**
 * The follower's routine: the first acceptable message decides. If none comes until the end of the active
 * phase, the window fails.
 */
function followLeader(
  member: Rfc12Member,
  plan: Plan,
  round: FollowerRound,
  event: RuleEvent<Proposal>,
): Verdict<Rfc12Round> {
  if (event.kind === 'height') return quiet(round);
  if (event.kind === 'active-end') {
    const heardAll =
      round.since <= plan.window.block + scaledBlocks(HEARS_ALL_WITHIN_BLOCKS, member.settings.times.scale);
    const detail = heardAll ? '' : `this node listened only from height ${round.since} on`;
    const faults = heardAll ? [fault(plan.leader, 'leader-idleness')] : [];
    return { ...quiet(round), faults, decision: { result: 'failed', reason: 'leader-silent', detail } };
  }
  if (event.kind !== 'message') return { ...quiet(round), dropped: 'following' };
  const judgement = judgeMessage(member, plan, event.message);
  if (judgement.accepted)
    return { ...quiet(round), decision: decisionOn(judgement.message.proposal, member) };
  const { refusal, fault: blamed } = judgement;
  return { ...quiet(round), dropped: refusal, faults: blamed === null ? [] : [blamed] };
}
