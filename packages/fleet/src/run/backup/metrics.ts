import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFileSync } from '@watchbill/kit/files';
import { type BackupSeries, backupFileName, backupText, readBackupText } from './series.ts';

/**
 * Writes the facts about the backups of a node as metrics, over the earlier content of the file: a backup
 * that fails leaves the time of the last good one as it was. Others read the file, so its mode is 0644.
 */
export function writeBackupSeries(
  folder: string,
  of: { readonly network: string; readonly node: string },
  values: Readonly<Partial<Record<BackupSeries, number>>>,
): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, backupFileName(of));
  const before = existsSync(file) ? (readBackupText(readFileSync(file, 'utf8'))?.values ?? {}) : {};
  replaceFileSync({
    path: file,
    text: backupText({ ...of, values: { ...before, ...values } }),
    mode: 0o644,
  });
}
