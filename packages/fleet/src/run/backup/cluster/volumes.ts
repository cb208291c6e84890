import type { JsonRecord } from '@watchbill/kit';
import { MARKS } from '../../../file/graph/index.ts';
import { chainsOf, type FleetNode, type Network } from '../../../file/normalise/index.ts';
import type { ObjectRef } from '../../kubernetes/objects.ts';
import { at } from '../../kubernetes/ownership.ts';
import { BackupFault } from '../backup-fault.ts';
import { encodeManifest, type Manifest } from '../manifest.ts';
import type { Taking } from '../port.ts';
import { clusterFault, type OpenCluster } from './open.ts';
import { SNAPSHOT_API as API, ID_MARK, MANIFEST_MARK } from './snapshots.ts';

const READY_MS = 1_800_000;
const LOOK_EVERY_MS = 500;

export interface VolumeSettings {
  readonly cluster: OpenCluster;
  readonly network: Network;
  readonly node: FleetNode;
  /** As the node calls its chain. */
  readonly chainId: string;
  /** Null: the default class of the driver. */
  readonly snapshotClass: string | null;
  /** Also if the node's p2p key is on the volume and in the snapshot. */
  readonly withNodeKey: boolean;
}

/** Claims of the set of one node; the one with session keys, which signers have, is never among them. */
export function claimsOf(network: Network, node: FleetNode): readonly string[] {
  const relay = chainsOf(network, node).beside === null ? [] : ['relay'];
  return ['data', ...relay].map((volume) => `${volume}-${node.name}-0`);
}

/** Snapshots of the volumes of a node that is stopped, as a backup; the driver of the cluster makes them. */
export function volumeTaking(settings: VolumeSettings): Taking {
  const { cluster, network, node, chainId, snapshotClass, withNodeKey } = settings;
  const { objects, clock } = cluster;
  const { namespace, name: place } = cluster.place;
  const refOf = (name: string): ObjectRef => ({ apiVersion: API, kind: 'VolumeSnapshot', namespace, name });
  const snapshotName = (id: string, claim: string) => `${claim}-${id.toLowerCase()}`;

  async function put(manifest: Manifest, isWhole: boolean, signal: AbortSignal): Promise<void> {
    for (const { claim, snapshot } of manifest.volumes) {
      const annotations = {
        [ID_MARK]: manifest.id,
        ...(isWhole ? { [MANIFEST_MARK]: encodeManifest(manifest) } : {}),
      };
      const body = snapshotObject(settings, { claim, snapshot, annotations });
      const done = await objects.patch(body, refOf(snapshot), { dryRun: false, takeOver: false }, signal);
      if (!done.ok) throw clusterFault(cluster, `VolumeSnapshot ${snapshot}`, done.failure.detail);
    }
  }

  return {
    address: `snapshots:${place}/${namespace}`,
    renews: false,
    ready: async (signal) => {
      if (!withNodeKey) refuseNodeKeys(network, node);
      const listed = await objects.list(API, 'VolumeSnapshot', { namespace }, signal);
      if (!listed.ok) throw clusterFault(cluster, 'snapshots of volumes', listed.failure.detail);
      if (snapshotClass === null) return;
      const ref = { apiVersion: API, kind: 'VolumeSnapshotClass', namespace: null, name: snapshotClass };
      const got = await objects.get(ref, signal);
      if (!got.ok) throw clusterFault(cluster, `VolumeSnapshotClass ${snapshotClass}`, got.failure.detail);
    },
    look: async (id, signal) => {
      const claims = claimsOf(network, node);
      for (const claim of claims) {
        const got = await objects.get(
          { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claim },
          signal,
        );
        if (!got.ok) throw clusterFault(cluster, `volume ${claim}`, got.failure.detail);
      }
      const volumes = claims.map((claim) => ({ claim, snapshot: snapshotName(id, claim) }));
      const tool = { kind: 'volume-snapshot', version: API } as const;
      return { chainId, database: 'unknown', files: [], volumes, leftOut: [], tool };
    },
    copy: (manifest, signal) => put(manifest, false, signal),
    verify: async ({ volumes }, signal) => {
      const deadlineMs = clock.monotonicMs() + READY_MS;
      for (const { snapshot } of volumes)
        while (!(await isReady(cluster, refOf(snapshot), signal))) {
          signal.throwIfAborted();
          if (clock.monotonicMs() > deadlineMs)
            throw clusterFault(cluster, `VolumeSnapshot ${snapshot}`, 'it does not become ready to use');
          await clock.sleep(LOOK_EVERY_MS, signal);
        }
    },
    has: (manifest, signal) => hasWhole(settings, manifest, signal),
    publish: (manifest, signal) => put(manifest, true, signal),
  };
}

async function isReady(cluster: OpenCluster, ref: ObjectRef, signal: AbortSignal): Promise<boolean> {
  const got = await cluster.objects.get(ref, signal);
  if (!got.ok) throw clusterFault(cluster, `VolumeSnapshot ${ref.name}`, got.failure.detail);
  const error = at(got.object, ['status', 'error', 'message']);
  if (typeof error === 'string') throw clusterFault(cluster, `VolumeSnapshot ${ref.name}`, error);
  return at(got.object, ['status', 'readyToUse']) === true;
}

async function hasWhole(
  { cluster }: VolumeSettings,
  { id, volumes }: Manifest,
  signal: AbortSignal,
): Promise<boolean> {
  const { namespace } = cluster.place;
  for (const { snapshot: name } of volumes) {
    const ref = { apiVersion: API, kind: 'VolumeSnapshot', namespace, name };
    const got = await cluster.objects.get(ref, signal);
    if (!got.ok && got.failure.reason !== 'not-found')
      throw clusterFault(cluster, `VolumeSnapshot ${name}`, got.failure.detail);
    if (!got.ok || !isWholeOf(got.object, id)) return false;
  }
  return true;
}

function isWholeOf(snapshot: JsonRecord, id: string): boolean {
  const isRemoved = at(snapshot, ['metadata', 'deletionTimestamp']) !== undefined;
  const isOfBackup = at(snapshot, ['metadata', 'annotations', ID_MARK]) === id;
  return isOfBackup && !isRemoved && at(snapshot, ['status', 'readyToUse']) === true;
}

function snapshotObject(
  { cluster, network, node, snapshotClass }: VolumeSettings,
  {
    claim,
    snapshot,
    annotations,
  }: { readonly claim: string; readonly snapshot: string; readonly annotations: JsonRecord },
): JsonRecord {
  return {
    apiVersion: API,
    kind: 'VolumeSnapshot',
    metadata: {
      name: snapshot,
      namespace: cluster.place.namespace,
      labels: { [MARKS.network]: network.name, [MARKS.node]: node.name },
      annotations,
    },
    spec: {
      source: { persistentVolumeClaimName: claim },
      ...(snapshotClass === null ? {} : { volumeSnapshotClassName: snapshotClass }),
    },
  };
}

/** Refuses volumes that hold a p2p key of the node. */
function refuseNodeKeys(network: Network, node: FleetNode): void {
  if (node.settings.keys.node.source !== 'secret')
    throw new BackupFault(
      'contents',
      `the p2p key of ${node.name} is on its volume, and a snapshot would contain it`,
      'write `keys: {node: {source: secret, secret: NAME}}` in its pool, or add --with-node-key',
    );
  if (chainsOf(network, node).beside !== null)
    throw new BackupFault(
      'contents',
      `the p2p key that ${node.name} has on the relay chain is on its volume, and a snapshot would contain it`,
      'the node always makes it there: add --with-node-key if the snapshot may contain it',
    );
}
