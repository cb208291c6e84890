export type { Clock } from '@watchbill/base';
export { type ClusterPlace, chainsOf, type MachinePlace } from '@watchbill/fleet/normalise';
export { type ArchiveSettings, openArchive } from './archive/open.ts';
export { clusterControl } from './cluster/control.ts';
export { drillVolumes, type VolumeDrillParts } from './cluster/drill.ts';
export { type DrillMark, drillMarkShape } from './cluster/leftovers.ts';
export { type OpenCluster, openCluster } from './cluster/open.ts';
export { type VolumeSeatSettings, volumeSeat } from './cluster/seat.ts';
export { verifyVolumes, volumeShelf } from './cluster/shelf.ts';
export { volumeTaking } from './cluster/volumes.ts';
export { differenceOf, differenceText, isSame } from './compare.ts';
export { machineControl, machineFolder, openMachine } from './control/machine.ts';
export { declaredKeys } from './control/signing.ts';
export { withRpc } from './control/with-rpc.ts';
export { readSums } from './disk.ts';
export { type DrillParts, drillBackup } from './drill.ts';
export { factsOver, hashOver } from './facts.ts';
export { BackupFault, type BackupFaultCode } from './fault.ts';
export { chosenBackup } from './fetch.ts';
export { fileTaking, lockedRun } from './file-taking.ts';
export type { Growth } from './growth/decide.ts';
export { type GrowthPlan, growVolume, planGrowth, type VolumePlan } from './growth/grow.ts';
export { localShell } from './host.ts';
export { decodeManifest, encodeManifest, type Manifest, manifestDigest } from './manifest.ts';
export { writeBackupSeries } from './metrics.ts';
export type { Archive, BackupName, Listed, NodeControl, RecordFile, Taking } from './port.ts';
export { quantityOf } from './quantity.ts';
export { type RestoreParts, restoreBackup, restoreOnto, type SeatedParts } from './restore.ts';
export { type RestoreRecord, restoreShape } from './restore-state.ts';
export { type Keep, type Kept, retain } from './retention.ts';
export { type RunParts, runBackup } from './run.ts';
export { holdFile, recordFile } from './run-file.ts';
export { type NodeFacts, type RunRecord, recordShape, type Step } from './run-state.ts';
export {
  BACKUP_HELP,
  BACKUP_SERIES,
  type BackupSeries,
  type BackupState,
  backupFileName,
  backupText,
  readBackupText,
} from './series.ts';
export { growthTimerUnits, timerUnits } from './timer.ts';
