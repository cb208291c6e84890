import type { JsonRecord } from '@watchbill/kit';
import { MARKS } from '../../../file/graph/index.ts';
import { at, networkOf } from '../../kubernetes/ownership.ts';
import { decodeManifest, type Manifest } from '../manifest.ts';
import type { Archive, BackupName, Listed } from '../port.ts';
import { clusterFault, type OpenCluster } from './open.ts';
import {
  holdersOf,
  ID_MARK,
  MANIFEST_MARK,
  SNAPSHOT_API,
  takeManifestOff,
  usableSnapshot,
} from './snapshots.ts';

/** The backups that a cluster has of one node, to be listed and removed. */
export function snapshotInventory(
  cluster: OpenCluster,
  network: string,
  node: string,
): Pick<Archive, 'list' | 'remove'> {
  const { objects } = cluster;
  const { namespace } = cluster.place;

  async function all(signal: AbortSignal): Promise<readonly JsonRecord[]> {
    const labelSelector = `${MARKS.network}=${network},${MARKS.node}=${node}`;
    const listed = await objects.list(SNAPSHOT_API, 'VolumeSnapshot', { namespace, labelSelector }, signal);
    if (!listed.ok) throw clusterFault(cluster, 'snapshots of volumes', listed.failure.detail);
    return listed.items.filter((item) => networkOf(item) === network && idOf(item) !== null);
  }

  return {
    list: async (signal) => {
      const items = await all(signal);
      const ids = [...new Set(items.map(idOf))].flatMap((id) => id ?? []);
      return ids.map((id) =>
        listedVolumes(
          { network, node, id },
          items.filter((item) => idOf(item) === id),
        ),
      );
    },
    // The manifests go first, from all snapshots, so that half a backup never counts as one; a snapshot in
    // use stays.
    remove: async ({ id }, signal) => {
      const names = (await all(signal)).filter((one) => idOf(one) === id).map(nameOf);
      const bare = [];
      for (const name of names) {
        const uid = await takeManifestOff(cluster, name, signal);
        if (uid !== null) bare.push({ name, uid });
      }
      for (const { name, uid } of bare) {
        const ref = { apiVersion: SNAPSHOT_API, kind: 'VolumeSnapshot', namespace, name };
        const done = await objects.remove(ref, { preconditions: { uid } }, signal);
        if (!done.ok && done.failure.reason !== 'not-found')
          throw clusterFault(cluster, `VolumeSnapshot ${name}`, done.failure.detail);
      }
    },
  };
}

/** Checks that a volume can be made of every snapshot of a backup. Throws a BackupFault if not. */
export async function verifyVolumes(
  cluster: OpenCluster,
  network: string,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<void> {
  for (const { snapshot } of manifest.volumes)
    await usableSnapshot(cluster, network, manifest, snapshot, signal);
}

function nameOf(item: JsonRecord): string {
  return String(at(item, ['metadata', 'name']));
}

function idOf(item: JsonRecord): string | null {
  const id = at(item, ['metadata', 'annotations', ID_MARK]);
  return typeof id === 'string' ? id : null;
}

/** Complete if every volume of the manifest has a ready snapshot that names it and is not being removed. */
function listedVolumes(name: BackupName, items: readonly JsonRecord[]): Listed {
  const neededBy = [...new Set(items.flatMap(holdersOf))];
  const broken = (detail: string): Listed => ({ ...name, manifest: null, detail, neededBy });
  if (items.some((item) => at(item, ['metadata', 'deletionTimestamp']) !== undefined))
    return broken('it is being removed');
  const [text] = items.flatMap((item) => at(item, ['metadata', 'annotations', MANIFEST_MARK]) ?? []);
  if (typeof text !== 'string') return broken('begun and not finished');
  const read = decodeManifest(text);
  if (!read.ok) return broken(`its manifest is damaged: ${read.detail}`);
  const { manifest } = read;
  if (manifest.id !== name.id || manifest.node !== name.node || manifest.network !== name.network)
    return broken(`its manifest is that of ${manifest.network}/${manifest.node}/${manifest.id}`);
  // Each snapshot has the whole manifest. One without a manifest is being removed.
  const whole = items.filter(
    (item) =>
      at(item, ['status', 'readyToUse']) === true &&
      at(item, ['metadata', 'annotations', MANIFEST_MARK]) === text,
  );
  const ready = new Set(whole.map(nameOf));
  const lacking = manifest.volumes.filter(({ snapshot }) => !ready.has(snapshot)).map(({ claim }) => claim);
  if (lacking.length === 0) return { ...name, manifest, detail: '', neededBy };
  return broken(`no usable snapshot of ${lacking.join(', ')}`);
}
