import { hexOf } from '../quorum/digest.ts';
import { faultyOf, quorumOf } from '../quorum/group.ts';
import { mayRun } from '../quorum/lease.ts';
import { placed } from '../quorum/places.ts';
import type { QuorumRound } from '../quorum/round.ts';
import { WINDOWS } from './group-setup.ts';
import type { SimMember } from './member.ts';
import { planIn, roundIn, sharesPlan } from './views.ts';
import { isRunning, type World } from './world.ts';

/** Which members have been running since a rank began, and which of them undisturbed. */
export interface Slot {
  readonly rank: number;
  readonly lives: ReadonlyMap<number, number>;
}

export function slotOf(world: World, rank: number): Slot {
  const steady = world.members.filter(({ seat, isUp }) => isUp() && !world.now.brokenDisks.has(seat));
  return { rank, lives: new Map(steady.map((member) => [member.seat, member.life()])) };
}

/**
 * A rank is over in which the network was quiet. With an honest leader and a quorum that was live and
 * connected all the time, a member must have a certificate now; a Byzantine member's bad content must have
 * been refused.
 */
export function lookAtSlot(world: World, slot: Slot): void {
  const { setup, now, tally, misdeeds } = world;
  const { plan } = now;
  const live = world.members.flatMap((member) => {
    const round = liveRound(world, slot, member);
    return round === null ? [] : [{ member, round }];
  });
  const leader = plan.leaders[slot.rank] ?? -1;
  if (setup.byzantine.includes(leader)) {
    const judging = live.filter(
      ({ round }) => round.certificate === null && refusedBad(round, slot.rank, leader),
    );
    if (judging.length <= faultyOf(setup.group.members.length)) return;
    misdeeds.refusable(
      judging.map(({ member: { seat, life } }) => ({ seat, life: life() })),
      leader,
    );
    return;
  }
  if (live.length < quorumOf(setup.group.members.length)) return;
  if (!live.some(({ member }) => member.seat === leader)) return;
  const done = live.filter(({ round }) => round.certificate !== null);
  const text = `${live.length} members were live in rank ${slot.rank} under the honest member-${leader}, and none has a certificate`;
  tally.look('progress', plan.window.index, done.length > 0 ? null : text);
  tally.count('events', done.length === live.length ? 'ranks all agreed' : 'ranks some agreed');
}

/** The round of a member that was free to take part, or null. */
function liveRound(world: World, { lives, rank }: Slot, member: SimMember): QuorumRound | null {
  const { plan } = world.now;
  const { seat } = member;
  if (!member.isUp() || lives.get(seat) !== member.life() || world.now.brokenDisks.has(seat)) return null;
  const state = member.state();
  const round = roundIn(state, plan.window.index);
  const own = planIn(state, plan.window.index);
  if (round === null || own === null || !sharesPlan(own, plan) || round.abstains !== null) return null;
  const first = plan.window.block + BigInt(rank) * WINDOWS.rankBlocks;
  if (round.height < first + WINDOWS.rankBlocks - 1n) return null;
  // A member that restarts at the start of a rank may miss its first messages, and these ranks are short
  // compared with the pauses between repeats.
  if (rank === 0 ? round.since > first : round.since >= first) return null;
  if (isRunning(world, seat) || mayRun(round.earlier, own.window.end)) return null;
  return round;
}

/** Whether this member refused the leader's content because of the chain, and the leader had the choice. */
function refusedBad(round: QuorumRound, rank: number, leader: number): boolean {
  const proposal = placed(round.places, 'propose', rank, leader);
  if (proposal?.statement.kind !== 'propose' || proposal.attachment.justification !== null) return false;
  const validity = round.validity.get(hexOf(proposal.statement.digest));
  return validity?.state === 'refused' && validity.code === 'bad-state';
}
