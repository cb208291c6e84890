import type { JsonRecord } from '@watchbill/kit';
import { at } from '../../kubernetes/ownership.ts';
import { BackupFault } from '../backup-fault.ts';
import type { KeptVolume } from '../restore-state.ts';
import { clusterFault, type OpenCluster } from './open.ts';
import { retried, Transient } from './retry.ts';
import { readObject, volumeRef } from './volume-claims.ts';
import { type Change, createWrites, textsOf } from './writes.ts';

/** Label of a volume that a node had. Its value is the name of the node. */
export const KEPT_LABEL = 'watchbill/kept-of';

type Volume = NonNullable<KeptVolume['volume']>;

/** The live volume; null if it is gone, or if another volume has its name. */
export async function liveVolume(
  cluster: OpenCluster,
  { name, uid }: Volume,
  signal: AbortSignal,
): Promise<JsonRecord | null> {
  const live = await readObject(cluster, volumeRef(name), signal);
  return live !== null && at(live, ['metadata', 'uid']) === uid ? live : null;
}

/** Whether its data survives every change of its claim. */
export function isKept(live: JsonRecord | null): boolean {
  return (
    live !== null &&
    at(live, ['metadata', 'deletionTimestamp']) === undefined &&
    at(live, ['spec', 'persistentVolumeReclaimPolicy']) === 'Retain'
  );
}

/** From here on its data outlives its claim. Throws a BackupFault if the volume is gone. */
export async function keepVolume(
  cluster: OpenCluster,
  volume: Volume,
  node: string,
  signal: AbortSignal,
): Promise<void> {
  await retried(
    cluster,
    async () => {
      const live = await liveVolume(cluster, volume, signal);
      if (live === null || at(live, ['metadata', 'deletionTimestamp']) !== undefined)
        throw new BackupFault(
          'cluster',
          `PersistentVolume ${volume.name}, the volume of ${node}, is gone or being removed`,
          'find out what removes it; then run this again',
        );
      if (isKept(live) && labelsOf(live)[KEPT_LABEL] === node) return;
      await write(cluster, live, { ...labelsOf(live), [KEPT_LABEL]: node }, 'Retain', signal);
    },
    signal,
  );
}

/**
 * Restores its earlier reclaim policy. With `Delete`, the cluster then removes a volume without a claim. A
 * volume that is already gone is not a fault.
 */
export async function letVolumeGo(cluster: OpenCluster, volume: Volume, signal: AbortSignal): Promise<void> {
  await retried(
    cluster,
    async () => {
      const live = await liveVolume(cluster, volume, signal);
      if (live === null || at(live, ['metadata', 'deletionTimestamp']) !== undefined) return;
      const { [KEPT_LABEL]: mark, ...rest } = labelsOf(live);
      if (mark === undefined && at(live, ['spec', 'persistentVolumeReclaimPolicy']) === volume.reclaim)
        return;
      await write(cluster, live, rest, volume.reclaim, signal);
    },
    signal,
  );
}

function labelsOf(live: JsonRecord): Readonly<Record<string, string>> {
  return textsOf(at(live, ['metadata', 'labels']));
}

async function write(
  cluster: OpenCluster,
  live: JsonRecord,
  labels: Readonly<Record<string, string>>,
  reclaim: string,
  signal: AbortSignal,
): Promise<void> {
  await changeVolume(
    cluster,
    live,
    [
      { op: 'add', path: '/metadata/labels', value: labels },
      { op: 'replace', path: '/spec/persistentVolumeReclaimPolicy', value: reclaim },
    ],
    signal,
  );
}

/** Changes a volume if it is still as it was read. Throws {@link Transient} if it changed. */
export async function changeVolume(
  cluster: OpenCluster,
  live: JsonRecord,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<void> {
  const name = String(at(live, ['metadata', 'name']));
  const same: readonly Change[] = (['uid', 'resourceVersion'] as const).map((field) => ({
    op: 'test',
    path: `/metadata/${field}`,
    value: at(live, ['metadata', field]) ?? null,
  }));
  const done = await createWrites(cluster.client).change(
    'PersistentVolume',
    null,
    name,
    [...same, ...changes],
    signal,
  );
  if (done.ok) return;
  const { reason, detail } = done.failure;
  if (reason === 'forbidden') throw clusterFault(cluster, `PersistentVolume ${name}`, detail);
  // If a test in the patch fails, the server answers `invalid`.
  throw new Transient(`PersistentVolume ${name}: ${detail}`);
}
