import { usageFault } from '@watchbill/kit';
import { BackupFault } from '../backup/backup-fault.ts';
import { snapshotInventory, verifyVolumes } from '../backup/cluster/snapshot-inventory.ts';
import { differenceOf, differenceText, isSame } from '../backup/compare.ts';
import { chosenBackup } from '../backup/fetch.ts';
import type { Manifest } from '../backup/manifest.ts';
import type { Archive, Listed } from '../backup/port.ts';
import { type Keep, retain } from '../backup/retention.ts';
import {
  type BackupInput,
  type BackupPorts,
  type BackupSession,
  noArchive,
  withBackups,
} from './backup-session.ts';

/** The backups of a node, newest first, including incomplete ones. */
export function listBackups(ports: BackupPorts, input: BackupInput): Promise<readonly Listed[]> {
  return withBackups(ports, input, (session) => backupsOf(input, listOf(input, session), session.signal));
}

/** The place where backups of a node are listed and removed: its archive, or the snapshots of its cluster. */
function listOf({ network, node }: BackupInput, session: BackupSession): Pick<Archive, 'list' | 'remove'> {
  const { archive, cluster } = session;
  if (archive !== null) return archive;
  if (cluster === null) throw noArchive();
  return snapshotInventory(cluster, network.name, node.name);
}

async function backupsOf(
  { network, node }: BackupInput,
  { list }: Pick<Archive, 'list'>,
  signal: AbortSignal,
): Promise<readonly Listed[]> {
  return (await list(signal))
    .filter((one) => one.network === network.name && one.node === node.name)
    .toSorted((one, other) => (one.id < other.id ? 1 : -1));
}

/** Reads a backup back, every byte. Without an id the newest. Throws an Fault if it is damaged. */
export function verifyBackup(
  ports: BackupPorts,
  input: BackupInput & { readonly backup: string | null },
): Promise<Manifest> {
  return withBackups(ports, input, async (session) => {
    const { archive, cluster, signal } = session;
    const { network, node, backup: id } = input;
    const listed = await listOf(input, session).list(signal);
    const manifest = chosenBackup(listed, { network: network.name, node: node.name, id });
    if (cluster !== null) await verifyVolumes(cluster, network.name, manifest, signal);
    if (archive === null) return manifest;
    const difference = differenceOf(manifest, await archive.digests(manifest, signal));
    if (isSame(difference)) return manifest;
    throw new BackupFault(
      'damaged',
      `backup ${manifest.id} is damaged: ${differenceText(difference)}`,
      'make another backup, and look for the cause in the archive',
    );
  });
}

export interface PruneInput extends BackupInput {
  /** The network file supplies the values that are null. */
  readonly keep: Keep;
  /** False: the backups are only named. */
  readonly apply: boolean;
}

/** Ids of backups. `held`: due, but another run needs them. */
export interface Pruned {
  readonly keep: readonly string[];
  readonly held: readonly { readonly id: string; readonly neededBy: readonly string[] }[];
  readonly remove: readonly string[];
}

/** Chooses the backups that are no longer kept, and removes them if asked to. The newest whole one stays. */
export function pruneBackups(ports: BackupPorts, input: PruneInput): Promise<Pruned> {
  const { network, node } = input;
  return withBackups(ports, input, async (session) => {
    const own = network.file.backup?.keep;
    const keep = { last: input.keep.last ?? own?.last ?? null, days: input.keep.days ?? own?.days ?? null };
    if (keep.last === null && keep.days === null)
      throw usageFault(
        'the number of backups to keep is missing',
        'give --keep-last or --keep-days, or write backup.keep in the network file',
        'flag --keep-last',
      );
    const place = listOf(input, session);
    const pruned = prunedOf(await backupsOf(input, place, session.signal), keep, ports.clock.nowMs());
    if (input.apply)
      for (const id of pruned.remove)
        await place.remove({ network: network.name, node: node.name, id }, session.signal);
    return pruned;
  });
}

function prunedOf(listed: readonly Listed[], keep: Keep, nowMs: number): Pruned {
  const whole = listed.flatMap(({ id, manifest }) =>
    manifest === null ? [] : [{ id, madeAtMs: Date.parse(manifest.madeAt) }],
  );
  const kept = retain(whole, keep, nowMs);
  // An incomplete backup may still be in progress. It is removed once a newer one is complete.
  const newest = kept.keep[0] ?? '';
  const left = listed.filter(({ id, manifest }) => manifest === null && id < newest).map(({ id }) => id);
  const due = [...kept.remove, ...left];
  const held = listed.flatMap(({ id, neededBy = [] }) =>
    neededBy.length > 0 && due.includes(id) ? [{ id, neededBy }] : [],
  );
  const isHeld = (id: string): boolean => held.some((one) => one.id === id);
  return { keep: kept.keep, held, remove: due.filter((id) => !isHeld(id)) };
}
