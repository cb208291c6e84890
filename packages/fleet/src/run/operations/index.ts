export {
  Fault as OperationFault,
  type FaultKind,
  type Problem as FaultProblem,
} from '@watchbill/kit';
export { quantityOf } from '../../file/graph/index.ts';
export { growthTimerUnits, timerUnits } from '../backup/timer.ts';
export { conditionText, readCondition } from '../rollout/condition.ts';
export { type AppliedPlan, type ApplyInput, applySaved, needsNewPlan } from './apply.ts';
export {
  listBackups,
  type Pruned,
  type PruneInput,
  pruneBackups,
  verifyBackup,
} from './backup-archives.ts';
export { type Drilled, type DrillInput, drillNode } from './backup-drill.ts';
export {
  type BackUpInput,
  type BackupForm,
  backUp,
  type RestoreEvent,
  type RestoreInput,
  restoreNode,
} from './backup-node.ts';
export {
  type ArchiveWishes,
  type BackupInput,
  type BackupPorts,
  backupNode,
  createBackupPorts,
  createClusterOpener,
  type NodeHere,
} from './backup-session.ts';
export type {
  BegunSigning,
  FleetMemory,
  FleetPorts,
  JournalUse,
  OpenCredentials,
  OpenTargets,
  RolloutMemory,
  Targets,
} from './fleet-ports.ts';
export {
  abortKeys,
  type KeyRegistration,
  type RecordFile,
  type RetireInput,
  type RotateInput,
  type RotationEvent,
  retireKeys,
  rotateKeys,
  type UnderLock,
} from './keys.ts';
export {
  type ListedSecret,
  type ListInput,
  listFolder,
  listSecrets,
  type SecretList,
  type SecretState,
} from './list-secrets.ts';
export { type LocalRefusal, livesElsewhere } from './local-start.ts';
export type { LockEvent } from './lock-place.ts';
export type { LockHolder } from './lock-record.ts';
export { createFileMemory, createRolloutFile } from './memory-files.ts';
export { type PlaceLockInput, underPlaceLock } from './place-lock.ts';
export { type Declared, type MadePlan, type PlanEvent, type PlanInput, planNetwork } from './plan.ts';
export { publishedNotes } from './published.ts';
export { type ReconcileInput, type Round, reconcileNetwork } from './reconcile.ts';
export { expectPlace, type RenderedNetwork, type RenderInput, renderNetwork } from './render.ts';
export { recordFile } from './rendered-folder.ts';
export {
  type RolloutNews,
  type RolloutRun,
  type RolloutWishes,
  rollOut,
} from './rollout.ts';
export { type RolloutInput, type RolloutResult, rolloutPlaces } from './rollout-places.ts';
export { type NetworkSource, type Scaled, type ScaleInput, scalePool } from './scale.ts';
export {
  type PutInput,
  type PutSecret,
  putSecret,
  type RemovedSecret,
  type RemoveInput,
  removeSecret,
  type SecretPorts,
  secretTarget,
} from './secrets.ts';
export { checkGrowing, type GrowInput, type Grown, growVolumes } from './storage.ts';
export {
  createCredentialOpener,
  createTargetOpener,
  expectKubeconfig,
  placeFault,
  type TargetSettings,
} from './targets.ts';
