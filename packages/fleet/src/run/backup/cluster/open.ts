import type { Clock } from '@watchbill/kit';
import { createPace } from '../../../file/net/index.ts';
import type { ClusterPlace } from '../../../file/normalise/index.ts';
import { type Client, createClient } from '../../kubernetes/client.ts';
import { type Connection, openConnection } from '../../kubernetes/connection.ts';
import { createDiscovery } from '../../kubernetes/discovery.ts';
import { createObjects, type Objects } from '../../kubernetes/objects.ts';
import { BackupFault } from '../backup-fault.ts';

/** One cluster, for operations outside a plan. */
export interface OpenCluster {
  readonly place: ClusterPlace;
  readonly objects: Objects;
  readonly client: Client;
  readonly forward: Connection['forward'];
  readonly clock: Clock;
  readonly close: () => void;
}

const REQUEST_TIMEOUT_MS = 30_000;

/** Reads the kubeconfig, without contacting the cluster. Throws a BackupFault. */
export async function openCluster(
  place: ClusterPlace,
  kubeconfigFile: string | null,
  clock: Clock,
): Promise<OpenCluster> {
  const opened = await openConnection({ kubeconfigFile, context: place.context });
  if (!opened.ok)
    throw new BackupFault(
      'cluster',
      `cluster ${place.name}: ${opened.detail}`,
      'name a kubeconfig with --kubeconfig, and the context in the network file',
    );
  const { connection } = opened;
  const client = createClient({ connection, clock, timeoutMs: REQUEST_TIMEOUT_MS, pace: createPace(clock) });
  const objects = createObjects(client, createDiscovery(client));
  return { place, objects, client, clock, forward: connection.forward, close: connection.close };
}

/** The fault of a cluster that refused a request or failed. */
export function clusterFault(
  { place }: Pick<OpenCluster, 'place'>,
  what: string,
  detail: string,
): BackupFault {
  return new BackupFault(
    'cluster',
    `cluster ${place.name}: ${what}: ${detail}`,
    'check the cluster; then run this again',
  );
}
