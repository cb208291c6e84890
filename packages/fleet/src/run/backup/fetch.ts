import { shellWord } from '@watchbill/kit/ssh';
import type { RunScript } from '../machines/ssh.ts';
import { BackupFault } from './backup-fault.ts';
import { differenceOf, differenceText, isSame } from './compare.ts';
import { sumsBelow } from './disk.ts';
import { outputOf } from './host.ts';
import type { Manifest } from './manifest.ts';
import type { Archive, Listed } from './port.ts';

/** The newest complete backup of a node, or the one with that id. Throws a BackupFault if there is none. */
export function chosenBackup(
  listed: readonly Listed[],
  { network, node, id }: { readonly network: string; readonly node: string; readonly id: string | null },
): Manifest {
  const own = listed.filter((one) => one.network === network && one.node === node);
  const wanted =
    id === null ? own.filter(({ manifest }) => manifest !== null) : own.filter((one) => one.id === id);
  const newest = wanted.toSorted((one, other) => (one.id < other.id ? 1 : -1))[0];
  if (newest === undefined)
    throw new BackupFault(
      'archive',
      id === null
        ? `the archive has no complete backup of ${node}`
        : `the archive has no backup ${id} of ${node}`,
      'see `watchbill fleet backup list`',
    );
  if (newest.manifest !== null) return newest.manifest;
  throw new BackupFault(
    'damaged',
    `backup ${newest.id} cannot be used: ${newest.detail}`,
    'take another one',
  );
}

const FILES = 'check that the disk has free space';

/**
 * Fetches the files of a backup into a new folder, and reads them there: all of them, and no other, or it
 * throws.
 */
export async function fetchBackup(
  run: RunScript,
  archive: Archive,
  manifest: Manifest,
  to: string,
  signal: AbortSignal,
): Promise<void> {
  if (manifest.files.length === 0)
    throw new BackupFault(
      'archive',
      `backup ${manifest.id} is a snapshot of volumes`,
      'create a volume from the snapshot in its cluster',
    );
  // An interrupted fetch may have left a temporary file, which would be one file too many. The files that it
  // fetched need no more room.
  const room = `mkdir -p -- ${shellWord(to)}
find ${shellWord(to)} -type f -name '*.part' -delete
echo "$(($(df --output=avail -B1 -- ${shellWord(to)} | tail -n 1) + $(du -s -B1 -- ${shellWord(to)} | cut -f1)))"`;
  const free = Number(
    await outputOf(run, room, { what: `making ${to}`, code: 'contents', remedy: FILES }, signal),
  );
  if (!(free > manifest.totalBytes))
    throw new BackupFault(
      'contents',
      `${to} has ${free} bytes free or in use by this backup, and the backup needs ${manifest.totalBytes}`,
      FILES,
    );
  await archive.get(manifest, manifest.files, to, signal);
  const difference = differenceOf(manifest, await sumsBelow(run, to, signal));
  if (isSame(difference)) return;
  throw new BackupFault(
    'damaged',
    `backup ${manifest.id} is damaged: ${differenceText(difference)}`,
    'use another backup, and find out what happened to the archive',
  );
}
