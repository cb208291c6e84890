import { bytesOf } from '../../../file/graph/index.ts';
import { chainsOf, type FleetNode, type Network } from '../../../file/normalise/index.ts';
import { at } from '../../kubernetes/ownership.ts';
import { BackupFault } from '../backup-fault.ts';
import type { Manifest } from '../manifest.ts';
import type { Destination } from '../port.ts';
import { type FitChecks, refuseOther, signerText } from '../restore-checks.ts';
import type { KeptVolume, RestoreRecord } from '../restore-state.ts';
import { isKept, keepVolume, letVolumeGo, liveVolume } from './keeping.ts';
import { clusterFault, type OpenCluster } from './open.ts';
import { refuseShortage } from './quota.ts';
import { RESTORE_RIGHTS, refuseMissingRights } from './rights.ts';
import { holdSnapshots, letSnapshotsGo } from './snapshots.ts';
import { swapClaimsBack, swapClaimsIn, uidOf } from './swap-volume-claims.ts';
import { claimRef, planVolumes, readObject, volumeRef } from './volume-claims.ts';

export interface VolumeDestinationSettings extends FitChecks {
  readonly cluster: OpenCluster;
  readonly network: Network;
  readonly node: FleetNode;
}

/**
 * The volumes of a node in a cluster as a destination: its claims are recreated from snapshots, under the
 * same names. A reclaim policy keeps the old volumes, without a claim, until the node is up. If the node
 * does not start, they get claims with their old names again.
 */
export function volumeDestination(settings: VolumeDestinationSettings): Destination {
  const { cluster, network, node } = settings;
  const holdOf = ({ volumes = [] }: RestoreRecord) => volumes.map(({ snapshot }) => snapshot);
  return {
    look: async (manifest, signal) => {
      await refuseSigner(settings, signal);
      refuseOtherKey(network, node, manifest);
      await refuseMissingRights(cluster, RESTORE_RIGHTS, signal);
      const volumes = await planVolumes(cluster, network, node, manifest, signal);
      await refuseOther(settings, manifest, signal);
      await refuseShortage(cluster, volumes.map(moreOf), signal);
      await refuseOtherUsers(cluster, node, volumes, signal);
      return { volumes };
    },
    refuseSigner: (signal) => refuseSigner(settings, signal),
    prepare: async (record, signal) => {
      await holdSnapshots(cluster, 'restore', node.name, holdOf(record), signal);
      for (const { volume } of record.volumes ?? [])
        if (volume !== null) await keepVolume(cluster, volume, node.name, signal);
    },
    swapIn: (record, signal) => swapClaimsIn(cluster, record, signal),
    hasOld: async ({ volumes = [] }, signal) => {
      for (const { volume } of volumes)
        if (volume === null || !isKept(await liveVolume(cluster, volume, signal))) return false;
      return true;
    },
    wrong: (record, signal) => wrongOf(cluster, record, signal),
    swapBack: (record, signal) => swapClaimsBack(cluster, record, signal),
    clearAway: async (record, old, signal) => {
      for (const { volume, claim } of record.volumes ?? []) {
        if (volume === null) continue;
        const live = await readObject(cluster, claimRef(cluster, claim), signal);
        const isBack = live !== null && at(live, ['spec', 'volumeName']) === volume.name;
        if (old || isBack) await letVolumeGo(cluster, volume, signal);
      }
      await letSnapshotsGo(cluster, 'restore', node.name, holdOf(record), signal);
    },
    unread: true,
    letGo: async (record, signal) => {
      for (const { volume } of record.volumes ?? [])
        if (volume !== null) await letVolumeGo(cluster, volume, signal);
      await letSnapshotsGo(cluster, 'restore', node.name, holdOf(record), signal);
    },
    keptText: ({ volumes = [] }) => {
      const names = volumes.flatMap(({ volume }) => volume?.name ?? []);
      return names.length === 0
        ? 'it had no volume before'
        : `its old data is on PersistentVolume ${names.join(', ')}, kept by the policy Retain`;
    },
  };
}

/** Whether a signer has keys cannot be seen from outside its volume, so none is given a backup. */
async function refuseSigner({ control }: VolumeDestinationSettings, signal: AbortSignal): Promise<void> {
  if (!(await control.signing(signal)).signs) return;
  throw new BackupFault(
    'signer',
    `${signerText(control)}; in a cluster it cannot be seen whether it has keys`,
    'let it sync',
  );
}

/**
 * The p2p key of a node may be on its volume. With the snapshot of another node, this node would get the key
 * of that node, or lose its own.
 */
function refuseOtherKey(network: Network, node: FleetNode, manifest: Manifest): void {
  if (manifest.node === node.name) return;
  const source = network.pools.flatMap(({ nodes }) => nodes).find(({ name }) => name === manifest.node);
  const isBorn = (one: FleetNode): boolean =>
    one.settings.keys.node.source !== 'secret' || chainsOf(network, one).beside !== null;
  const [wrong] = [source ?? null, node].filter((one) => one === null || isBorn(one));
  if (wrong === undefined) return;
  throw new BackupFault(
    'contents',
    wrong === null
      ? `${manifest.node} is not in the network file, so it is not known whether its p2p key is in the snapshot`
      : `the p2p key of ${wrong.name} is on its volume: ${node.name} would start with a new key, or with the key of ${manifest.node}`,
    'use a backup of the node itself; for a backup of another node, both need their p2p keys in Secrets: `keys: {node: {source: secret, secret: NAME}}`',
  );
}

/** The old claim goes first, so that the new one needs only the additional space. */
function moreOf({ storageClass, oldSize, newSize, claimUid }: KeptVolume) {
  const [old, wanted] = [claimUid === null ? 0 : (bytesOf(oldSize) ?? 0), bytesOf(newSize) ?? 0];
  return { storageClass, bytes: wanted - old, claims: claimUid === null ? 1 : 0 };
}

/** A claim that another pod mounts stays after its removal is requested. */
async function refuseOtherUsers(
  cluster: OpenCluster,
  { name }: FleetNode,
  volumes: readonly KeptVolume[],
  signal: AbortSignal,
): Promise<void> {
  const { namespace } = cluster.place;
  const listed = await cluster.objects.list('v1', 'Pod', { namespace }, signal);
  if (!listed.ok) throw clusterFault(cluster, 'the pods of the namespace', listed.failure.detail);
  const claims = new Set<unknown>(volumes.map(({ claim }) => claim));
  for (const pod of listed.items) {
    const podName = String(at(pod, ['metadata', 'name']));
    const mounted = at(pod, ['spec', 'volumes']);
    const uses = (Array.isArray(mounted) ? mounted : []).some((one) =>
      claims.has(at(one, ['persistentVolumeClaim', 'claimName'])),
    );
    if (!uses || podName === `${name}-0`) continue;
    throw new BackupFault('cluster', `pod ${podName} uses a volume of ${name}`, 'let it end first');
  }
}

/** The node answers; this checks whether its volumes come from the snapshots. */
async function wrongOf(
  cluster: OpenCluster,
  { volumes = [] }: RestoreRecord,
  signal: AbortSignal,
): Promise<string | null> {
  for (const { claim, volume } of volumes) {
    const live = await readObject(cluster, claimRef(cluster, claim), signal);
    const name = at(live ?? undefined, ['spec', 'volumeName']);
    if (live === null || typeof name !== 'string' || at(live, ['status', 'phase']) !== 'Bound')
      return `claim ${claim} is not bound`;
    const sits = await readObject(cluster, volumeRef(name), signal);
    if (sits === null || at(sits, ['spec', 'claimRef', 'uid']) !== uidOf(live) || name === volume?.name)
      return `claim ${claim} is bound to ${name}, which is not its own`;
    // The volume must have been provisioned for the claim. A volume that existed before could have any data
    // on it.
    const [born, asked] = [sits, live].map((one) =>
      Date.parse(String(at(one, ['metadata', 'creationTimestamp']))),
    );
    if (!((born ?? Number.NaN) >= (asked ?? Number.NaN)))
      return `claim ${claim} is bound to ${name}, which was there before it: it was not made of the snapshot`;
  }
  return null;
}
