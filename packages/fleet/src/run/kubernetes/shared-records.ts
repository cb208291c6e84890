import { type JsonRecord, jsonOrNull } from '@watchbill/kit';
import { z } from 'zod';
import type { ReadRecord, RecordName, SharedRecords, WrittenRecord } from '../apply/shared-records.ts';
import type { ObjectRef, Objects } from './objects.ts';
import { at } from './ownership.ts';
import type { Failure } from './refusal.ts';

const MEMORY_KEY = 'memory.jsonl';
const LOCK_ANNOTATION = 'watchbill/lock';
const LEASE_SECONDS = 60;

/**
 * The shared records of a network in a cluster: a ConfigMap with the memory and a Lease as the lock, in the
 * namespace of the network. They have no mark of the network, so no plan removes them. The text of the lock
 * is an annotation; the fields of the Lease repeat it for `kubectl`.
 */
export function clusterRecords(objects: Objects, namespace: string, network: string): SharedRecords {
  const refOf = (name: RecordName): ObjectRef => ({
    apiVersion: name === 'memory' ? 'v1' : 'coordination.k8s.io/v1',
    kind: name === 'memory' ? 'ConfigMap' : 'Lease',
    namespace,
    name: `watchbill-fleet-${network}`,
  });
  return {
    read: async (name, signal): Promise<ReadRecord> => {
      const got = await objects.get(refOf(name), signal);
      if (got.ok)
        return { ok: true, record: { text: textOf(name, got.object), version: versionOf(got.object) } };
      if (got.failure.reason === 'not-found') return { ok: true, record: null };
      const reason = got.failure.reason === 'forbidden' ? 'forbidden' : 'unreachable';
      return { ok: false, reason, detail: got.failure.detail };
    },
    write: async (name, text, version, signal): Promise<WrittenRecord> => {
      const ref = refOf(name);
      const done = await objects.replace(objectOf(ref, name, text, version), ref, signal);
      if (done.ok) return { outcome: 'done', version: versionOf(done.object) };
      return refusedOf(done.failure, version);
    },
  };
}

function refusedOf({ reason, detail }: Failure, version: string | null): WrittenRecord {
  if (reason === 'changed' || reason === 'exists') return { outcome: 'changed', detail };
  // A record that was there is gone; one that was never there lacks its namespace.
  if (reason === 'not-found') return { outcome: version === null ? 'missing' : 'changed', detail };
  if (reason === 'forbidden' || reason === 'unreachable') return { outcome: reason, detail };
  return { outcome: 'unknown', detail };
}

function versionOf(object: JsonRecord): string {
  return `${String(at(object, ['metadata', 'uid']))} ${String(at(object, ['metadata', 'resourceVersion']))}`;
}

function textOf(name: RecordName, object: JsonRecord): string {
  const text =
    name === 'memory'
      ? at(object, ['data', MEMORY_KEY])
      : at(object, ['metadata', 'annotations', LOCK_ANNOTATION]);
  return typeof text === 'string' ? text : '';
}

function objectOf(
  { apiVersion, kind, namespace, name: objectName }: ObjectRef,
  name: RecordName,
  text: string,
  version: string | null,
): JsonRecord {
  const [uid = '', resourceVersion = ''] = (version ?? '').split(' ');
  const metadata = {
    ...{ name: objectName, namespace, labels: { 'app.kubernetes.io/managed-by': 'watchbill' } },
    ...(version === null ? {} : { uid, resourceVersion }),
  };
  if (name === 'memory') return { apiVersion, kind, metadata, data: { [MEMORY_KEY]: text } };
  return {
    ...{ apiVersion, kind },
    metadata: { ...metadata, annotations: { [LOCK_ANNOTATION]: text } },
    spec: leaseSpec(text),
  };
}

const LOCK = z.object({
  holder: z.object({ user: z.string(), host: z.string(), pid: z.number() }).nullable(),
  sinceMs: z.number(),
  renewedMs: z.number(),
  takeovers: z.number(),
});

/** For people who read the Lease. No decision depends on these fields. */
function leaseSpec(text: string): JsonRecord {
  const lock = LOCK.safeParse(jsonOrNull(text)).data;
  if (lock?.holder == null) return {};
  const { user, host, pid } = lock.holder;
  return {
    holderIdentity: `${user}@${host} ${pid}`,
    leaseDurationSeconds: LEASE_SECONDS,
    acquireTime: microTime(lock.sinceMs),
    renewTime: microTime(lock.renewedMs),
    leaseTransitions: lock.takeovers,
  };
}

/** RFC 3339 with microseconds, as Leases have it. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
