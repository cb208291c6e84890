export { newIdentity, openBytes, readIdentity, recipientOf, sealBytes } from './custody/age.ts';
export { contentProblem, KEY_KINDS, type KeyDanger, type KeyName, keyNameOf } from './custody/key-name.ts';
export { type KeystoreView, viewKeystore } from './custody/keystore-view.ts';
export { moveToSealed, writeUnsealed } from './custody/move-keys.ts';
export { type OpenFolder, openFolder } from './custody/open-folder.ts';
export { compareKeys, type KeyCheck } from './custody/registered.ts';
export { addSealed, type OpenKey, openSealed, readKeystore, sealKeystore } from './custody/sealed-folder.ts';
export { type Changes, changesSince } from './doctor/compare.ts';
export {
  examine,
  type Finding,
  type GroupReport,
  type NotLooked,
  type Report,
  type Standing,
  standingOf,
} from './doctor/examine.ts';
export { GROUPS, type Letter } from './doctor/finding.ts';
export { GUARD_FAILPOINTS, type GuardFailpoint, type GuardFailpoints, guardFailpoint } from './failpoints.ts';
export { GuardFault } from './fault.ts';
export { discover } from './inspect/discover.ts';
export { ownAddresses } from './inspect/exposure.ts';
export { type InspectOptions, inspect, type Places } from './inspect/inspect.ts';
export { GUARD_METRICS } from './metrics/catalogue.ts';
export { type MetricsServer, serveMetrics } from './metrics/http.ts';
export { type GuardMetrics, guardMetrics, shadowMetrics } from './metrics/metrics.ts';
export { type NodeProcess, type ProcessEnd, startNode } from './node/process.ts';
export { handOverChecks, isKnownIdle, type PairCheck, SILENCE_MS, takeOverChecks } from './pair/checklist.ts';
export { type Fence, type FenceCommand, fenceCommand } from './pair/fence.ts';
export { keepRole, type RoleKeeper } from './pair/keeper.ts';
export { decodeMember, type MemberReport } from './pair/member.ts';
export {
  asked,
  decodeRole,
  encodeRole,
  MACHINE_NAME,
  type RoleRecord,
  type TakenBy,
  taken,
} from './pair/record.ts';
export { ROLE_LEASE_MS, type RoleStanding } from './pair/standing.ts';
export { type TermFile, type Terms, termFile } from './pair/terms.ts';
export {
  hasGoneBack,
  highestTerm,
  type PairView,
  replaceRole,
  type SeenMember,
  watchPair,
} from './pair/view.ts';
export {
  type Continuity,
  type ContinuityToken,
  continuityOf,
  continuitySentence,
  type FolderIdentity,
  type StartFacts,
} from './restart/continuity.ts';
export { compareRounds, type Round, roundText } from './restart/round.ts';
export {
  DEFAULT_SLOT_RULE,
  type SlotFacts,
  type SlotRule,
  type SlotStep,
  slotStep,
} from './restart/slots.ts';
export {
  awaitVotes,
  DEFAULT_VOTE_RULE,
  type HeardRound,
  stepVotes,
  type VoteEvent,
  type VoteReturn,
  type VoteRule,
  type VoterReport,
  voteSentence,
} from './restart/votes.ts';
export { type ChainFile, chainFile } from './run/chain-file.ts';
export { ROTATION_MS } from './run/decide.ts';
export { allEvents } from './run/events.ts';
export { runGuard } from './run/guard.ts';
export { LEASE_MS } from './run/lease.ts';
export { type GuardLock, lockFolders } from './run/lock.ts';
export {
  folderIdentity,
  type MarkFile,
  markFile,
  type TokenFile,
  tokenFile,
  uptimeMs,
} from './run/memory.ts';
export type {
  Allowance,
  GuardEvents,
  GuardParts,
  ReadingEvents,
  RotationState,
  Validator,
  Witness,
} from './run/parts.ts';
export {
  type GuardStatus,
  type KeyStatus,
  makeKeystore,
  type RuntimeFolder,
  runtimeFolder,
} from './run/runtime-folder.ts';
export { runShadow, type ShadowEvents, type ShadowParts, type ShadowVerdict } from './run/shadow.ts';
export {
  DEFAULT_RULES,
  type Decision,
  decideKeys,
  type Facts,
  type Rules,
  type Verdict,
} from './run/verdict.ts';
