import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../files/whole-file.ts';
import { type BackupSeries, backupFileName, backupText, readBackupText } from '../watch/backup-series.ts';

/**
 * Writes what is known of the backups of a node for those who watch, over what the file said before: a backup that fails leaves
 * the time of the last good one as it was. Others read the file, so its mode is 0644.
 */
export function writeBackupSeries(
  folder: string,
  of: { readonly network: string; readonly node: string },
  values: Readonly<Partial<Record<BackupSeries, number>>>,
): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, backupFileName(of));
  const before = existsSync(file) ? (readBackupText(readFileSync(file, 'utf8'))?.values ?? {}) : {};
  writeWhole(file, backupText({ ...of, values: { ...before, ...values } }), 0o644);
}
