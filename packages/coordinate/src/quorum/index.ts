export { checkCertificate, decodeCertificate, encodeCertificate } from './certificate.ts';
export { type CertificateFile, certificateText, readCertificateText } from './certificate-file.ts';
export { NO_ATTACHMENT } from './codec.ts';
export {
  type Evidence,
  type EvidenceKind,
  type EvidenceVerdict,
  evidenceText,
  type Judges,
  readEvidenceText,
  verifyEvidence,
} from './evidence.ts';
export { explainQuorum } from './explain.ts';
export {
  type AgendaItem,
  type Cadence,
  faultyOf,
  type QuorumGroup,
  type QuorumMember,
  type QuorumSchedule,
  type QuorumWindows,
  quorumOf,
  type ScheduleVersion,
} from './group.ts';
export { groupProblem as quorumGroupProblem, scheduleVersionsProblem } from './group-checks.ts';
export { groupId, scheduleDigest, windowSchedule } from './identity.ts';
export {
  type Certificate,
  MAX_CONTENT_BYTES,
  MESSAGE_REFUSALS as QUORUM_REFUSALS,
  type MessageRefusal as QuorumRefusal,
  type Value,
} from './messages.ts';
export { planQuorum, quorumInputs } from './plan.ts';
export type { QuorumPlan } from './plan-port.ts';
export { type QuorumRules, quorumRules } from './rules.ts';
export { NOOP, QUORUM_FRAME, type QuorumProposal, type QuorumSelf } from './self.ts';
export { contradictionsOf } from './two-certificates.ts';
