import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { addBackupRun } from './backup-run.ts';
import { addBackupDrill } from './drill.ts';
import { addBackupList, addBackupPrune, addBackupVerify } from './list.ts';
import { addBackupRestore } from './restore.ts';
import { addBackupTimer } from './timer.ts';

/** `fleet backup`: databases of nodes, kept elsewhere, and put back. */
export function addFleetBackup(parent: Command, context: Context): void {
  const command = parent
    .command('backup')
    .description(
      'keep databases of nodes elsewhere, see that they can be used, and put them back; never a key',
    );
  withExamples(command, [
    'watchbill fleet backup run --local local --archive folder:/mnt/backups',
    'watchbill fleet backup list --local local --archive folder:/mnt/backups',
    'watchbill fleet backup drill --archive folder:/mnt/backups',
  ]);
  addBackupRun(command, context);
  addBackupList(command, context);
  addBackupVerify(command, context);
  addBackupPrune(command, context);
  addBackupRestore(command, context);
  addBackupDrill(command, context);
  addBackupTimer(command, context);
}
