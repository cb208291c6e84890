import type { RunScript } from '../../machines/ssh.ts';
import { BackupFault } from '../backup-fault.ts';
import type { Archive } from '../port.ts';
import { folderArchive } from './folder.ts';
import { rcloneArchive } from './rclone.ts';
import { resticArchive } from './restic.ts';

export interface ArchiveSettings {
  /** `folder:/PATH`, `rclone:REMOTE:PATH` or `restic:REPOSITORY`; no secrets. */
  readonly address: string;
  /** Configuration of rclone. Paths are those of the machine that runs the programs. */
  readonly rcloneConfig: string | null;
  /** Holds the address of a repository of restic, in place of one in `address` (then `restic:`). */
  readonly repositoryFile: string | null;
  readonly passwordFile: string | null;
  /** Files at the same time, 1 to 64. */
  readonly atOnce: number;
}

/** Opens an archive without contacting it. Throws a BackupFault if the address is invalid. */
export function openArchive(run: RunScript, settings: ArchiveSettings): Archive {
  const { address, rcloneConfig, repositoryFile, passwordFile, atOnce } = settings;
  const [, kind, rest = ''] = /^(folder|rclone|restic):(.*)$/s.exec(address) ?? [];
  if (/:\/\/[^/@]*:[^/@]*@/.test(rest))
    throw new BackupFault(
      'archive',
      'the address of the archive has a password in it, which every user of the machine could read',
      'write the address into a file, and name it with --repository-file',
    );
  if (kind === 'folder' && /^\/[^\0\n]+$/.test(rest))
    return folderArchive({ run, root: rest.replace(/\/+$/, ''), atOnce });
  if (kind === 'rclone' && /^[A-Za-z0-9_.-]+:[^\0\n]*$/.test(rest))
    return rcloneArchive({ run, remote: rest, configFile: rcloneConfig, passwordFile, atOnce });
  if (kind === 'restic' && (rest !== '' || repositoryFile !== null)) {
    if (passwordFile === null)
      throw new BackupFault(
        'archive',
        'restic encrypts, and needs a password',
        'put it into a file, and name it with --password-file',
      );
    const repository = repositoryFile === null ? { address: rest } : { file: repositoryFile };
    return resticArchive({ run, repository, passwordFile, atOnce });
  }
  throw new BackupFault(
    'archive',
    `${address} is not an archive`,
    'write folder:/PATH, rclone:REMOTE:PATH or restic:REPOSITORY',
  );
}
