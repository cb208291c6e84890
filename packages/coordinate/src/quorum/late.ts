import type { Fault } from '../faults.ts';
import type { Incoming, Late, LateContext } from '../rules.ts';
import type { Window } from '../window.ts';
import { certificateOf, decodeCertificate } from './certificate.ts';
import { type DecodedMessage, decodeMessage } from './codec.ts';
import { sameBytes } from './digest.ts';
import { certified } from './ending.ts';
import { decodeEvidence, type Evidence, encodeEvidence, verifyEvidence } from './evidence.ts';
import { reachableWindow } from './identity.ts';
import { joined, type Leases, leaseOfValue } from './lease.ts';
import { leasesIn, withLease } from './memory.ts';
import type { Certificate, MessageRefusal } from './messages.ts';
import { openDecoded } from './open.ts';
import { placeOf } from './plan.ts';
import type { QuorumPlan } from './plan-port.ts';
import type { QuorumRound } from './round.ts';
import { NOOP, QUORUM_FRAME, type QuorumSelf } from './self.ts';
import { contradictionsOf } from './two-certificates.ts';
import { valueDigest } from './value.ts';

type Context = LateContext<QuorumPlan, QuorumRound>;
type LateMessage = Late<QuorumRound>;
type Decoded = Extract<DecodedMessage, { readonly ok: true }>;

/** Evidence about older windows is refused, which bounds the evidence files of a group. */
export const EVIDENCE_WINDOWS = 1_000n;

/**
 * A certificate or evidence about a window that is over. A certificate counts until its lease is over,
 * evidence for {@link EVIDENCE_WINDOWS} windows. Null for any other message: the procedure takes it or
 * refuses it. Pure.
 */
export function lateMessage(
  self: QuorumSelf,
  { type, payload }: Incoming,
  context: Context,
): LateMessage | null {
  if (type !== QUORUM_FRAME) return null;
  const decoded = decodeMessage(payload);
  if (!decoded.ok) return null;
  const { message } = decoded;
  const { kind } = message.statement;
  const evidence = kind === 'evidence' ? decodeEvidence(message.attachment.bytes) : null;
  const about = kind === 'certificate' ? message.header.window : evidence?.window;
  if (about === undefined || about === context.open || about > context.window) return null;
  const window = reachableWindow(self.group, about);
  if (window === null) return null;
  if (evidence !== null) return lateEvidence(self, decoded, window, evidence, context);
  return lateCertificate(self, decoded, window, context);
}

function lateCertificate(
  self: QuorumSelf,
  { domain, message }: Decoded,
  window: Window,
  context: Context,
): LateMessage {
  const { height, agreed, execution, procedure, memory } = context;
  const { header, statement, attachment } = message;
  const { value } = attachment;
  const known = execution?.window === window.index ? decodeCertificate(execution.payload) : null;
  const until = window.end + (value?.validityBlocks ?? 0n);
  if (statement.kind !== 'certificate' || value === null) return nothing(window, 'bad-attachment');
  if (known !== null && sameBytes(valueDigest(known.value), statement.digest))
    return nothing(window, 'repeated');
  if (known === null && window.index <= agreed) return nothing(window, 'repeated');
  if (until <= height || value.action === NOOP) return nothing(window, 'too-late');
  const lease = leaseOfValue(value, window.end, 'certified');
  if (known === null && execution !== null && isCovered(memory, lease)) return nothing(window, 'repeated');
  const place = placeOf(self.group, self.schedule, window);
  const opened = openDecoded(place, self.seat, self.verify, domain, message);
  if (!opened.ok) return nothing(window, opened.refusal);
  const certificate = certificateOf(place, header.rank, value, attachment.votes);
  if (known !== null)
    return { ...nothing(window, 'conflicting'), faults: faultsOf(self, known, certificate) };
  const decision = certified(certificate);
  if (decision.result !== 'execute') return nothing(window, 'too-late');
  const round = procedure === null ? null : withEarlier(procedure.round, lease);
  return { window, faults: [], decision, round, memory: withLease(memory, lease), dropped: null };
}

/** Whether a member with this memory already refuses every other lease until this lease is over. */
function isCovered(memory: Uint8Array | null, { until, handOver }: Leases): boolean {
  const leases = memory === null ? null : leasesIn(memory);
  if (leases === null) return memory !== null;
  return leases.until >= until && (handOver === null || leases.handOver?.open === null);
}

function lateEvidence(
  self: QuorumSelf,
  { domain, message }: Decoded,
  window: Window,
  evidence: Evidence,
  { window: last }: Context,
): LateMessage {
  if (evidence.window + EVIDENCE_WINDOWS < last) return nothing(window, 'too-late');
  const sentIn = reachableWindow(self.group, message.header.window);
  if (sentIn === null || message.header.window > last) return nothing(window, 'wrong-window');
  const place = placeOf(self.group, self.schedule, sentIn);
  const opened = openDecoded(place, self.seat, self.verify, domain, message);
  if (!opened.ok) return nothing(window, opened.refusal);
  const faults = faultsBy(self, [evidence]);
  return { ...nothing(window, faults.length === 0 ? 'bad-proof' : null), faults };
}

function faultsOf(self: QuorumSelf, one: Certificate, other: Certificate): readonly Fault[] {
  return faultsBy(self, contradictionsOf(self.group, self.schedule, one, other, self.verify));
}

function faultsBy(self: QuorumSelf, evidence: readonly Evidence[]): readonly Fault[] {
  return evidence.flatMap((each) => {
    const verdict = verifyEvidence(self.group, self.schedule, each, self.verify, self.judges);
    const culprit = verdict.holds ? self.group.members[verdict.culprit]?.name : undefined;
    return culprit === undefined ? [] : [{ culprit, kind: each.kind, evidence: encodeEvidence(each) }];
  });
}

function withEarlier(round: QuorumRound, lease: Leases): QuorumRound {
  return { ...round, earlier: joined(round.earlier, lease) };
}

function nothing(window: Window, dropped: MessageRefusal | null): LateMessage {
  return { window, faults: [], decision: null, round: null, memory: null, dropped };
}
