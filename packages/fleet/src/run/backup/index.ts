export { BackupFault } from './backup-fault.ts';
export { declaredKeys } from './control/signing.ts';
export { withRpc } from './control/with-rpc.ts';
export { factsOver, hashOver } from './facts.ts';
export type { VolumePlan } from './growth/grow.ts';
export type { NodeControl } from './port.ts';
export {
  BACKUP_HELP,
  BACKUP_SERIES,
  type BackupSeries,
  type BackupState,
  backupFileName,
  backupText,
  readBackupText,
} from './series.ts';
