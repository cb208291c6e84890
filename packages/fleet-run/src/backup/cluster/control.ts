import { type Clock, isRecord, type JsonRecord } from '@watchbill/base';
import { portsOf } from '@watchbill/fleet/emit';
import { MARKS, setProcesses } from '@watchbill/fleet/graph';
import type { FleetNode, Network } from '@watchbill/fleet/normalise';
import type { ObjectRef } from '../../kubernetes/objects.ts';
import { ownedPart } from '../../kubernetes/owned-part.ts';
import { at, networkOf } from '../../kubernetes/ownership.ts';
import { podFacts } from '../../kubernetes/pods.ts';
import { canSign } from '../control/signing.ts';
import { withRpc } from '../control/with-rpc.ts';
import { type AskRpc, factsOver, hashOver } from '../facts.ts';
import { BackupFault } from '../fault.ts';
import type { NodeControl } from '../port.ts';
import type { Running } from '../run-state.ts';
import { clusterFault, type OpenCluster } from './open.ts';

/** Until a pod is gone, or one that changes has settled. */
const GONE_MS = 300_000;
const SETTLED_MS = 30_000;
const LOOK_EVERY_MS = 250;

/**
 * A node on a cluster with a separate set. It is stopped and started by its number of replicas, 0 or 1; the
 * rest of the set stays unchanged.
 */
export function clusterControl(cluster: OpenCluster, network: Network, fleetNode: FleetNode): NodeControl {
  const { name: node, pool, role, settings } = fleetNode;
  const { objects, clock, forward } = cluster;
  const { namespace } = cluster.place;
  const ref: ObjectRef = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: node };
  const labelSelector = `${MARKS.network}=${network.name},${MARKS.node}=${node}`;

  async function set(signal: AbortSignal): Promise<JsonRecord> {
    const got = await objects.get(ref, signal);
    if (!got.ok) throw clusterFault(cluster, `StatefulSet ${node}`, got.failure.detail);
    if (networkOf(got.object) === network.name) return got.object;
    throw new BackupFault(
      'cluster',
      `StatefulSet ${node} was not made for ${network.name}`,
      'list the objects in that namespace',
    );
  }

  async function pods(signal: AbortSignal) {
    const listed = await objects.list('v1', 'Pod', { namespace, labelSelector }, signal);
    if (!listed.ok) throw clusterFault(cluster, `the pods of ${node}`, listed.failure.detail);
    return listed.items.map(podFacts);
  }

  async function look(signal: AbortSignal): Promise<Running> {
    const replicas = at(await set(signal), ['spec', 'replicas']);
    const all = await pods(signal);
    if (replicas === 0 && all.length === 0) return 'no';
    const [one, ...others] = all;
    const isUp = replicas === 1 && others.length === 0 && one?.ready === 'yes' && !one.ending;
    return isUp ? 'yes' : 'unknown';
  }

  async function scale(replicas: 0 | 1, signal: AbortSignal): Promise<void> {
    const live = await set(signal);
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
    const done = await objects.patch(body, ref, { dryRun: false, takeOver: false }, signal);
    if (done.ok) return;
    // Only its status may have changed, so the next try may succeed.
    if (done.failure.reason === 'changed' && !signal.aborted) return scale(replicas, signal);
    throw clusterFault(cluster, `scaling ${node} to ${replicas}`, done.failure.detail);
  }

  async function asked<Value>(signal: AbortSignal, work: (ask: AskRpc) => Promise<Value>): Promise<Value> {
    const [pod] = await pods(signal);
    if (pod === undefined || pod.ready !== 'yes') throw new Error('its pod is not ready');
    const way = await forward(namespace, pod.name, portsOf(fleetNode, 'kubernetes').rpc);
    try {
      return await withRpc(`http://127.0.0.1:${way.port}`, work);
    } finally {
      way.close();
    }
  }

  return {
    network: network.name,
    node,
    pool,
    role,
    pruning: settings.pruning,
    running: async (signal) => {
      let last: Running = 'unknown';
      const isKnown = async (): Promise<boolean> => {
        last = await look(signal);
        return last !== 'unknown';
      };
      await until(clock, isKnown, SETTLED_MS, signal);
      return last;
    },
    // Its volume cannot be read from outside, so it is only known whether the node signs.
    signing: async (signal) => ({
      signs: canSign(role, setProcesses(await set(signal))),
      keys: [],
    }),
    facts: (signal) => asked(signal, (ask) => factsOver(ask, signal)),
    hashOf: (number, signal) => asked(signal, (ask) => hashOver(ask, number, signal)),
    stop: async (signal) => {
      await scale(0, signal);
      if (await until(clock, async () => (await look(signal)) === 'no', GONE_MS, signal)) return;
      throw clusterFault(cluster, `stopping ${node}`, 'its pod is not gone in time');
    },
    start: (signal) => scale(1, signal),
  };
}

/** True if the condition was met in time. */
async function until(
  clock: Clock,
  is: () => Promise<boolean>,
  ms: number,
  outer: AbortSignal,
): Promise<boolean> {
  const deadlineMs = clock.monotonicMs() + ms;
  while (clock.monotonicMs() < deadlineMs && !outer.aborted) {
    if (await is()) return true;
    await clock.sleep(LOOK_EVERY_MS, outer);
  }
  return false;
}
