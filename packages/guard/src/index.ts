export { newIdentity, readIdentity, recipientOf } from './custody/age.ts';
export { KEY_KINDS, type KeyName, keyNameOf } from './custody/key-name.ts';
export { viewKeystore } from './custody/keystore-view.ts';
export { moveToSealed, writeUnsealed } from './custody/move-keys.ts';
export { openFolder } from './custody/open-folder.ts';
export { addSealed, type OpenKey, openSealed, sealKeystore } from './custody/sealed-folder.ts';
export { type Changes, changesSince } from './doctor/compare.ts';
export { CHECKS, examine, type Finding, type NotLooked, type Report, standingOf } from './doctor/examine.ts';
export { GROUPS, keyText, type Letter } from './doctor/finding.ts';
export { guardFailpoint } from './failpoints.ts';
export { GuardFault } from './fault.ts';
export { discover } from './inspect/discover.ts';
export { ownAddresses } from './inspect/exposure.ts';
export { inspect, type Places } from './inspect/inspect.ts';
export { machineAt } from './inspect/places.ts';
export { inspectMachines } from './inventory/machine.ts';
export {
  examineInventory,
  type HolderChanges,
  holderChanges,
  type InventoryReport,
} from './inventory/matrix.ts';
export { readInventory } from './inventory/read.ts';
export { GUARD_METRICS } from './metrics/catalogue.ts';
export { type MetricsServer, serveMetrics } from './metrics/http.ts';
export { type GuardMetrics, shadowMetrics } from './metrics/metrics.ts';
export { startNode } from './node/process.ts';
export { handOverChecks, isKnownIdle, type PairCheck, SILENCE_MS, takeOverChecks } from './pair/checklist.ts';
export { type Fence, fenceCommand } from './pair/fence.ts';
export { keepRole, type RoleKeeper } from './pair/keeper.ts';
export { asked, decodeRole, MACHINE_NAME, type RoleRecord, type TakenBy, taken } from './pair/record.ts';
export type { RoleStanding } from './pair/standing.ts';
export { termFile } from './pair/terms.ts';
export {
  hasGoneBack,
  highestTerm,
  type PairView,
  replaceRole,
  type SeenMember,
  watchPair,
} from './pair/view.ts';
export { continuitySentence } from './restart/continuity.ts';
export { chainFile } from './run/chain-file.ts';
export { allEvents } from './run/events.ts';
export { runGuard } from './run/guard.ts';
export { latchFile, latchSentence } from './run/latch.ts';
export { LEASE_MS } from './run/lease.ts';
export { lockFolders } from './run/lock.ts';
export { folderIdentity, markFile, tokenFile, uptimeMs } from './run/memory.ts';
export type { GuardEvents, GuardParts, ReadingEvents, RotationState } from './run/parts.ts';
export { type GuardStatus, makeKeystore, type RuntimeFolder, runtimeFolder } from './run/runtime-folder.ts';
export { runShadow, type ShadowEvents, type ShadowParts, type ShadowVerdict } from './run/shadow.ts';
export { DEFAULT_RULES, type Verdict } from './run/verdict.ts';
