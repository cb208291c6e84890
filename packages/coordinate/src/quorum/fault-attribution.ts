import { evidenceDigest } from './attachments.ts';
import { hexOf, sameBytes } from './digest.ts';
import {
  decodeEvidence,
  type Evidence,
  type EvidenceKind,
  encodeEvidence,
  equivocationOf,
  forgottenLockOf,
  idlenessOf,
  impersonationOf,
  invalidContentOf,
  mistakeOf,
  verifyEvidence,
} from './evidence.ts';
import { faultyOf } from './group.ts';
import type { Message, MessageKind } from './messages.ts';
import { placed, placesOf } from './places.ts';
import { proposalIn } from './proposals.ts';
import { change, type QuorumTurn, send, signed, someHonest } from './turn.ts';

/** The number of kinds of evidence; all can be true of one culprit. */
const KINDS = 6;

/** The refusal of a member that runs an action for the resource. It is not a fault of the leader. */
export const BUSY = 'busy';

export function isAttributed({ round }: QuorumTurn, seat: number, kind: EvidenceKind): boolean {
  return round.blamed.has(`${seat}/${kind}`);
}

/**
 * Records valid evidence and sends it on, once for each culprit and kind. Verifies own evidence like that of
 * others. Returns whether it is valid and belongs to this window.
 */
export function attributeFault(turn: QuorumTurn, evidence: Evidence | null): boolean {
  if (evidence === null) return false;
  const { self, plan } = turn;
  const verdict = verifyEvidence(self.group, self.schedule, evidence, self.verify, self.judges);
  if (!verdict.holds || verdict.window !== plan.window.index) return false;
  const { culprit, kind } = verdict;
  const name = plan.group.members[culprit]?.name;
  if (name === undefined) return false;
  if (isAttributed(turn, culprit, kind)) return true;
  const bytes = encodeEvidence(evidence);
  change(turn, { blamed: new Set(turn.round.blamed).add(`${culprit}/${kind}`) });
  turn.mustRemember = true;
  turn.faults.push({ culprit: name, kind, evidence: bytes });
  if (turn.round.abstains === null) sendEvidence(turn, bytes);
  return true;
}

function sendEvidence(turn: QuorumTurn, bytes: Uint8Array): void {
  const digest = evidenceDigest(bytes);
  change(turn, { evidenceSeen: new Set(turn.round.evidenceSeen).add(hexOf(digest)) });
  const message = signed(turn, 0, { kind: 'evidence', digest }, { bytes });
  if (message !== null) send(turn, message);
}

/** Two statements of one place. */
export function attributeConflict(turn: QuorumTurn, first: Message, second: Message): void {
  if (isAttributed(turn, first.header.seat, 'equivocation')) return;
  attributeFault(turn, equivocationOf(turn.plan, turn.self.verify, first, second));
}

/** A proposal that proves by itself that it should not have been made. */
export function attributeProposal(turn: QuorumTurn, message: Message): void {
  const { seat } = message.header;
  const { plan, self } = turn;
  if (!isAttributed(turn, seat, 'impersonation'))
    attributeFault(turn, impersonationOf(plan, self.verify, message));
  if (!isAttributed(turn, seat, 'mistake')) attributeFault(turn, mistakeOf(plan, self.verify, message));
}

/** A commit, and a rank-change of the same member that denies it; the message is the newer of both. */
export function attributeForgottenLock(turn: QuorumTurn, { header: { seat } }: Message): void {
  if (isAttributed(turn, seat, 'forgotten-lock')) return;
  const { rankCount } = turn.plan.group.windows;
  for (let to = 1; to < rankCount; to++) {
    const rankChange = shownBy(turn, 'rank-change', to, seat);
    if (rankChange === null) continue;
    for (let rank = 0; rank < to; rank++) {
      const commit = shownBy(turn, 'commit', rank, seat);
      if (commit === null) continue;
      if (attributeFault(turn, forgottenLockOf(turn.plan, turn.self.verify, commit, rankChange))) return;
    }
  }
}

/** The first statement of a place, heard from the member itself or shown by others. */
function shownBy({ round }: QuorumTurn, kind: MessageKind, rank: number, seat: number): Message | null {
  return placed(round.places, kind, rank, seat) ?? placed(round.witnessed, kind, rank, seat);
}

/** Accuses a leader once f + 1 members changed rank without hearing it, unless this member heard it. */
export function attributeSilence(turn: QuorumTurn, rank: number): void {
  const { plan, round } = turn;
  const leader = plan.leaders[rank - 1];
  if (leader === undefined || isAttributed(turn, leader, 'idleness')) return;
  if (placed(round.places, 'propose', rank - 1, leader) !== null) return;
  const hellos = placesOf(round.places, 'hello', 0);
  const silent = [...placesOf(round.places, 'rank-change', rank)].flatMap(([seat, message]) => {
    const { statement } = message;
    const isWitness = statement.kind === 'rank-change' && !statement.heard && hellos.has(seat);
    // A member that reads another chain may expect another leader.
    return isWitness && !round.divergent.has(seat) ? [message] : [];
  });
  if (silent.length < someHonest(turn)) return;
  attributeFault(turn, idlenessOf(plan, turn.self.verify, rank - 1, silent, [...hellos.values()]));
}

/**
 * Accuses the leader of a refused content if the judge of the action refuses it by itself, or by facts that f
 * + 1 members signed.
 */
export function attributeContent(turn: QuorumTurn, digest: Uint8Array): void {
  const { self, plan, round } = turn;
  const { judges } = self;
  if (judges === undefined) return;
  for (let rank = 0; rank < plan.group.windows.rankCount; rank++) {
    const proposal = proposalIn(plan, round, rank);
    if (proposal === null || !sameBytes(proposal.statement.digest, digest)) continue;
    if (isAttributed(turn, proposal.message.header.seat, 'invalid-content')) continue;
    const refusals = [...placesOf(round.places, 'refusal', rank).values()].filter(isOfContent);
    attributeFault(turn, invalidContentOf(plan, self.verify, proposal.message, refusals, judges));
  }
}

function isOfContent({ statement, attachment }: Message): boolean {
  return statement.kind === 'refusal' && statement.code !== BUSY && attachment.bytes.length > 0;
}

/** The most different pieces of evidence of one member that are checked in a window. */
export function evidenceQuota({ plan }: QuorumTurn): number {
  return KINDS * Math.max(1, faultyOf(plan.group.members.length));
}

/** Takes evidence from another member. Evidence for another window is handled there. */
export function takeEvidence(turn: QuorumTurn, { header: { seat }, attachment: { bytes } }: Message): void {
  const { evidenceSeen, evidenceOf } = turn.round;
  change(turn, {
    evidenceSeen: new Set(evidenceSeen).add(hexOf(evidenceDigest(bytes))),
    evidenceOf: new Map(evidenceOf).set(seat, (evidenceOf.get(seat) ?? 0) + 1),
  });
  if (!attributeFault(turn, decodeEvidence(bytes))) turn.dropped = 'bad-proof';
}
