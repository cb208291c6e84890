// Everything to run, check or make groups. It opens files and sockets, so it is loaded on demand.

export { sealKeyFile } from '@watchbill/chain/keys';
export { type WaitingCall, waitingCalls } from '../actions/call/call-approval.ts';
export {
  callFolders,
  type OpenApproval,
  openApprovals,
  readGivenCall,
  writeApproval,
} from '../actions/call/call-operator.ts';
export { writeVeto } from '../actions/call/call-veto.ts';
export type { ActionPlugin } from '../actions/port.ts';
export * from '../keys/index.ts';
export { certificateOf, decodeCertificate } from '../quorum/certificate.ts';
export {
  type CertificateFile,
  certificateText,
  checkCertificateFile,
  compareCertificateFiles,
  leaseOf,
  readCertificateText,
} from '../quorum/certificate-file.ts';
export { encodeMessage, NO_ATTACHMENT } from '../quorum/codec.ts';
export {
  type EvidenceVerdict,
  equivocationOf,
  evidenceText,
  readEvidenceText,
  verifyEvidence,
} from '../quorum/evidence.ts';
export { explainQuorum } from '../quorum/explain.ts';
export { faultyOf, type QuorumGroup, type QuorumSchedule, quorumOf } from '../quorum/group.ts';
export { groupProblem, scheduleVersionsProblem } from '../quorum/group-checks.ts';
export {
  handOverContent,
  successionProblem,
  type TakeOver,
  takeOverAfterStop,
  takeOverOf,
} from '../quorum/hand-over.ts';
export { groupId, scheduleDigest, windowSchedule } from '../quorum/identity.ts';
export { MAX_BLOCKS } from '../quorum/limits.ts';
export { planQuorum, quorumInputs } from '../quorum/plan.ts';
export type { QuorumPlan } from '../quorum/plan-port.ts';
export { HAND_OVER } from '../quorum/self.ts';
export { domainOf, signStatement } from '../quorum/signing.ts';
export { valueDigest } from '../quorum/value.ts';
export {
  type SimulationOptions,
  type SimulationReport,
  simulate,
  simulationText,
} from '../simulate/index.ts';
export type { Transport, TransportEvents, TransportGroup } from '../transport/port.ts';
export { canonicalJson } from '../wire/canonical-json.ts';
export { type ChainClockOptions, chainClock } from './chain/chain-clock.ts';
export type { DevChainSpec } from './dev-chain/chain.ts';
export { devChain } from './dev-chain/chain.ts';
export { type RunningDevChain, serveDevChain } from './dev-chain/serve.ts';
export { RunnerFault } from './fault.ts';
export { type GroupFile, type GroupFileProblem, readGroupDocument } from './group-file/read.ts';
export { GROUP_FORMAT, groupFileSchema } from './group-file/schema.ts';
export { groupDocument } from './group-file/write.ts';
export { type DryRunSettings, dryRunMember } from './quorum/dry-run.ts';
export { judgesOf } from './quorum/judges.ts';
export { type MemberSettings, runMember } from './quorum/member.ts';
export { operatorPlugins } from './quorum/plugins.ts';
export { evidenceName } from './records/evidence-files.ts';
export { openStateFolder, readStateFolder, type StateReader } from './records/open.ts';
export type { FaultRecord, ReceiptRecord, WindowRecord } from './records/queries.ts';
export {
  RFC12_GROUP_FORMAT,
  type Rfc12GroupFile,
  readRfc12Group,
  rfc12GroupSchema,
} from './rfc12/group-file.ts';
export { operatorOf, type Rfc12MemberSettings, runRfc12Member } from './rfc12/member.ts';
export type { Line } from './watch/lines.ts';
