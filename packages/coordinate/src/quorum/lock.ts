import { hexOf } from './digest.ts';
import { joined, leaseOfValue } from './lease.ts';
import type { Value } from './messages.ts';
import { placed, tallies } from './places.ts';
import { valueNamed } from './proposals.ts';
import { isVoting } from './rank.ts';
import { change, type QuorumTurn, quorumIn, speak, tell } from './turn.ts';

/**
 * With a quorum of prepares of the own rank for a value that this member found valid: locks it, and commits
 * (Moniz, arXiv:2002.03613, algorithm 2). Never in an earlier rank: a member that changed rank has reported
 * its lock, and a later commit would contradict that. Returns whether it did.
 */
export function lockAndCommit(turn: QuorumTurn): boolean {
  const { self, plan, round } = turn;
  const { rank, abstains } = round;
  if (!isVoting(turn) || abstains !== null) return false;
  if (placed(round.places, 'commit', rank, self.seat) !== null) return false;
  const quorum = quorumIn(turn);
  for (const { digest, votes } of tallies(round.places, 'prepare', ranksCounted(turn, rank))) {
    const value = valueNamed(round, plan.group.windows.rankCount, digest);
    const isValid = round.validity.get(hexOf(digest))?.state === 'valid';
    if (votes.length < quorum || value === null || !isValid) continue;
    change(turn, { lock: { rank, digest, value, prepares: votes.slice(0, quorum) } });
    holdLease(turn, value, 'committed');
    tell(turn, 'locked', `locked ${value.action} ${hexOf(digest).slice(0, 16)} in rank ${rank}`, `${rank}`);
    return speak(turn, rank, { kind: 'commit', digest });
  }
  return false;
}

/** From now on, this member signs no other value for the resource until the lease of this value is over. */
export function holdLease(turn: QuorumTurn, value: Value, how: 'committed' | 'certified'): void {
  const lease = leaseOfValue(value, turn.plan.window.end, how);
  change(turn, { committed: joined(turn.round.committed, lease) });
}

/** The ranks whose votes count together: one, unless a simulator breaks that rule on purpose. */
export function ranksCounted({ switches, plan }: QuorumTurn, rank: number): readonly number[] {
  if (switches.rankInVotes) return [rank];
  return Array.from({ length: plan.group.windows.rankCount }, (_, i) => i);
}
