import type { JsonRecord } from '@watchbill/kit';
import { bytesOf, MARKS, quantityOf } from '../../../file/graph/index.ts';
import type { Grow } from '../../../file/network/index.ts';
import type { FleetPool, Network } from '../../../file/normalise/index.ts';
import { at } from '../../kubernetes/ownership.ts';
import { clusterFault, type OpenCluster } from '../cluster/open.ts';
import { decideGrowth, type Growth, type VolumeUse } from './decide.ts';
import { kubeletUsage, prometheusUsage, type Usage } from './usage.ts';

/** A volume of a pool, and whether it grows. */
export interface VolumePlan extends Growth {
  readonly pool: string;
  readonly place: string;
  /** Version of the claim as it was read. */
  readonly uid: string;
  readonly resourceVersion: string;
}

export interface GrowthPlan {
  readonly volumes: readonly VolumePlan[];
  /** Why some of it is not known. */
  readonly problems: readonly string[];
}

/** Volumes with chains in them; keys do not grow. */
const CHAIN_VOLUME = /^(data|relay)-/;

/**
 * The volumes of one cluster that would grow. Read-only. Throws a BackupFault if the cluster does not
 * answer.
 */
export async function planGrowth(
  cluster: OpenCluster,
  network: Network,
  prometheusUrl: string | null,
  signal: AbortSignal,
): Promise<GrowthPlan> {
  const pools = network.pools.filter(
    ({ settings, places }) =>
      settings.storage.grow !== undefined && (places.get(cluster.place.name) ?? 0) > 0,
  );
  if (pools.length === 0) return { volumes: [], problems: [] };
  const usage = await usageOf(cluster, network, prometheusUrl, signal);
  const volumes: VolumePlan[] = [];
  for (const pool of pools) volumes.push(...(await volumesOf(cluster, network, pool, usage, signal)));
  return { volumes, problems: usage.problems };
}

async function usageOf(
  cluster: OpenCluster,
  network: Network,
  url: string | null,
  signal: AbortSignal,
): Promise<Usage> {
  const { namespace } = cluster.place;
  if (url !== null) return prometheusUsage(url, namespace, signal);
  const pods = await listed(cluster, 'Pod', `${MARKS.network}=${network.name}`, signal);
  const machines = pods.flatMap((pod) => {
    const name = at(pod, ['spec', 'nodeName']);
    return typeof name === 'string' ? [name] : [];
  });
  return kubeletUsage(cluster, [...new Set(machines)].sort(), signal);
}

async function volumesOf(
  cluster: OpenCluster,
  network: Network,
  pool: FleetPool,
  { byClaim }: Usage,
  signal: AbortSignal,
): Promise<readonly VolumePlan[]> {
  // The controller of sets gives claims the labels that its pods are selected by.
  const claims = await listed(
    cluster,
    'PersistentVolumeClaim',
    `${MARKS.network}=${network.name},${MARKS.pool}=${pool.name}`,
    signal,
  );
  return claims.flatMap((claim) => {
    const name = String(at(claim, ['metadata', 'name']));
    const grow = growOf(pool, name);
    const requestBytes = bytesOf(String(at(claim, ['spec', 'resources', 'requests', 'storage'])));
    if (!CHAIN_VOLUME.test(name) || requestBytes === null || grow === undefined) return [];
    const size = at(claim, ['status', 'capacity', 'storage']);
    const use: VolumeUse = {
      claim: name,
      requestBytes,
      sizeBytes: typeof size === 'string' ? bytesOf(size) : null,
      usedBytes: byClaim.get(name)?.usedBytes ?? null,
      capacityBytes: byClaim.get(name)?.capacityBytes ?? null,
    };
    const uid = String(at(claim, ['metadata', 'uid']));
    const resourceVersion = String(at(claim, ['metadata', 'resourceVersion']));
    return [{ ...decideGrowth(use, grow), pool: pool.name, place: cluster.place.name, uid, resourceVersion }];
  });
}

/** Nodes may have separate settings; their claim is then `VOLUME-NODE-0`. */
function growOf({ nodes, settings }: FleetPool, claim: string): Grow | undefined {
  const own = nodes.find(({ name }) => claim.replace(CHAIN_VOLUME, '') === `${name}-0`);
  return (own?.settings ?? settings).storage.grow;
}

async function listed(
  cluster: OpenCluster,
  kind: 'Pod' | 'PersistentVolumeClaim',
  labelSelector: string,
  signal: AbortSignal,
): Promise<readonly JsonRecord[]> {
  const found = await cluster.objects.list(
    'v1',
    kind,
    { namespace: cluster.place.namespace, labelSelector },
    signal,
  );
  if (found.ok) return found.items;
  throw clusterFault(cluster, `listing ${kind}s`, found.failure.detail);
}

/**
 * Requests the larger size of one claim, if it is still as it was read. Throws a BackupFault if the server
 * refuses.
 */
export async function growVolume(cluster: OpenCluster, plan: VolumePlan, signal: AbortSignal): Promise<void> {
  if (plan.kind !== 'grow' || plan.toBytes <= plan.fromBytes) return;
  const { namespace } = cluster.place;
  const ref = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: plan.claim };
  const { uid, resourceVersion } = plan;
  const body = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: plan.claim, namespace, uid, resourceVersion },
    spec: { resources: { requests: { storage: quantityOf(plan.toBytes) } } },
  };
  // The controller of sets wrote the first size of the claim, so we take the field over from it.
  const done = await cluster.objects.patch(body, ref, { dryRun: false, takeOver: true }, signal);
  if (!done.ok) throw clusterFault(cluster, `growing ${plan.claim}`, done.failure.detail);
}
