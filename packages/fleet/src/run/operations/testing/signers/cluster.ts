import { digestOf, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import { FIELD_MANAGER, type KubernetesResource, MARKS, type Place } from '../../../../file/graph/index.ts';
import type { IdentifiedTarget } from '../../../apply/identity.ts';
import { objectHealth } from '../../../kubernetes/health.ts';
import { readId } from '../../../kubernetes/kinds.ts';
import type { Got, ObjectRef, Objects } from '../../../kubernetes/objects.ts';
import { at } from '../../../kubernetes/ownership.ts';
import { readPlace } from '../../../kubernetes/read.ts';
import { clusterRecords } from '../../../kubernetes/shared-records.ts';
import { fits } from '../../../kubernetes/testing/fake-objects.ts';
import { applyObject, removeObject } from '../../../kubernetes/write.ts';
import { publicKey } from './claims.ts';
import { startOnVolume } from './volumes.ts';
import { heldOf, type Process, type World } from './world.ts';

export type ClusterPlace = Place & { readonly target: 'kubernetes' };

/** A cluster: an API server with its objects, and the controller of its StatefulSets. */
export interface SimulatedCluster {
  readonly name: string;
  /** By `KIND NAMESPACE/NAME`. */
  readonly stored: Map<string, JsonRecord>;
  /** Public keys by name of a pod. */
  readonly running: Map<string, readonly string[]>;
  /** Public keys that were born in keystores, by name of a claim. */
  readonly volumes: Map<string, readonly string[]>;
  /** Keys that were inserted into running pods by RPC, until they end. No object shows them. */
  readonly inserted: Map<string, readonly string[]>;
  /** From the moment that a pod is asked to end. */
  lateMs: number;
  /** Lets the controller work. */
  readonly control: (nowMs: number) => void;
  readonly processes: () => readonly Process[];
  /** Applies objects as the tool of this manager does. */
  readonly put: (object: JsonRecord, manager: string) => JsonRecord;
}

const KINDS = new Map([
  ['StatefulSet', 'apps/v1'],
  ['Pod', 'v1'],
  ['NetworkPolicy', 'networking.k8s.io/v1'],
]);

export function createCluster(name: string): SimulatedCluster {
  const stored: SimulatedCluster['stored'] = new Map();
  const running: SimulatedCluster['running'] = new Map();
  const inserted: SimulatedCluster['inserted'] = new Map();
  let made = 0;
  const cluster: SimulatedCluster = {
    ...{ name, stored, running, inserted, volumes: new Map(), lateMs: 0 },
    control: (nowMs) => control(cluster, nowMs),
    processes: () =>
      [...running].map(([pod, keys]) => ({
        ...{ id: `${name}/${pod}`, home: cluster },
        keys: [...keys, ...(inserted.get(pod) ?? [])],
      })),
    put: (object, manager) => {
      const before = stored.get(nameOf(object));
      const uid = at(before, ['metadata', 'uid']) ?? `${name}-${made++}`;
      const after = appliedBy(object, manager, uid);
      stored.set(nameOf(object), after);
      return after;
    },
  };
  return cluster;
}

function appliedBy(object: JsonRecord, manager: string, uid: Json): JsonRecord {
  const fieldsV1 = { 'f:metadata': { 'f:labels': { [`f:${MARKS.network}`]: {} } } };
  const managedFields = [{ manager, operation: 'Apply', fieldsV1 }];
  return { ...object, metadata: { ...recordAt(object, 'metadata'), uid, managedFields } };
}

/** The target of a context, over the real requests for reading, writing and health. */
export function clusterTargetOf(
  cluster: SimulatedCluster,
  place: ClusterPlace,
  { clock }: Pick<World, 'clock'>,
): IdentifiedTarget {
  const objects = objectsOf(cluster);
  const settings = { objects, place, clock, kinds: KINDS, takeOver: false };
  const refOf = (id: string): ObjectRef => {
    const read = readId(place.name, id);
    if (read === null) throw new TypeError(`${id} is not an object of ${place.name}`);
    return { apiVersion: KINDS.get(read.kind) ?? '', ...read };
  };
  const isOwn = (one: { readonly target: string }): one is KubernetesResource => one.target === 'kubernetes';
  return {
    place,
    identity: async () => ({ ok: true, identity: cluster.name }),
    shared: (network) => clusterRecords(objects, place.namespace, network),
    read: (network, resources, expects, signal, isKeyed) =>
      readPlace({ ...settings, isKeyed }, network, resources.filter(isOwn), expects, signal),
    apply: async (resource, basedOn, signal) => {
      if (!isOwn(resource)) throw new TypeError(`${resource.id} is not for a cluster`);
      const done = await applyObject(settings, resource, basedOn, signal);
      cluster.control(clock.nowMs());
      return done;
    },
    remove: async (id, basedOn, { orphan }, signal) => {
      const done = await removeObject(settings, refOf(id), basedOn, orphan, signal);
      cluster.control(clock.nowMs());
      return done;
    },
    health: (id, signal) => objectHealth(objects, refOf(id), signal),
    signer: async () => ({ state: 'healthy' }),
    holds: async ({ name }, keys) => heldOf(cluster.processes(), `${cluster.name}/${name}`, keys),
  };
}

function objectsOf(cluster: SimulatedCluster): Objects {
  const { stored } = cluster;
  const missing: Got = { ok: false, failure: { reason: 'not-found', detail: 'it is not there' } };
  const get = ({ kind, namespace, name }: ObjectRef): Got => {
    const object = stored.get(`${kind} ${namespace ?? ''}/${name}`);
    return object === undefined ? missing : { ok: true, object };
  };
  return {
    get: async (ref) => get(ref),
    list: async (_version, kind, { namespace, labelSelector }) => {
      const start = `${kind} ${namespace ?? ''}`;
      const terms = labelSelector?.split(',') ?? [];
      const items = [...stored].flatMap(([key, one]) =>
        key.startsWith(start) && terms.every((term) => fits(one, term)) ? [one] : [],
      );
      return { ok: true, items };
    },
    patch: async (object, ref, { dryRun }) => {
      const current = get(ref);
      const uid = current.ok ? at(current.object, ['metadata', 'uid']) : undefined;
      const wanted = at(object, ['metadata', 'uid']);
      if (wanted !== undefined && wanted !== uid)
        return { ok: false, failure: { reason: 'changed', detail: 'it is another object' } };
      if (dryRun) return { ok: true, object: appliedBy(object, FIELD_MANAGER, uid ?? '') };
      return { ok: true, object: cluster.put(object, FIELD_MANAGER) };
    },
    replace: async (object, ref) => {
      const current = get(ref);
      const version = (one: JsonRecord) => at(one, ['metadata', 'resourceVersion']);
      const found = current.ok ? version(current.object) : undefined;
      if (version(object) !== found)
        return { ok: false, failure: { reason: 'changed', detail: 'it is of another version' } };
      const resourceVersion = String(Number(found ?? 0) + 1);
      const metadata = { ...recordAt(object, 'metadata'), uid: cluster.name, resourceVersion };
      stored.set(nameOf(object), { ...object, metadata });
      return { ok: true, object: { ...object, metadata } };
    },
    remove: async (ref) => {
      const current = get(ref);
      stored.delete(`${ref.kind} ${ref.namespace ?? ''}/${ref.name}`);
      return current;
    },
  };
}

/** Ends pods whose time has come, asks others to end, and makes those that are missing. */
function control(cluster: SimulatedCluster, nowMs: number): void {
  const { stored, running, inserted } = cluster;
  for (const [key, pod] of stored) {
    if (pod.kind !== 'Pod') continue;
    const owner = String(at(pod, ['metadata', 'name'])).replace(/-0$/, '');
    const set = stored.get(`StatefulSet ${String(at(pod, ['metadata', 'namespace']))}/${owner}`);
    const isWanted = set !== undefined && replicasOf(set) > 0 && revisionOf(set) === podRevision(pod);
    const endsAtMs = at(pod, ['metadata', 'endsAtMs']) ?? (isWanted ? null : nowMs + cluster.lateMs);
    if (endsAtMs === null) continue;
    if (Number(endsAtMs) > nowMs) {
      const metadata = { ...recordAt(pod, 'metadata'), endsAtMs, deletionTimestamp: 'now' };
      stored.set(key, { ...pod, metadata });
      continue;
    }
    stored.delete(key);
    const name = String(at(pod, ['metadata', 'name']));
    running.delete(name);
    inserted.delete(name);
  }
  for (const set of [...stored.values()].filter(({ kind }) => kind === 'StatefulSet')) makePod(cluster, set);
}

function makePod(cluster: SimulatedCluster, set: JsonRecord): void {
  const { stored, running } = cluster;
  const metadata = recordAt(set, 'metadata');
  const template = recordAt(recordAt(set, 'spec'), 'template');
  const name = `${String(metadata.name)}-0`;
  const revision = revisionOf(set);
  stored.set(nameOf(set), { ...set, status: { updateRevision: revision } });
  const key = `Pod ${String(metadata.namespace)}/${name}`;
  if (replicasOf(set) === 0 || stored.has(key)) return;
  const seeds = seedsOf(stored, metadata.namespace, template);
  const born = startOnVolume(cluster, set, seeds !== 'none');
  if (seeds === null) return;
  const keys = seeds === 'none' ? born : seeds;
  const own = recordAt(template, 'metadata');
  stored.set(key, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...own,
      ...{ name, namespace: metadata.namespace ?? null },
      labels: { ...recordAt(own, 'labels'), 'controller-revision-hash': revision },
      ownerReferences: [{ kind: 'StatefulSet', name: metadata.name ?? null }],
    },
    spec: template.spec ?? null,
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  });
  running.set(name, keys);
}

/** Public keys. Null if the Secret is not there, so that the pod does not start. */
function seedsOf(
  stored: SimulatedCluster['stored'],
  namespace: Json | undefined,
  template: JsonRecord,
): readonly string[] | 'none' | null {
  const secretName = /"secretName":"([^"]+)"/.exec(JSON.stringify(template))?.[1];
  if (secretName === undefined) return 'none';
  const secret = stored.get(`Secret ${String(namespace)}/${secretName}`);
  const seed = at(secret, ['data', 'gran']);
  const key = typeof seed === 'string' ? publicKey(Buffer.from(seed, 'base64').toString()) : null;
  return key === null ? null : [key];
}

function replicasOf(set: JsonRecord): number {
  return Number(at(set, ['spec', 'replicas']) ?? 1);
}

/** By template: the controller looks at each set after each moment. */
const revisions = new WeakMap<JsonRecord, string>();

function revisionOf(set: JsonRecord): string {
  const template = recordAt(recordAt(set, 'spec'), 'template');
  const known = revisions.get(template) ?? digestOf(template).slice(0, 10);
  revisions.set(template, known);
  return known;
}

function podRevision(pod: JsonRecord): Json | undefined {
  return at(pod, ['metadata', 'labels', 'controller-revision-hash']);
}

export function nameOf(object: JsonRecord): string {
  const { namespace = '', name = '' } = recordAt(object, 'metadata');
  return `${String(object.kind)} ${String(namespace)}/${String(name)}`;
}

function recordAt(value: JsonRecord, name: string): JsonRecord {
  const found = value[name];
  return isRecord(found) ? found : {};
}
