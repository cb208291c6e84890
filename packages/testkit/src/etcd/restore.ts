import { randomUUID } from 'node:crypto';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EtcdCluster } from './cluster.ts';
import type { EtcdMember } from './member.ts';

/** How a snapshot is restored. */
export interface SnapshotRestore {
  /** `same`: the restored cluster has the id of the old one. `new`: it has another. */
  readonly token: 'same' | 'new';
  /**
   * `--bump-revision` with `--mark-compacted`: the amount to add to the revision of the snapshot. It needs
   * `etcdutl`, so etcd 3.6. Default: revisions go on from the snapshot, and are used a second time.
   */
  readonly bumpRevision?: number;
}

/**
 * Save a snapshot of the running cluster.
 * @returns the file, in the folder of the cluster; it goes with the cluster
 */
export async function saveSnapshot(cluster: EtcdCluster): Promise<string> {
  const file = join(cluster.folder, `${randomUUID()}.snapshot`);
  await cluster.etcdctl(['snapshot', 'save', file], { member: await cluster.leader() });
  return file;
}

/**
 * Stop all members, put the snapshot in place of their data, and start them at their old addresses. Settles
 * when the cluster answers. Clients may stay connected: they see a restart. Rejects if the caller wants a
 * bump and the build has no `etcdutl`.
 */
export async function restoreSnapshot(
  cluster: EtcdCluster,
  file: string,
  how: SnapshotRestore,
): Promise<void> {
  await cluster.stopAll();
  const token = how.token === 'same' ? cluster.made.token : randomUUID();
  for (const member of cluster.members) {
    member.wipe();
    await restoreMember(cluster, file, member, token, how.bumpRevision);
  }
  await cluster.startAll();
}

async function restoreMember(
  { made, etcdctl, etcdutl }: EtcdCluster,
  file: string,
  member: EtcdMember,
  token: string,
  bumpRevision: number | undefined,
): Promise<void> {
  const flags = {
    name: member.name,
    'data-dir': member.dataFolder,
    'initial-cluster': made.from,
    'initial-cluster-token': token,
    'initial-advertise-peer-urls': member.peerUrl,
  };
  const args = [
    'snapshot',
    'restore',
    file,
    ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
  ];
  if (etcdutl !== null) {
    await etcdutl([...args, ...bumpFlags(bumpRevision)]);
    return;
  }
  if (bumpRevision !== undefined)
    throw new Error('--bump-revision needs etcdutl, which this build of etcd does not have');
  await etcdctl(args);
}

function bumpFlags(bumpRevision: number | undefined): readonly string[] {
  return bumpRevision === undefined ? [] : [`--bump-revision=${bumpRevision}`, '--mark-compacted'];
}

/** Copies of the data folders of members, at one moment. */
export interface DiskCopy {
  readonly of: readonly EtcdMember[];
  /** Names the copies; beside the data folders. */
  readonly suffix: string;
}

/** Stop all members, copy the data of all, start them again: a backup of all disks at one moment. */
export async function copyDisks(cluster: EtcdCluster): Promise<DiskCopy> {
  const copy = { of: cluster.members, suffix: `.copy-${randomUUID()}` };
  await cluster.stopAll();
  for (const { dataFolder } of copy.of) replace(dataFolder, dataFolder + copy.suffix);
  await cluster.startAll();
  return copy;
}

/**
 * Put copies in place of the data of these members, which must not run. The caller starts them: a cluster
 * of which only some members went back may not start as a whole.
 */
export function putBackDisks(copy: DiskCopy, members: readonly EtcdMember[] = copy.of): void {
  for (const member of members) {
    member.wipe();
    replace(member.dataFolder + copy.suffix, member.dataFolder);
  }
}

function replace(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
}
