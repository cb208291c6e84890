import { randomUUID } from 'node:crypto';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TikvCluster } from './cluster.ts';
import type { TikvMember } from './member.ts';

/** Copies of the data of members, at one moment. */
export interface TikvDiskCopy {
  readonly of: readonly TikvMember[];
  /** Holds the data folder of each member, under its name. */
  readonly folder: string;
}

/**
 * Stop all six, copy the data of all, and start them again: a backup of the disks of PD and stores at one
 * moment. The copies lie in the folder of the cluster and go with it. Settles when the cluster is settled.
 */
export async function copyTikvDisks(cluster: TikvCluster): Promise<TikvDiskCopy> {
  await cluster.stopAll();
  const copy = copyAll(cluster);
  await cluster.startAll();
  return copy;
}

/**
 * As {@link copyTikvDisks}, but all six are paused instead of stopped, like a snapshot of their disks. Takes
 * a second, so clients keep their sessions. Settles when the cluster is settled.
 */
export async function snapshotTikvDisks(cluster: TikvCluster): Promise<TikvDiskCopy> {
  for (const member of cluster.members) member.pause();
  const copy = copyAll(cluster);
  for (const member of cluster.members) member.resume();
  await cluster.settled();
  return copy;
}

function copyAll(cluster: TikvCluster): TikvDiskCopy {
  const copy = { of: cluster.members, folder: join(cluster.folder, `copy-${randomUUID()}`) };
  for (const { name } of copy.of) replace(join(cluster.folder, name), join(copy.folder, name));
  return copy;
}

/**
 * Stop all six, put copies in place of the data of these members, and start all six again. Settles when the
 * cluster is settled. If the copies of some do not fit the data of the others, it rejects after 90 s.
 */
export async function putBackTikvDisks(
  cluster: TikvCluster,
  copy: TikvDiskCopy,
  members: readonly TikvMember[] = copy.of,
): Promise<void> {
  await cluster.stopAll();
  for (const { name } of members) replace(join(copy.folder, name), join(cluster.folder, name));
  await cluster.startAll();
}

function replace(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
}
