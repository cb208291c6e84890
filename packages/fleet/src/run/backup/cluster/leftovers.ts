import type { Clock, JsonRecord } from '@watchbill/kit';
import { z } from 'zod';
import { at } from '../../kubernetes/ownership.ts';
import { BackupFault } from '../backup-fault.ts';
import type { RecordFile } from '../port.ts';
import { DRILL_LABEL, DRILL_RUN, DRILL_UNTIL } from './drill-pod.ts';
import { changeVolume } from './keeping.ts';
import { clusterFault, type OpenCluster } from './open.ts';
import { orNull, retried, untilTrue } from './retry.ts';
import { letSnapshotsGo } from './snapshots.ts';
import { removeClaim, uidOf } from './swap-volume-claims.ts';
import { readObject, volumeRef } from './volume-claims.ts';

export const drillMarkShape = z.strictObject({
  format: z.literal('watchbill/drill/1'),
  node: z.string(),
  /** Label on everything that it makes. */
  run: z.string(),
  /** It has ended by then in any case (RFC 3339). */
  until: z.string(),
  snapshots: z.array(z.string()).readonly(),
});
/** A drill that may have left something. */
export type DrillMark = Readonly<z.output<typeof drillMarkShape>>;

const GONE_MS = 180_000;

/**
 * Removes the objects of unfinished drills of a node: those of this record at once, those of other machines
 * after their deadline. Throws a BackupFault `busy` if such a drill may be running.
 */
export async function removeLeftovers(
  cluster: OpenCluster,
  node: string,
  file: RecordFile<DrillMark>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const mine = file.read();
  const left = [
    ...(await drillObjects(cluster, 'Pod', node, signal)),
    ...(await drillObjects(cluster, 'PersistentVolumeClaim', node, signal)),
  ];
  for (const one of left) {
    const run = at(one, ['metadata', 'annotations', DRILL_RUN]);
    const over = Date.parse(String(at(one, ['metadata', 'annotations', DRILL_UNTIL])));
    if (run === mine?.run || !(over > clock.nowMs())) continue;
    throw new BackupFault(
      'busy',
      `another machine runs a drill of ${node}, until ${new Date(over).toISOString()} at the latest: ${String(at(one, ['metadata', 'name']))} in namespace ${cluster.place.namespace}`,
      'wait for it',
    );
  }
  for (const run of new Set(left.map((one) => String(at(one, ['metadata', 'annotations', DRILL_RUN])))))
    await removeDrill(cluster, node, run, signal);
  if (mine !== null) await letSnapshotsGo(cluster, 'drill', node, mine.snapshots, signal);
  file.clear();
}

async function drillObjects(
  cluster: OpenCluster,
  kind: 'Pod' | 'PersistentVolumeClaim',
  node: string,
  signal: AbortSignal,
): Promise<readonly JsonRecord[]> {
  const { namespace } = cluster.place;
  const query = { namespace, labelSelector: `${DRILL_LABEL}=${node}` };
  const listed = await cluster.objects.list('v1', kind, query, signal);
  if (!listed.ok) throw clusterFault(cluster, `leftovers of a drill (${kind})`, listed.failure.detail);
  return listed.items;
}

/**
 * Removes the pod, the claim and the volume of one drill, and waits until they are gone. Missing objects are
 * fine.
 */
export async function removeDrill(
  cluster: OpenCluster,
  node: string,
  run: string,
  signal: AbortSignal,
): Promise<void> {
  const isOf = (one: JsonRecord) => String(at(one, ['metadata', 'annotations', DRILL_RUN])) === run;
  for (const pod of (await drillObjects(cluster, 'Pod', node, signal)).filter(isOf))
    await removePod(cluster, pod, signal);
  for (const claim of (await drillObjects(cluster, 'PersistentVolumeClaim', node, signal)).filter(isOf)) {
    await letVolumeFollow(cluster, claim, signal);
    await removeClaim(cluster, claim, signal);
  }
}

async function removePod(cluster: OpenCluster, pod: JsonRecord, signal: AbortSignal): Promise<void> {
  const name = String(at(pod, ['metadata', 'name']));
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace: cluster.place.namespace, name };
  await retried(
    cluster,
    async () => {
      const options = { preconditions: { uid: uidOf(pod) } };
      orNull(cluster, `pod ${name}`, await cluster.objects.remove(ref, options, signal));
    },
    signal,
  );
  const isGone = async (): Promise<boolean> => {
    const now = await readObject(cluster, ref, signal);
    return now === null || uidOf(now) !== uidOf(pod);
  };
  if (!(await untilTrue(cluster, isGone, GONE_MS, signal)))
    throw clusterFault(cluster, `pod ${name}`, 'it is not removed in time');
}

/**
 * A class may keep volumes whose claim is gone. This volume was created for the drill, and has no data beyond
 * the snapshot.
 */
async function letVolumeFollow(cluster: OpenCluster, claim: JsonRecord, signal: AbortSignal): Promise<void> {
  const name = at(claim, ['spec', 'volumeName']);
  if (typeof name !== 'string' || name === '') return;
  await retried(
    cluster,
    async () => {
      const volume = await readObject(cluster, volumeRef(name), signal);
      if (volume === null || at(volume, ['spec', 'claimRef', 'uid']) !== uidOf(claim)) return;
      if (at(volume, ['spec', 'persistentVolumeReclaimPolicy']) !== 'Retain') return;
      const change = { op: 'replace', path: '/spec/persistentVolumeReclaimPolicy', value: 'Delete' } as const;
      await changeVolume(cluster, volume, [change], signal);
    },
    signal,
  );
}
