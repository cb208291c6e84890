import type { VerifySignature } from '../../keys/port.ts';
import { hexOf, sameBytes } from '../digest.ts';
import type { QuorumGroup, QuorumSchedule } from '../group.ts';
import { groupId, reachableWindow, scheduleDigest } from '../identity.ts';
import { placeOf } from '../plan.ts';
import type { WindowPlace } from '../signing.ts';
import { type Bench, caseProblem } from './cases.ts';
import type { Evidence, EvidenceVerdict, Judges } from './evidence.ts';

const NO_JUDGES: Judges = new Map();

/**
 * Whether evidence holds. It needs only the evidence, the group and its schedule; `judges` are for invalid
 * content, which does not hold without the judge of its action. Never throws for evidence that
 * `decodeEvidence` reads.
 */
export function verifyEvidence(
  group: QuorumGroup,
  schedule: QuorumSchedule,
  evidence: Evidence,
  verify: VerifySignature,
  judges: Judges = NO_JUDGES,
): EvidenceVerdict {
  if (!sameBytes(evidence.groupId, groupId(group))) {
    return { holds: false, why: `it belongs to another group: 0x${hexOf(evidence.groupId)}` };
  }
  const version = schedule.find((known) => known.version === evidence.version);
  if (version === undefined || !sameBytes(scheduleDigest(version), evidence.scheduleDigest)) {
    return {
      holds: false,
      why: `it names version ${evidence.version} of the schedule, which this group file does not have in that form`,
    };
  }
  const window = reachableWindow(group, evidence.window);
  if (window === null) return { holds: false, why: `there is no window ${evidence.window}` };
  return verdictOf({ place: placeOf(group, schedule, window, version), verify, judges }, evidence);
}

/** The same for a known window, which the evidence names. */
export function verdictOf(bench: Bench, evidence: Evidence): EvidenceVerdict {
  const { kind, seat, window, rank } = evidence;
  const why = seatProblem(bench.place, evidence) ?? caseProblem(bench, evidence);
  if (why !== null) return { holds: false, why };
  const weight = kind === 'idleness' ? 'statement' : 'proof';
  const text = `${textOf(evidence)}, in rank ${rank} of window ${window}`;
  return { holds: true, culprit: seat, kind, window, weight, text };
}

function seatProblem({ group }: WindowPlace, { seat, rank }: Evidence): string | null {
  if (group.members[seat] === undefined) return `the group has no seat ${seat}`;
  return rank < group.windows.rankCount ? null : `a window has no rank ${rank}`;
}

function textOf(evidence: Evidence): string {
  const { seat } = evidence;
  switch (evidence.kind) {
    case 'equivocation':
      return `seat ${seat} signed two different statements of the kind ${evidence.first.statement.kind}`;
    case 'impersonation':
      return `seat ${seat} proposed, although by the seed input that it signed another seat leads`;
    case 'mistake':
      return `seat ${seat} proposed ${evidence.propose.statement.action}, which was not allowed there`;
    case 'forgotten-lock':
      return `seat ${seat} signed a commit, but denied the prepared value when it changed into rank ${evidence.laterRank}`;
    case 'invalid-content':
      return `seat ${seat} proposed ${evidence.propose.statement.action} with content that the judge of this action refuses`;
    case 'idleness':
      return `${evidence.unheard.length} members signed that they heard no proposal of seat ${seat}`;
  }
}
