import type { Incoming } from '../rules.ts';
import { certificateOf } from './certificate.ts';
import { decodeMessage, type WireDomain } from './codec.ts';
import { adopt } from './decide.ts';
import { hexOf, sameBytes } from './digest.ts';
import { compare, noteOtherInputs, noteOtherVersion } from './divergence.ts';
import { echoQuota, takeEcho, witnessAttached } from './echo.ts';
import {
  attributeConflict,
  attributeContent,
  attributeForgottenLock,
  attributeProposal,
  evidenceQuota,
  isAttributed,
  takeEvidence,
} from './fault-attribution.ts';
import type { Message, MessageKind, MessageRefusal } from './messages.ts';
import { openDecoded } from './open.ts';
import { placed, withMessage } from './places.ts';
import { leaseProblem, proposalRefusal } from './proposals.ts';
import { rankAt } from './rank.ts';
import { QUORUM_FRAME } from './self.ts';
import { statementDigest } from './signing.ts';
import { hasOnePlace } from './statement.ts';
import { change, type QuorumTurn, tell } from './turn.ts';
import { valueDigest } from './value.ts';

/** The kinds that still count in the last part of a window. */
const COUNTS_LATE = new Set<MessageKind>(['certificate', 'evidence', 'echo']);

/** A message from the network. It is used or dropped with a reason, and the kept messages have a bound. */
export function onMessage(turn: QuorumTurn, { type, payload }: Incoming): void {
  if (type !== QUORUM_FRAME) {
    turn.dropped = 'other-type';
    return;
  }
  const decoded = decodeMessage(payload);
  if (!decoded.ok) {
    turn.dropped = decoded.refusal;
    return;
  }
  const { domain, message } = decoded;
  turn.dropped = earlyRefusal(turn, domain, message);
  if (turn.dropped !== null) return;
  const { self, plan } = turn;
  const opened = openDecoded(plan, self.seat, self.verify, domain, message);
  if (opened.ok) {
    take(turn, opened.message);
    return;
  }
  turn.dropped = opened.refusal;
  if (opened.message !== undefined) lookAtRefused(turn, opened.refusal, opened.message);
}

/**
 * Checks that need no signature. They store no message, so a forged message has no other effect than its
 * refusal.
 */
function earlyRefusal(turn: QuorumTurn, domain: WireDomain, message: Message): MessageRefusal | null {
  const { plan, round } = turn;
  const { header, statement } = message;
  const { kind } = statement;
  if (header.window !== plan.window.index) return 'wrong-window';
  if (rankAt(plan, round.height) === null && !COUNTS_LATE.has(kind)) return 'too-late';
  if (kind === 'hello') return placed(round.places, kind, 0, header.seat) === null ? null : 'repeated';
  if (!isOfVersion(turn, domain, message)) {
    return round.divergent.get(header.seat) === 'version' ? 'version-differs' : null;
  }
  if (kind === 'evidence') {
    if (round.evidenceSeen.has(hexOf(statement.digest))) return 'repeated';
    return (round.evidenceOf.get(header.seat) ?? 0) < evidenceQuota(turn) ? null : 'over-quota';
  }
  if (kind === 'echo') {
    if (round.evidenceSeen.has(hexOf(statement.digest))) return 'repeated';
    return (round.echoesOf.get(header.seat) ?? 0) < echoQuota(turn) ? null : 'over-quota';
  }
  if (kind === 'certificate' && round.certificate !== null) {
    if (sameBytes(valueDigest(round.certificate.value), statement.digest)) return 'repeated';
  }
  const first = placed(round.places, kind, header.rank, header.seat);
  if (first === null) return null;
  if (isSame(first, message)) return 'repeated';
  return isAttributed(turn, header.seat, 'equivocation') ? 'conflicting' : null;
}

function isOfVersion({ plan }: QuorumTurn, domain: WireDomain, { header }: Message): boolean {
  return header.version === plan.version.version && sameBytes(domain.scheduleDigest, plan.scheduleDigest);
}

function isSame(first: Message, second: Message): boolean {
  return sameBytes(statementDigest(first.statement), statementDigest(second.statement));
}

/**
 * A signed message that cannot be used. The signed part may still prove something; the attachment may come
 * from a forwarder.
 */
function lookAtRefused(turn: QuorumTurn, refusal: MessageRefusal, message: Message): void {
  if (refusal === 'version-differs') {
    noteOtherVersion(turn, message);
    return;
  }
  if (!hasOnePlace(message.statement.kind)) return;
  const { header, statement } = message;
  const first = placed(turn.round.places, statement.kind, header.rank, header.seat);
  if (first !== null && !isSame(first, message)) attributeConflict(turn, first, message);
  if (refusal === 'unjustified') attributeProposal(turn, message);
}

function take(turn: QuorumTurn, message: Message): void {
  const { header, statement } = message;
  if (statement.kind === 'evidence') {
    takeEvidence(turn, message);
    return;
  }
  if (statement.kind === 'echo') {
    takeEcho(turn, message);
    return;
  }
  witnessAttached(turn, message);
  const first = placed(turn.round.places, statement.kind, header.rank, header.seat);
  if (first !== null) {
    turn.dropped = 'conflicting';
    attributeConflict(turn, first, message);
    return;
  }
  const shown = placed(turn.round.witnessed, statement.kind, header.rank, header.seat);
  if (shown !== null && !isSame(shown, message)) attributeConflict(turn, shown, message);
  change(turn, { places: withMessage(turn.round.places, message) });
  look(turn, message);
}

/** Handles a stored message by itself. `settle` handles it together with others. */
function look(turn: QuorumTurn, message: Message): void {
  const { statement } = message;
  switch (statement.kind) {
    case 'hello':
      compare(turn, message);
      break;
    case 'propose':
      lookAtProposal(turn, message);
      break;
    case 'commit':
    case 'rank-change':
      attributeForgottenLock(turn, message);
      break;
    case 'refusal':
      attributeContent(turn, statement.digest);
      break;
    case 'certificate':
      lookAtCertificate(turn, message);
      break;
    default:
  }
}

function lookAtProposal(turn: QuorumTurn, message: Message): void {
  turn.dropped = proposalRefusal(turn.plan, message);
  if (turn.dropped === 'reference-differs') noteOtherInputs(turn, message);
  const { statement, attachment } = message;
  if (statement.kind !== 'propose' || attachment.value === null) return;
  const isWrong = turn.dropped !== null || leaseProblem(turn.plan, attachment.value) !== null;
  if (isWrong) attributeProposal(turn, message);
  else attributeContent(turn, statement.digest);
}

function lookAtCertificate(turn: QuorumTurn, { header, attachment }: Message): void {
  const { value, votes } = attachment;
  if (value === null) return;
  if (turn.round.certificate === null) {
    adopt(turn, certificateOf(turn.plan, header.rank, value, votes));
    return;
  }
  turn.dropped = 'conflicting';
  tell(
    turn,
    'two-certificates',
    'a second certificate is valid for another value: every member that signed both is recorded with evidence',
  );
}
