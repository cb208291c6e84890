import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import type { VirtualClock } from '@watchbill/kit/testing';
import type { Client, Reply } from '../../../kubernetes/client.ts';
import type { HttpRequest } from '../../../kubernetes/connection.ts';
import { createDiscovery } from '../../../kubernetes/discovery.ts';
import { createObjects } from '../../../kubernetes/objects.ts';
import { at } from '../../../kubernetes/ownership.ts';
import { backupClock } from '../../testing/fake-backup.ts';
import type { OpenCluster } from '../open.ts';

/** Kinds by the address under which the server has them. */
const KINDS: Readonly<Record<string, readonly (readonly [string, string, boolean])[]>> = {
  '/api/v1': [
    ['pods', 'Pod', true],
    ['persistentvolumeclaims', 'PersistentVolumeClaim', true],
    ['persistentvolumes', 'PersistentVolume', false],
    ['resourcequotas', 'ResourceQuota', true],
  ],
  '/apis/apps/v1': [['statefulsets', 'StatefulSet', true]],
  '/apis/storage.k8s.io/v1': [['storageclasses', 'StorageClass', false]],
  '/apis/snapshot.storage.k8s.io/v1': [
    ['volumesnapshots', 'VolumeSnapshot', true],
    ['volumesnapshotcontents', 'VolumeSnapshotContent', false],
  ],
};

export interface FakeCluster {
  /** Objects by `PLURAL/NAME`. */
  readonly objects: Map<string, JsonRecord>;
  /** The content of each volume, by its name; a volume with `Delete` loses it with its claim. */
  readonly data: Map<string, string>;
  /** The content of a new volume, by its snapshot. */
  readonly snapshots: Map<string, string>;
  /** Rights that the user does not have: `patch persistentvolumes`. */
  readonly denied: Set<string>;
  /** Why new claims are refused; null: they are taken. */
  refusesClaims: string | null;
  readonly writes: string[];
  readonly clock: VirtualClock;
  /** A new process over the same cluster. `call` is awaited before each request, and may never settle. */
  readonly open: (call: (name: string) => Promise<void>) => OpenCluster;
}

/**
 * In place of an API server with the controllers of claims and volumes and a provisioner: it does their work
 * at once. Writes are those that a restore makes; anything else is refused.
 */
export function fakeCluster(): FakeCluster {
  let count = 0;
  const next = (): string => {
    count += 1;
    return String(count);
  };
  const own: FakeCluster = {
    objects: new Map(),
    data: new Map(),
    snapshots: new Map(),
    denied: new Set(),
    refusesClaims: null,
    writes: [],
    clock: backupClock(),
    open: (call) => {
      const send = async (request: HttpRequest): Promise<Reply> => {
        const path = request.path.replace(/\?.*$/, '');
        await call(`${request.method} ${path.split('/').slice(-2).join('/')}`);
        if (request.method !== 'GET' && !path.endsWith('reviews'))
          own.writes.push(`${request.method} ${path}`);
        return handle(own, request, path, next);
      };
      const client: Client = { server: 'https://fake', ask: send, tell: send };
      return {
        place: {
          target: 'kubernetes',
          name: 'east',
          context: null,
          namespace: 'harbour',
        } as OpenCluster['place'],
        client,
        objects: createObjects(client, createDiscovery(client)),
        forward: () => Promise.reject(new Error('no pod of the stand-in has ports')),
        clock: own.clock,
        close: () => undefined,
      };
    },
  };
  return own;
}

function answer(status: number, body: JsonRecord): Reply {
  return { kind: 'answer', status, body };
}

function handle(own: FakeCluster, request: HttpRequest, path: string, next: () => string): Reply {
  if (path.endsWith('/selfsubjectaccessreviews')) return review(own, request);
  const kinds = KINDS[path];
  if (kinds !== undefined)
    return answer(200, { resources: kinds.map(([name, kind, namespaced]) => ({ name, kind, namespaced })) });
  const [, plural = '', name = ''] =
    /\/(pods|persistentvolumeclaims|persistentvolumes|resourcequotas|statefulsets|storageclasses|volumesnapshots|volumesnapshotcontents)(?:\/([^/]+))?$/.exec(
      path,
    ) ?? [];
  if (plural === '') return answer(404, { message: `no ${path}` });
  const key = `${plural}/${name}`;
  const found = own.objects.get(key);
  if (request.method === 'POST')
    return create(own, plural, JSON.parse(request.body ?? '{}') as JsonRecord, next);
  if (name === '') return answer(200, { items: listed(own, plural) });
  if (found === undefined) return answer(404, { message: `${key} not found` });
  if (request.method === 'PATCH') return patch(own, key, found, request, next);
  if (request.method === 'DELETE') return remove(own, key, found, request);
  return answer(200, found);
}

function listed(own: FakeCluster, plural: string): readonly JsonRecord[] {
  return [...own.objects].filter(([key]) => key.startsWith(`${plural}/`)).map(([, object]) => object);
}

function review(own: FakeCluster, { body }: HttpRequest): Reply {
  const asked = at(JSON.parse(body ?? '{}') as JsonRecord, ['spec', 'resourceAttributes']);
  const right = `${at(asked, ['verb'])} ${at(asked, ['resource'])}`;
  return answer(201, { status: { allowed: !own.denied.has(right) } });
}

/** A new claim is bound at once: to the volume that it names and that is free for it, or to a new one. */
function create(own: FakeCluster, plural: string, body: JsonRecord, next: () => string): Reply {
  const name = String(at(body, ['metadata', 'name']));
  const key = `${plural}/${name}`;
  if (plural !== 'persistentvolumeclaims') return answer(422, { message: 'the stand-in makes claims alone' });
  if (own.objects.has(key)) return answer(409, { reason: 'AlreadyExists', message: `${name} exists` });
  if (own.refusesClaims !== null) return answer(403, { message: own.refusesClaims });
  const uid = `claim-${next()}`;
  const wanted = at(body, ['spec', 'volumeName']);
  const volume = typeof wanted === 'string' ? wanted : `pvc-${uid}`;
  const claimRef = { namespace: 'harbour', name, uid };
  if (typeof wanted === 'string') {
    const old = own.objects.get(`persistentvolumes/${wanted}`);
    const isFree =
      at(old, ['spec', 'claimRef', 'uid']) === undefined && at(old, ['spec', 'claimRef', 'name']) === name;
    if (old === undefined || !isFree)
      return answer(422, { message: 'the volume is not free for that claim' });
    put(own, `persistentvolumes/${wanted}`, { ...old, spec: { ...recordOf(old.spec), claimRef } }, next);
  } else {
    own.data.set(volume, own.snapshots.get(String(at(body, ['spec', 'dataSource', 'name']))) ?? 'empty');
    const metadata = { name: volume, uid: `uid-${volume}`, creationTimestamp: '2026-11-21T02:00:00Z' };
    put(
      own,
      `persistentvolumes/${volume}`,
      { metadata, spec: { claimRef, persistentVolumeReclaimPolicy: 'Delete' } },
      next,
    );
  }
  const metadata = { ...recordOf(body.metadata), uid, creationTimestamp: '2026-11-21T02:00:00Z' };
  const spec = { ...recordOf(body.spec), volumeName: volume };
  return answer(201, put(own, key, { ...body, metadata, spec, status: { phase: 'Bound' } }, next));
}

function recordOf(value: Json | undefined): JsonRecord {
  return isRecord(value) ? value : {};
}

function put(own: FakeCluster, key: string, object: JsonRecord, next: () => string): JsonRecord {
  const kept = { ...object, metadata: { ...recordOf(object.metadata), resourceVersion: next() } };
  own.objects.set(key, kept);
  return kept;
}

/** Removing a claim removes its volume if its policy is `Delete`. */
function remove(own: FakeCluster, key: string, found: JsonRecord, { body }: HttpRequest): Reply {
  const wanted = at(JSON.parse(body ?? '{}') as JsonRecord, ['preconditions', 'uid']);
  if (wanted !== undefined && wanted !== at(found, ['metadata', 'uid']))
    return answer(409, { message: 'another uid' });
  own.objects.delete(key);
  if (key.startsWith('persistentvolumeclaims/')) release(own, String(at(found, ['spec', 'volumeName'])));
  return answer(200, found);
}

function release(own: FakeCluster, volume: string): void {
  if (
    at(own.objects.get(`persistentvolumes/${volume}`), ['spec', 'persistentVolumeReclaimPolicy']) !== 'Delete'
  )
    return;
  own.objects.delete(`persistentvolumes/${volume}`);
  own.data.delete(volume);
}

function patch(
  own: FakeCluster,
  key: string,
  found: JsonRecord,
  { body, contentType }: HttpRequest,
  next: () => string,
): Reply {
  if (contentType !== 'application/json-patch+json') return answer(415, { message: 'JSON patches alone' });
  const changes = JSON.parse(body ?? '[]') as readonly { op: string; path: string; value?: Json }[];
  let object = found;
  for (const { op, path, value } of changes) {
    const parts = path.slice(1).split('/');
    if (op === 'test' && at(object, parts) !== value) return answer(422, { message: `${path} is otherwise` });
    if (op !== 'test') object = withValue(object, parts, value ?? null);
  }
  const kept = put(own, key, object, next);
  // A volume without a claim is removed when its policy is set back.
  const claim = at(kept, ['spec', 'claimRef', 'uid']);
  const isOwned = listed(own, 'persistentvolumeclaims').some((one) => at(one, ['metadata', 'uid']) === claim);
  if (key.startsWith('persistentvolumes/') && !isOwned && claim !== undefined)
    release(own, key.slice('persistentvolumes/'.length));
  return answer(200, kept);
}

function withValue(object: JsonRecord, [first = '', ...rest]: readonly string[], value: Json): JsonRecord {
  if (rest.length === 0) return { ...object, [first]: value };
  const inner = object[first];
  if (isList(inner)) throw new Error('the stand-in changes no lists');
  return { ...object, [first]: withValue(recordOf(inner), rest, value) };
}
