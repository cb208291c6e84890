import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import { bytesOf, quantityOf } from '../../../file/graph/index.ts';
import type { FleetNode, Network } from '../../../file/normalise/index.ts';
import type { ObjectRef } from '../../kubernetes/objects.ts';
import { at, networkOf } from '../../kubernetes/ownership.ts';
import { BackupFault } from '../backup-fault.ts';
import type { Manifest } from '../manifest.ts';
import type { KeptVolume } from '../restore-state.ts';
import { clusterFault, type OpenCluster } from './open.ts';
import { orNull, retried } from './retry.ts';
import { usableSnapshot } from './snapshots.ts';
import { claimsOf } from './volumes.ts';
import { textsOf } from './writes.ts';

/** The parts of a claim that its successor takes over. */
export type ClaimShape = Pick<
  KeptVolume,
  'claim' | 'labels' | 'accessModes' | 'storageClass' | 'volumeMode' | 'oldSize'
>;

export async function readObject(
  cluster: OpenCluster,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<JsonRecord | null> {
  return retried(
    cluster,
    async () => orNull(cluster, `${ref.kind} ${ref.name}`, await cluster.objects.get(ref, signal)),
    signal,
  );
}

export function claimRef({ place }: OpenCluster, name: string): ObjectRef {
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: place.namespace, name };
}

export function volumeRef(name: string): ObjectRef {
  return { apiVersion: 'v1', kind: 'PersistentVolume', namespace: null, name };
}

/** The StatefulSet of a node that has a separate one. Throws a BackupFault if there is none. */
export async function setOf(
  cluster: OpenCluster,
  network: Network,
  { name, pool }: FleetNode,
  signal: AbortSignal,
): Promise<JsonRecord> {
  const { namespace } = cluster.place;
  const set = await readObject(
    cluster,
    { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name },
    signal,
  );
  if (set !== null && networkOf(set) === network.name) return set;
  throw new BackupFault(
    'cluster',
    set === null
      ? `cluster ${cluster.place.name}: there is no StatefulSet ${name} in namespace ${namespace}`
      : `StatefulSet ${name} was not made for ${network.name}`,
    `apply the network file first; a pool whose nodes share one set (${pool}) has no separate set`,
  );
}

/**
 * Plans the replacement of each volume of a node. Reads the snapshots, the current claims, the volumes behind
 * them and the storage class, read-only. Throws a BackupFault.
 */
export async function planVolumes(
  cluster: OpenCluster,
  network: Network,
  node: FleetNode,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<readonly KeptVolume[]> {
  const set = await setOf(cluster, network, node, signal);
  const classes = await storageClasses(cluster, signal);
  const pairs = pairsOf(manifest, claimsOf(network, node), node.name);
  const planned: KeptVolume[] = [];
  for (const { claim, snapshot } of pairs) {
    const usable = await usableSnapshot(cluster, network.name, manifest, snapshot, signal);
    const live = await readObject(cluster, claimRef(cluster, claim), signal);
    const shape = live === null ? shapeOfSet(set, claim, node.name) : shapeOf(claim, live);
    refuseOtherDriver(shape, classes, usable.driver, snapshot);
    const oldBytes = bytesOf(shape.oldSize);
    if (oldBytes === null)
      throw clusterFault(cluster, `claim ${claim}`, `its size ${shape.oldSize} cannot be read`);
    planned.push({
      ...shape,
      snapshot,
      newSize: usable.restoreBytes > oldBytes ? quantityOf(usable.restoreBytes) : shape.oldSize,
      claimUid: live === null ? null : String(at(live, ['metadata', 'uid'])),
      volume: live === null ? null : await volumeBehind(cluster, live, signal),
    });
  }
  return planned;
}

/** Claims of a node with the snapshots for them: `data-SOURCE-0` becomes `data-NODE-0`. */
function pairsOf(manifest: Manifest, own: readonly string[], node: string) {
  const end = `-${manifest.node}-0`;
  const pairs = manifest.volumes.map(({ claim, snapshot }) => ({
    claim: claim.endsWith(end) ? `${claim.slice(0, -end.length)}-${node}-0` : claim,
    snapshot,
  }));
  const [has, wants] = [pairs.map(({ claim }) => claim).sort(), [...own].sort()];
  if (has.join() === wants.join() && pairs.length > 0) return pairs;
  throw new BackupFault(
    'contents',
    `backup ${manifest.id} has the volumes ${has.join(', ') || 'none'}, and ${node} has ${wants.join(', ')}`,
    'use a backup of a node of the same kind',
  );
}

function shapeOf(claim: string, live: JsonRecord): ClaimShape {
  const storageClass = at(live, ['spec', 'storageClassName']);
  return {
    claim,
    labels: textsOf(at(live, ['metadata', 'labels'])),
    accessModes: listOfTexts(at(live, ['spec', 'accessModes'])),
    storageClass: typeof storageClass === 'string' ? storageClass : null,
    volumeMode: String(at(live, ['spec', 'volumeMode']) ?? 'Filesystem'),
    oldSize: String(at(live, ['spec', 'resources', 'requests', 'storage'])),
  };
}

/** As the controller of sets would make it: the labels are those that its pods are selected by. */
function shapeOfSet(set: JsonRecord, claim: string, node: string): ClaimShape {
  const templates = at(set, ['spec', 'volumeClaimTemplates']);
  const wanted = claim.slice(0, -`-${node}-0`.length);
  const template = (isList(templates) ? templates : [])
    .filter(isRecord)
    .find((one) => at(one, ['metadata', 'name']) === wanted);
  if (template === undefined)
    throw new BackupFault(
      'cluster',
      `StatefulSet ${node} has no volume ${wanted}`,
      'apply the network file first',
    );
  return {
    ...shapeOf(claim, template),
    labels: textsOf(at(set, ['spec', 'selector', 'matchLabels'])),
  };
}

function listOfTexts(value: Json | undefined): readonly string[] {
  return (isList(value) ? value : []).filter((one) => typeof one === 'string');
}

interface StorageClass {
  readonly name: string;
  readonly provisioner: string;
  readonly isDefault: boolean;
}

async function storageClasses(cluster: OpenCluster, signal: AbortSignal): Promise<readonly StorageClass[]> {
  const listed = await cluster.objects.list('storage.k8s.io/v1', 'StorageClass', { namespace: null }, signal);
  if (!listed.ok) throw clusterFault(cluster, 'storage classes', listed.failure.detail);
  return listed.items.map((item) => ({
    name: String(at(item, ['metadata', 'name'])),
    provisioner: String(at(item, ['provisioner'])),
    isDefault:
      at(item, ['metadata', 'annotations', 'storageclass.kubernetes.io/is-default-class']) === 'true',
  }));
}

/** A snapshot can only be read by the driver that made it. */
function refuseOtherDriver(
  { claim, storageClass }: ClaimShape,
  classes: readonly StorageClass[],
  driver: string,
  snapshot: string,
): void {
  const found = classes.find(({ name, isDefault }) =>
    storageClass === null ? isDefault : name === storageClass,
  );
  if (found?.provisioner === driver) return;
  throw new BackupFault(
    'cluster',
    found === undefined
      ? `claim ${claim} is of the storage class ${storageClass ?? 'by default'}, which the cluster does not have`
      : `claim ${claim} is of storage class ${found.name}, provided by ${found.provisioner}, and VolumeSnapshot ${snapshot} was made by ${driver}`,
    'use a backup of a node with volumes of the same class',
  );
}

/** The volume of a claim, to be kept; null if the claim has none, or a lost one. */
async function volumeBehind(
  cluster: OpenCluster,
  claim: JsonRecord,
  signal: AbortSignal,
): Promise<KeptVolume['volume']> {
  const name = at(claim, ['spec', 'volumeName']);
  if (typeof name !== 'string' || name === '') return null;
  const volume = await readObject(cluster, volumeRef(name), signal);
  if (volume === null) return null;
  if (at(volume, ['spec', 'claimRef', 'uid']) !== at(claim, ['metadata', 'uid'])) return null;
  return {
    name,
    uid: String(at(volume, ['metadata', 'uid'])),
    reclaim: String(at(volume, ['spec', 'persistentVolumeReclaimPolicy'])),
  };
}
