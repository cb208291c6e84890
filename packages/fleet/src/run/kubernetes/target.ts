import type { Clock } from '@watchbill/kit';
import type { KubernetesResource, Place, Resource } from '../../file/graph/index.ts';
import type { Done, Health, Target } from '../../file/live/index.ts';
import { createPace } from '../../file/net/index.ts';
import type { IdentifiedTarget, Identity } from '../apply/identity.ts';
import { createClient } from './client.ts';
import { type Connection, type ConnectionSettings, openConnection } from './connection.ts';
import { createDiscovery } from './discovery.ts';
import { objectHealth } from './health.ts';
import { MADE_KINDS, readId } from './kinds.ts';
import { createObjects, type ObjectRef, type Objects } from './objects.ts';
import { ownedPart } from './owned-part.ts';
import { at } from './ownership.ts';
import { keysOfPod, reachPod } from './reach-pod.ts';
import { readPlace } from './read.ts';
import { clusterRecords } from './shared-records.ts';
import { signerHealth } from './signer.ts';
import { clearStalePods } from './stale-pods.ts';
import { applyObject, removeObject } from './write.ts';

export interface KubernetesTargetOptions {
  readonly place: Place & { readonly target: 'kubernetes' };
  readonly kubeconfigFile: string | null;
  readonly clock: Clock;
  /** For one attempt of a request. Default 30 s. */
  readonly requestTimeoutMs?: number;
  /** Take fields over that other managers set. Default false: they are conflicts. */
  readonly takeOver?: boolean;
}

export type OpenedTarget =
  | { readonly ok: true; readonly target: KubernetesTarget }
  | { readonly ok: false; readonly detail: string };

export interface KubernetesTarget extends IdentifiedTarget {
  /** Address of the API server. */
  readonly server: string;
  readonly close: () => void;
}

const REQUEST_TIMEOUT_MS = 30_000;

/** A cluster as a target. Reads the kubeconfig, without contacting the cluster. */
export async function openKubernetesTarget(options: KubernetesTargetOptions): Promise<OpenedTarget> {
  const { place, kubeconfigFile } = options;
  const settings: ConnectionSettings = { kubeconfigFile, context: place.context };
  const opened = await openConnection(settings);
  if (!opened.ok) return { ok: false, detail: `cluster ${place.name}: ${opened.detail}` };
  return { ok: true, target: kubernetesTarget(opened.connection, options) };
}

/** The target over a connection that is open. */
export function kubernetesTarget(connection: Connection, options: KubernetesTargetOptions): KubernetesTarget {
  const { place, clock, takeOver = false } = options;
  const timeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const client = createClient({ connection, clock, timeoutMs, pace: createPace(clock) });
  const objects = createObjects(client, createDiscovery(client));
  const kinds = new Map(Object.entries(MADE_KINDS));
  const learn = (resources: readonly KubernetesResource[]): void => {
    for (const { body } of resources) kinds.set(body.kind, body.apiVersion);
  };
  const refOfId = (id: string): ObjectRef => {
    const read = readId(place.name, id);
    const apiVersion = kinds.get(read?.kind ?? '');
    if (read === null || apiVersion === undefined)
      throw new TypeError(`${id} is not an object of ${place.name}`);
    return { apiVersion, ...read };
  };
  return {
    place,
    server: connection.server,
    close: connection.close,
    identity: (signal) => clusterIdentity(objects, signal),
    shared: (network) => clusterRecords(objects, place.namespace, network),
    read: (network, resources, expects, signal, isKeyed) => {
      const own = resources.filter(isOfCluster);
      learn(own);
      return readPlace({ objects, place, kinds, takeOver, isKeyed }, network, own, expects, signal);
    },
    apply: async (resource, basedOn, signal): Promise<Done> => {
      if (!isOfCluster(resource)) throw new TypeError(`${resource.id} is not for a cluster`);
      learn([resource]);
      return applyObject({ objects, clock, takeOver }, resource, basedOn, signal);
    },
    remove: async (id, basedOn, { orphan }, signal): Promise<Done> =>
      removeObject({ objects, clock, takeOver }, refOfId(id), basedOn, orphan, signal),
    signer: (id, signal) =>
      signerHealth({ objects, forward: connection.forward, timeoutMs }, refOfId(id), signal),
    applied: async (id, signal) => {
      const got = await objects.get(refOfId(id), signal);
      return got.ok ? ownedPart(got.object) : null;
    },
    reach: (id, ordinal, signal) => reachPod(objects, connection.forward, refOfId(id), ordinal, signal),
    holds: (process, keys, signal) => keysOfPod(connection.forward, process, keys, signal),
    clearStale: (id, signal) => clearStalePods(objects, clock, refOfId(id), signal),
    health: async (id, signal): Promise<Health> => objectHealth(objects, refOfId(id), signal),
  } satisfies KubernetesTarget & Target;
}

function isOfCluster(resource: Resource): resource is KubernetesResource {
  return resource.target === 'kubernetes';
}

/** A cluster is known by the uid of `kube-system`, which is made once and with it. */
async function clusterIdentity(objects: Objects, signal: AbortSignal): Promise<Identity> {
  const ref = { apiVersion: 'v1', kind: 'Namespace', namespace: null, name: 'kube-system' };
  const got = await objects.get(ref, signal);
  if (!got.ok)
    return {
      ok: false,
      reason: got.failure.reason === 'forbidden' ? 'forbidden' : 'unreachable',
      detail: got.failure.detail,
    };
  return { ok: true, identity: String(at(got.object, ['metadata', 'uid'])) };
}
