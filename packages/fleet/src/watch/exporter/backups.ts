import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BackupState, readBackupText } from '../../run/backup/index.ts';
import { ask, type Known, unknown } from './known.ts';

const MOST_FILES = 1_000;
const MOST_BYTES = 16_384;

/** The files about backups in a folder. `null` in a list: a file of another kind. */
export async function readBackups(
  folder: string,
  network: string,
): Promise<Known<readonly (BackupState | null)[]>> {
  const names = await ask(() => readdir(folder));
  if (!names.known) return names;
  // Others may write into the same folder, for the textfile collector of node_exporter.
  const own = names.value.filter((name) => name.startsWith(`${network}.`) && name.endsWith('.prom')).sort();
  if (own.length > MOST_FILES) return unknown(`${folder} has more than ${MOST_FILES} files`);
  return ask(() => Promise.all(own.map((name) => readOne(join(folder, name)))));
}

async function readOne(file: string): Promise<BackupState | null> {
  try {
    const { size } = await lstat(file);
    return size > MOST_BYTES ? null : readBackupText(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
}
