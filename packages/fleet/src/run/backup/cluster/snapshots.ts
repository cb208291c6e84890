import type { JsonRecord } from '@watchbill/kit';
import { bytesOf } from '../../../file/graph/index.ts';
import { at, networkOf } from '../../kubernetes/ownership.ts';
import { BackupFault } from '../backup-fault.ts';
import type { Manifest } from '../manifest.ts';
import { clusterFault, type OpenCluster } from './open.ts';
import { orNull, retried, Transient } from './retry.ts';
import { type Change, createWrites, textsOf } from './writes.ts';

export const SNAPSHOT_API = 'snapshot.storage.k8s.io/v1';
/** The manifest of the backup of a snapshot. A snapshot without it belongs to no backup. */
export const MANIFEST_MARK = 'watchbill/backup';
export const ID_MARK = 'watchbill/backup-id';

/** A snapshot that a volume can be made of. */
export interface UsableSnapshot {
  readonly name: string;
  readonly driver: string;
  /** Minimum size of a volume of it; 0 if the driver does not report one. */
  readonly restoreBytes: number;
}

/**
 * Users of a snapshot, as its annotations, for example `restore.watchbill/NODE`. `prune` keeps a snapshot
 * that has one.
 */
const HOLDS = ['restore.watchbill/', 'drill.watchbill/'] as const;
export type Hold = 'restore' | 'drill';

function holdKey(hold: Hold, node: string): string {
  return `${hold}.watchbill/${node}`;
}

/** For each holder of the snapshot, for example `a restore onto rpc-0`. */
export function holdersOf(snapshot: JsonRecord): readonly string[] {
  return Object.keys(textsOf(at(snapshot, ['metadata', 'annotations'])))
    .filter((key) => HOLDS.some((prefix) => key.startsWith(prefix)))
    .sort()
    .map((key) =>
      key.startsWith('restore.') ? `a restore onto ${key.split('/')[1]}` : `a drill of ${key.split('/')[1]}`,
    );
}

function unusable(name: string, why: string): BackupFault {
  return new BackupFault(
    'damaged',
    `VolumeSnapshot ${name} cannot be used: ${why}`,
    'use another backup, and look at the snapshot and its VolumeSnapshotContent',
  );
}

/**
 * The snapshot, its content and what binds them to each other. Throws a BackupFault if any of this is wrong.
 */
export async function usableSnapshot(
  cluster: OpenCluster,
  network: string,
  manifest: Pick<Manifest, 'id'>,
  name: string,
  signal: AbortSignal,
): Promise<UsableSnapshot> {
  const { objects, place } = cluster;
  const ref = { apiVersion: SNAPSHOT_API, kind: 'VolumeSnapshot', namespace: place.namespace, name };
  const snapshot = await retried(
    cluster,
    async () => orNull(cluster, `VolumeSnapshot ${name}`, await objects.get(ref, signal)),
    signal,
  );
  if (snapshot === null) throw unusable(name, `namespace ${place.namespace} has none of that name`);
  if (networkOf(snapshot) !== network) throw unusable(name, `it was not made for ${network}`);
  if (at(snapshot, ['metadata', 'annotations', ID_MARK]) !== manifest.id)
    throw unusable(name, `it is not of backup ${manifest.id}`);
  if (at(snapshot, ['metadata', 'deletionTimestamp']) !== undefined)
    throw unusable(name, 'it is being removed');
  if (at(snapshot, ['status', 'readyToUse']) !== true) throw unusable(name, 'it is not ready to use');
  const contentName = at(snapshot, ['status', 'boundVolumeSnapshotContentName']);
  if (typeof contentName !== 'string') throw unusable(name, 'no content is bound to it');
  const contentRef = {
    apiVersion: SNAPSHOT_API,
    kind: 'VolumeSnapshotContent',
    namespace: null,
    name: contentName,
  };
  const content = await retried(
    cluster,
    async () =>
      orNull(cluster, `VolumeSnapshotContent ${contentName}`, await objects.get(contentRef, signal)),
    signal,
  );
  if (content === null) throw unusable(name, `its content ${contentName} is gone`);
  if (at(content, ['spec', 'volumeSnapshotRef', 'uid']) !== at(snapshot, ['metadata', 'uid']))
    throw unusable(name, `its content ${contentName} is bound to another snapshot`);
  if (at(content, ['metadata', 'deletionTimestamp']) !== undefined)
    throw unusable(name, `its content ${contentName} is being removed`);
  if (at(content, ['status', 'readyToUse']) !== true)
    throw unusable(name, `its content ${contentName} is not ready to use`);
  const size = at(snapshot, ['status', 'restoreSize']);
  return {
    name,
    driver: String(at(content, ['spec', 'driver'])),
    restoreBytes: typeof size === 'string' ? (bytesOf(size) ?? 0) : 0,
  };
}

/**
 * Marks each snapshot of a backup with its user. Throws if one is being removed, or has lost its manifest.
 */
export async function holdSnapshots(
  cluster: OpenCluster,
  hold: Hold,
  node: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const name of names)
    await retried(
      cluster,
      async () => {
        const { found, metadata } = await looked(cluster, name, signal);
        if (found === null) throw unusable(name, 'it is gone');
        if (at(metadata, ['deletionTimestamp']) !== undefined) throw unusable(name, 'it is being removed');
        const notes = textsOf(at(metadata, ['annotations']));
        if (notes[MANIFEST_MARK] === undefined) throw unusable(name, 'its manifest was removed');
        if (notes[holdKey(hold, node)] !== undefined) return;
        await put(cluster, name, metadata, { ...notes, [holdKey(hold, node)]: 'needed' }, signal);
      },
      signal,
    );
}

/** The opposite of {@link holdSnapshots}. Snapshots that are gone are not a fault. */
export async function letSnapshotsGo(
  cluster: OpenCluster,
  hold: Hold,
  node: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const name of names)
    await retried(
      cluster,
      async () => {
        const { found, metadata } = await looked(cluster, name, signal);
        const notes = textsOf(at(metadata, ['annotations']));
        if (found === null || notes[holdKey(hold, node)] === undefined) return;
        const { [holdKey(hold, node)]: _gone, ...rest } = notes;
        await put(cluster, name, metadata, rest, signal);
      },
      signal,
    );
}

/**
 * Takes the manifest off an unused snapshot, so that it no longer belongs to a complete backup. Returns its
 * uid; null: it is gone. Throws `busy`.
 */
export async function takeManifestOff(
  cluster: OpenCluster,
  name: string,
  signal: AbortSignal,
): Promise<string | null> {
  return retried(
    cluster,
    async () => {
      const { found, metadata } = await looked(cluster, name, signal);
      if (found === null) return null;
      const holders = holdersOf(found);
      if (holders.length > 0)
        throw new BackupFault(
          'busy',
          `VolumeSnapshot ${name} is not removed: ${holders.join(', ')} needs it`,
          'let that end first; if it was cut short, run it again',
        );
      const { [MANIFEST_MARK]: text, ...rest } = textsOf(at(metadata, ['annotations']));
      const now = text === undefined ? found : await put(cluster, name, metadata, rest, signal);
      return String(at(now, ['metadata', 'uid']));
    },
    signal,
  );
}

async function looked(cluster: OpenCluster, name: string, signal: AbortSignal) {
  const ref = { apiVersion: SNAPSHOT_API, kind: 'VolumeSnapshot', namespace: cluster.place.namespace, name };
  const found = orNull(cluster, `VolumeSnapshot ${name}`, await cluster.objects.get(ref, signal));
  return { found, metadata: found === null ? undefined : at(found, ['metadata']) };
}

/**
 * Changes the snapshot only if it is as it was read. If two processes change it at once, one of them reads it
 * again.
 */
async function put(
  cluster: OpenCluster,
  name: string,
  metadata: ReturnType<typeof at>,
  annotations: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<JsonRecord> {
  const changes: readonly Change[] = [
    { op: 'test', path: '/metadata/uid', value: at(metadata, ['uid']) ?? null },
    { op: 'test', path: '/metadata/resourceVersion', value: at(metadata, ['resourceVersion']) ?? null },
    { op: 'add', path: '/metadata/annotations', value: annotations },
  ];
  const { namespace } = cluster.place;
  const done = await createWrites(cluster.client).change('VolumeSnapshot', namespace, name, changes, signal);
  if (done.ok) return done.object;
  const { reason, detail } = done.failure;
  // If a test in the patch fails, the server answers `invalid`.
  if (reason === 'invalid' || reason === 'changed' || reason === 'unknown' || reason === 'unreachable')
    throw new Transient(`VolumeSnapshot ${name}: ${detail}`);
  throw clusterFault(cluster, `VolumeSnapshot ${name}`, detail);
}
