import { isRecord, type JsonRecord } from '@watchbill/kit';
import { portsOf } from '../../../file/emit/index.ts';
import { MARKS, setProcesses } from '../../../file/graph/index.ts';
import type { FleetNode, Network } from '../../../file/normalise/index.ts';
import type { ObjectRef } from '../../kubernetes/objects.ts';
import { ownedPart } from '../../kubernetes/owned-part.ts';
import { at, networkOf } from '../../kubernetes/ownership.ts';
import { type PodFacts, podFacts } from '../../kubernetes/pods.ts';
import { BackupFault } from '../backup-fault.ts';
import { canSign } from '../control/signing.ts';
import { withRpc } from '../control/with-rpc.ts';
import { type AskRpc, factsOver, hashOver } from '../facts.ts';
import type { NodeControl } from '../port.ts';
import type { Running } from '../run-state.ts';
import { clusterFault, type OpenCluster } from './open.ts';
import { untilTrue } from './retry.ts';

/** Until a pod is gone, or one that changes has settled. */
const GONE_MS = 300_000;
const SETTLED_MS = 30_000;

/**
 * A node on a cluster with a separate set. It is stopped and started by its number of replicas, 0 or 1; the
 * rest of the set stays unchanged.
 */
export function clusterControl(cluster: OpenCluster, network: Network, fleetNode: FleetNode): NodeControl {
  const { name: node, pool, role, settings } = fleetNode;
  const { clock } = cluster;
  const set: NodeSet = { cluster, network, node: fleetNode };
  return {
    network: network.name,
    node,
    pool,
    role,
    pruning: settings.pruning,
    running: async (signal) => {
      let last: Running = 'unknown';
      const isKnown = async (): Promise<boolean> => {
        last = await look(set, signal);
        return last !== 'unknown';
      };
      await untilTrue({ clock }, isKnown, SETTLED_MS, signal);
      return last;
    },
    // Its volume cannot be read from outside, so it is only known whether the node signs.
    signing: async (signal) => ({
      signs: canSign(role, setProcesses(await liveSet(set, signal))),
      keys: [],
    }),
    facts: (signal) => asked(set, signal, (ask) => factsOver(ask, signal)),
    hashOf: (number, signal) => asked(set, signal, (ask) => hashOver(ask, number, signal)),
    stop: async (signal) => {
      await scale(set, 0, signal);
      if (await untilTrue({ clock }, async () => (await look(set, signal)) === 'no', GONE_MS, signal)) return;
      throw clusterFault(cluster, `stopping ${node}`, 'its pod is not gone in time');
    },
    start: (signal) => scale(set, 1, signal),
  };
}

/** The StatefulSet of one node. */
interface NodeSet {
  readonly cluster: OpenCluster;
  readonly network: Network;
  readonly node: FleetNode;
}

function refOf({ cluster, node }: NodeSet): ObjectRef {
  const { namespace } = cluster.place;
  return { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: node.name };
}

async function liveSet(set: NodeSet, signal: AbortSignal): Promise<JsonRecord> {
  const { cluster, network, node } = set;
  const got = await cluster.objects.get(refOf(set), signal);
  if (!got.ok) throw clusterFault(cluster, `StatefulSet ${node.name}`, got.failure.detail);
  if (networkOf(got.object) === network.name) return got.object;
  throw new BackupFault(
    'cluster',
    `StatefulSet ${node.name} was not made for ${network.name}`,
    'list the objects in that namespace',
  );
}

async function pods({ cluster, network, node }: NodeSet, signal: AbortSignal): Promise<readonly PodFacts[]> {
  const { namespace } = cluster.place;
  const labelSelector = `${MARKS.network}=${network.name},${MARKS.node}=${node.name}`;
  const listed = await cluster.objects.list('v1', 'Pod', { namespace, labelSelector }, signal);
  if (!listed.ok) throw clusterFault(cluster, `the pods of ${node.name}`, listed.failure.detail);
  return listed.items.map(podFacts);
}

async function look(set: NodeSet, signal: AbortSignal): Promise<Running> {
  const replicas = at(await liveSet(set, signal), ['spec', 'replicas']);
  const all = await pods(set, signal);
  if (replicas === 0 && all.length === 0) return 'no';
  const [one, ...others] = all;
  const isUp = replicas === 1 && others.length === 0 && one?.ready === 'yes' && !one.ending;
  return isUp ? 'yes' : 'unknown';
}

async function scale(set: NodeSet, replicas: 0 | 1, signal: AbortSignal): Promise<void> {
  const {
    cluster,
    node: { name: node },
  } = set;
  const live = await liveSet(set, signal);
  const now = at(live, ['spec', 'replicas']);
  if (now === replicas) return;
  if (now !== 0 && now !== 1)
    throw new BackupFault(
      'cluster',
      `StatefulSet ${node} has ${now} pods`,
      'a backup needs a node with a separate set: layout set-each',
    );
  const own = ownedPart(live);
  const spec = own === null ? undefined : own.spec;
  if (own === null || !isRecord(spec))
    throw clusterFault(cluster, `StatefulSet ${node}`, 'watchbill set none of its fields');
  const resourceVersion = at(live, ['metadata', 'resourceVersion']) ?? null;
  const body = { ...own, metadata: { ...own.metadata, resourceVersion }, spec: { ...spec, replicas } };
  const done = await cluster.objects.patch(body, refOf(set), { dryRun: false, takeOver: false }, signal);
  if (done.ok) return;
  // Only its status may have changed, so the next try may succeed.
  if (done.failure.reason === 'changed' && !signal.aborted) return scale(set, replicas, signal);
  throw clusterFault(cluster, `scaling ${node} to ${replicas}`, done.failure.detail);
}

/** The answers of the node over RPC, through the API server. */
async function asked<Value>(
  set: NodeSet,
  signal: AbortSignal,
  work: (ask: AskRpc) => Promise<Value>,
): Promise<Value> {
  const { cluster, node } = set;
  const [pod] = await pods(set, signal);
  if (pod === undefined || pod.ready !== 'yes') throw new Error('its pod is not ready');
  const way = await cluster.forward(cluster.place.namespace, pod.name, portsOf(node, 'kubernetes').rpc);
  try {
    return await withRpc(`http://127.0.0.1:${way.port}`, work);
  } finally {
    way.close();
  }
}
