import { quiet, type RuleEvent, type Rules, type Start, type Verdict } from '../rules.ts';
import { lastWindow, type Window } from '../window.ts';
import { certifyAgain, handOut } from './decide.ts';
import { hexOf, sameBytes } from './digest.ts';
import { echo } from './echo.ts';
import { certified, decisionAtEnd } from './ending.ts';
import { askAgain, onValidated } from './follow.ts';
import type { QuorumSchedule } from './group.ts';
import { groupId, knownVersions, windowSchedule } from './identity.ts';
import { lateMessage } from './late.ts';
import { leadAgain, onNoProposal, onProposal } from './lead.ts';
import { joined, type Leases, longestLease, mayRun } from './lease.ts';
import { onMessage } from './listen.ts';
import { certificateIn, decodeMemory, encodeLeases, leasesIn } from './memory.ts';
import { signedBy } from './places.ts';
import { planQuorum, quorumInputs } from './plan.ts';
import type { QuorumPlan } from './plan-port.ts';
import { rankAt } from './rank.ts';
import { freshRound, type QuorumRound } from './round.ts';
import type { QuorumProposal, QuorumSelf } from './self.ts';
import { settle } from './settle.ts';
import { type QuorumTurn, speak, tell, turnOf, verdictOf } from './turn.ts';
import { verifyOnce } from './verify-once.ts';

export type QuorumRules = Rules<QuorumPlan, QuorumRound, QuorumProposal>;

/** Several times the votes of a window in the largest group. */
const GOOD_SIGNATURES = 8_192;

/**
 * The profile `quorum` for one member of one group: QBFT (H. Moniz, "The Istanbul BFT Consensus Algorithm",
 * arXiv:2002.03613, algorithms 1 to 4) with finalised heights for its timers; see decision 0005. Throws a
 * RangeError if the key is not the one of the seat.
 */
export function quorumRules(member: QuorumSelf): QuorumRules {
  assertOwnSeat(member);
  const self = { ...member, verify: verifyOnce(member.verify, GOOD_SIGNATURES) };
  const { group, schedule } = self;
  return {
    profile: 'quorum',
    group: hexOf(groupId(group)),
    schedule: windowSchedule(group),
    // It may have signed there, and two statements in one place are an equivocation.
    joinsUnremembered: false,
    inputs: (window) => quorumInputs(group, schedule, window),
    plan: (window, [seedInput, referenceHash]) => {
      if (seedInput?.length !== 32 || referenceHash?.length !== 32)
        return 'both inputs of a window must have 32 bytes';
      return planQuorum(group, schedule, window, seedInput, referenceHash);
    },
    leaderOf: ({ leaders }) => group.members[leaders[0] ?? 0]?.name ?? '',
    carry: (memory, window) => {
      const leases = leasesOf(schedule, memory, window);
      return mayRun(leases, window.end) ? encodeLeases(leases) : null;
    },
    unremembered: (height) => {
      const last = lastWindow(windowSchedule(group), height);
      return last === null ? null : encodeLeases(anyUntil(last.end + longestLease(schedule)));
    },
    late: (message, at) => lateMessage(self, message, at),
    recall: (memory, window) => {
      const certificate = certificateIn(memory, window.index);
      return certificate === null ? null : certified(certificate);
    },
    begin: (plan, start) => begin(self, plan, start),
    on: (plan, round, event) => on(turnOf(self, plan, round), event),
  };
}

/** With another key, all members would refuse all its messages in every window. */
function assertOwnSeat({ group, seat, key }: QuorumSelf): void {
  const member = group.members[seat];
  if (member === undefined) throw new RangeError(`the group ${group.name} has no seat ${seat}`);
  if (member.scheme === key.scheme && sameBytes(member.publicKey, key.publicKey)) return;
  throw new RangeError(
    `the key does not belong to ${member.name} in the group ${group.name}; name the key file of this member`,
  );
}

/** The leases of earlier windows. An unknown lease counts as the longest lease of the schedule. */
function leasesOf(schedule: QuorumSchedule, memory: Uint8Array, window: Window): Leases {
  return leasesIn(memory) ?? anyUntil(window.end + longestLease(schedule));
}

function anyUntil(until: bigint): Leases {
  return { until, handOver: null };
}

/** Continue with the memory of this window, say hello, and take the steps that are due at the height. */
function begin(self: QuorumSelf, plan: QuorumPlan, start: Start): Verdict<QuorumRound> {
  const turn = turnOf(self, plan, remembered(plan, self.seat, start));
  const { abstains } = turn.round;
  if (abstains !== null) tell(turn, 'sits-out', `does not sign in this window: ${abstains}`);
  if (rankAt(plan, start.height) !== null) {
    const { seedInput, referenceHash, schedule } = plan;
    speak(turn, 0, { kind: 'hello', versions: knownVersions(schedule), seedInput, referenceHash });
  }
  settle(turn);
  certifyAgain(turn);
  return verdictOf(turn);
}

function remembered(plan: QuorumPlan, seat: number, { height, memory }: Start): QuorumRound {
  const fresh = freshRound(height);
  if (memory === null) return fresh;
  const read = decodeMemory(plan, seat, memory);
  const { earlier } = read;
  if (!read.ok)
    return {
      ...fresh,
      earlier,
      committed: leasesOf(plan.schedule, memory, plan.window),
      abstains: read.why,
    };
  if (read.kept === null) return { ...fresh, earlier };
  const ranks = signedBy(read.kept.places, seat).map(({ header }) => header.rank);
  return { ...fresh, ...read.kept, earlier, rank: Math.max(0, ...ranks) };
}

function on(turn: QuorumTurn, event: RuleEvent<QuorumProposal>): Verdict<QuorumRound> {
  if (event.kind === 'active-end') return ended(turn);
  take(turn, event);
  settle(turn);
  if (event.kind === 'height') atHeight(turn);
  return verdictOf(turn);
}

/** Only the lease remains, even if its action does not run here. */
function ended(turn: QuorumTurn): Verdict<QuorumRound> {
  const { earlier, committed } = turn.round;
  const memory = encodeLeases(joined(earlier, committed));
  handOut(turn);
  return { ...quiet(turn.round), asks: turn.asks, memory, decision: decisionAtEnd(turn) };
}

function take(turn: QuorumTurn, event: Exclude<RuleEvent<QuorumProposal>, { kind: 'active-end' }>): void {
  switch (event.kind) {
    case 'message':
      onMessage(turn, event.message);
      break;
    case 'height':
      turn.round = { ...turn.round, height: event.height };
      break;
    case 'validated':
      onValidated(turn, event.key, event.answer);
      break;
    case 'proposal':
      onProposal(turn, event.attempt, event.proposal);
      break;
    case 'no-proposal':
      onNoProposal(turn, event.attempt, event.why);
      break;
    case 'ask-again':
      turn.dropped = 'late';
      break;
  }
}

/** Messages that wait for the next block. */
function atHeight(turn: QuorumTurn): void {
  echo(turn);
  askAgain(turn);
  leadAgain(turn);
  certifyAgain(turn);
}
