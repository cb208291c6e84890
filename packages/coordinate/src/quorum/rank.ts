import { placed, placesOf } from './places.ts';
import type { QuorumPlan } from './plan-port.ts';
import { proposalIn } from './proposals.ts';
import { change, type QuorumTurn, quorumIn, someHonest, speak, tell } from './turn.ts';

/** A member that began to listen after this part (1/n) of a rank may not call its leader silent. */
const LATE_PART_OF_RANK = 4n;

/** The rank that a height belongs to, or null if only certificates count. */
export function rankAt({ window, group }: QuorumPlan, height: bigint): number | null {
  const rank = Number((height - window.block) / group.windows.rankBlocks);
  return rank < group.windows.rankCount ? rank : null;
}

/** Whether proposals and votes still count for this member. */
export function isVoting({ plan, round }: QuorumTurn): boolean {
  return round.certificate === null && rankAt(plan, round.height) !== null;
}

/**
 * Goes to the rank of the own height, or to a higher one that an honest member must have reached: f + 1
 * members changed to it or above, or it has a justified proposal (Moniz, arXiv:2002.03613, algorithm 3: on a
 * timeout, and on f + 1 round changes). A rank-change without a signature is tried again. Returns whether it
 * went or signed.
 */
export function moveUp(turn: QuorumTurn): boolean {
  const byHeight = rankAt(turn.plan, turn.round.height);
  if (byHeight === null || turn.round.certificate !== null) return false;
  const rank = Math.max(byHeight, supportedRank(turn), proposedRank(turn));
  if (rank <= turn.round.rank) return sayRankChange(turn);
  change(turn, { rank });
  sayRankChange(turn);
  const { abstains, height } = turn.round;
  if (abstains === null) tell(turn, 'rank', `goes to rank ${rank} at height ${height}`, `${rank}`);
  return true;
}

/** Into the own rank, once. Returns whether it signed. */
function sayRankChange(turn: QuorumTurn): boolean {
  const { rank, lock } = turn.round;
  // The next rank-change names the lock of this rank.
  if (rank === 0 || lock?.rank === rank) return false;
  const heard = mayNotAccuse(turn, rank - 1) || hasHeard(turn, rank - 1);
  const told = turn.switches.lock ? lock : null;
  const prepared = told === null ? null : { rank: told.rank, digest: told.digest };
  const attached = told === null ? {} : { value: told.value, votes: told.prepares };
  return speak(turn, rank, { kind: 'rank-change', prepared, heard }, attached);
}

/** The highest rank to which, or above which, f + 1 members changed. */
function supportedRank(turn: QuorumTurn): number {
  const { round, plan } = turn;
  const highest = new Map<number, number>();
  for (let rank = 1; rank < plan.group.windows.rankCount; rank++) {
    for (const seat of placesOf(round.places, 'rank-change', rank).keys()) highest.set(seat, rank);
  }
  const ranks = [...highest.values()].sort((left, right) => right - left);
  return ranks[someHonest(turn) - 1] ?? 0;
}

/** The highest rank with a proposal that a quorum of rank-changes justifies. */
function proposedRank({ round, plan }: QuorumTurn): number {
  for (let rank = plan.group.windows.rankCount - 1; rank > 0; rank--) {
    if (proposalIn(plan, round, rank) !== null) return rank;
  }
  return 0;
}

function hasHeard({ plan, round }: QuorumTurn, rank: number): boolean {
  const leader = plan.leaders[rank];
  return leader !== undefined && placed(round.places, 'propose', rank, leader) !== null;
}

/**
 * Whether this member must not call the leader of a rank silent. Either the leader reads another chain or
 * schedule, and may not know that it leads. Or this member left the rank early, came too late to hear a
 * repeat, or saw no quorum that would have let the leader propose.
 */
function mayNotAccuse(turn: QuorumTurn, rank: number): boolean {
  const { plan, round } = turn;
  const { rankBlocks } = plan.group.windows;
  const opens = plan.window.block + BigInt(rank) * rankBlocks;
  if (round.divergent.has(plan.leaders[rank] ?? -1)) return true;
  if (round.height < opens + rankBlocks) return true;
  if (round.since > opens + rankBlocks / LATE_PART_OF_RANK) return true;
  return rank > 0 && placesOf(round.places, 'rank-change', rank).size < quorumIn(turn);
}
