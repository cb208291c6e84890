import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, JsonRecord } from '@watchbill/kit';
import { createVirtualClock, field } from '@watchbill/kit/testing';
import type { ClusterPlace } from '../../file/normalise/index.ts';
import { BackupFault } from '../backup/backup-fault.ts';
import type { OpenCluster } from '../backup/cluster/open.ts';
import type { Client, Reply } from '../kubernetes/client.ts';
import type { HttpRequest } from '../kubernetes/connection.ts';
import { createDiscovery } from '../kubernetes/discovery.ts';
import { createObjects } from '../kubernetes/objects.ts';
import { growVolumes } from './storage.ts';
import { declaredNetwork } from './testing/network.ts';

const NEVER = new AbortController().signal;
const GIB = 2 ** 30;
const GROW = 'storage: {chainGiB: 100, grow: {atUsedPercent: 80, byPercent: 50, maxGiB: 200}}';
const { network } = declaredNetwork([`rpc: {role: rpc, count: 2, ${GROW}}`]);

const claim = (name: string, size: string): JsonRecord => ({
  metadata: { name, uid: `uid-${name}`, resourceVersion: '7' },
  spec: { resources: { requests: { storage: size } } },
  status: { capacity: { storage: size } },
});

interface FakeState {
  /** Used GiB by claim; null: the kubelet does not answer. */
  used: Readonly<Record<string, number>> | null;
  refuses: boolean;
  closed: number;
  readonly claims: JsonRecord[];
  readonly patches: Json[];
}

/** A cluster with one machine and the claims of two nodes. */
function fakeState(): FakeState {
  const claims = [claim('data-rpc-0', '100Gi'), claim('data-rpc-1', '100Gi'), claim('keys-rpc-0', '1Gi')];
  return { used: { 'data-rpc-0': 90, 'data-rpc-1': 10 }, refuses: false, closed: 0, claims, patches: [] };
}

function answer(state: FakeState, { method, path, body }: HttpRequest): Reply {
  const ok = (value: JsonRecord): Reply => ({ kind: 'answer', status: 200, body: value });
  const kinds = ['Pod', 'PersistentVolumeClaim'].map((kind) => ({
    ...{ kind, name: `${kind.toLowerCase()}s`, namespaced: true },
  }));
  if (/\/api\/v1$/.test(path)) return ok({ resources: kinds });
  if (path.includes('/proxy/')) {
    if (state.used === null) return { kind: 'unreachable', detail: 'no answer' };
    const volume = Object.entries(state.used).map(([name, gib]) => ({
      ...{ usedBytes: gib * GIB, capacityBytes: 100 * GIB, pvcRef: { name, namespace: 'nodes' } },
    }));
    return ok({ pods: [{ volume }] });
  }
  if (method === 'PATCH') {
    if (state.refuses) return { kind: 'answer', status: 403, body: { message: 'no growing here' } };
    state.patches.push(JSON.parse(body ?? '{}') as Json);
    return ok(claim('data-rpc-0', '150Gi'));
  }
  if (path.includes('/pods')) return ok({ items: [{ spec: { nodeName: 'one' } }] });
  if (path.includes('/persistentvolumeclaims')) return ok({ items: state.claims });
  return { kind: 'answer', status: 404, body: { message: path } };
}

function opener(state: FakeState): (place: ClusterPlace) => Promise<OpenCluster> {
  const ask = async (request: HttpRequest): Promise<Reply> => answer(state, request);
  const client: Client = { server: 'https://fake', ask, tell: ask };
  return async (place) => ({
    ...{ place, client, objects: createObjects(client, createDiscovery(client)) },
    forward: () => Promise.reject(new Error('no port is forwarded')),
    clock: createVirtualClock(),
    close: () => {
      state.closed += 1;
    },
  });
}

const grow = (state: FakeState, apply: boolean) =>
  growVolumes(
    { openCluster: opener(state) },
    { network, place: null, prometheus: null, apply, signal: NEVER },
  );

test('volumes that are full enough are found, and grow only if asked to', async () => {
  const state = fakeState();
  const { volumes, problems } = await grow(state, false);
  assert.deepEqual(
    volumes.map((one) => [one.place, one.claim, one.kind, one.toBytes / GIB]),
    [
      ['ams', 'data-rpc-0', 'grow', 150],
      ['ams', 'data-rpc-1', 'enough', 100],
    ],
  );
  assert.deepEqual([problems, state.patches, state.closed], [[], [], 1]);

  await grow(state, true);
  assert.equal(state.patches.length, 1, 'the key volume and the other one stay');
  const [patch] = state.patches as readonly JsonRecord[];
  // The version that was looked at: a claim that changed since is refused by the server.
  assert.deepEqual(patch?.metadata, {
    ...{ name: 'data-rpc-0', namespace: 'nodes', uid: 'uid-data-rpc-0', resourceVersion: '7' },
  });
  assert.deepEqual(patch?.spec, { resources: { requests: { storage: '150Gi' } } });
});

test('volumes whose use is unknown do not grow, and the reason is a result', async () => {
  const state = fakeState();
  state.used = null;
  const { volumes, problems } = await grow(state, true);
  assert.deepEqual(volumes.map(field('kind')), ['unknown', 'unknown']);
  assert.match(problems.join(), /^ams: the kubelet of one/);
  assert.deepEqual(state.patches, []);
});

test('a cluster that refuses or cannot be opened is a fault of the kind unreachable, and is closed', async () => {
  const state = fakeState();
  state.refuses = true;
  await assert.rejects(grow(state, true), {
    code: 'storage-cluster',
    kind: 'unreachable',
    message: /growing data-rpc-0/,
  });
  assert.equal(state.closed, 1);
  const none = () => Promise.reject(new BackupFault('cluster', 'cluster ams: no context', 'name one'));
  const input = { network, place: null, prometheus: null, apply: false, signal: NEVER };
  await assert.rejects(growVolumes({ openCluster: none }, input), {
    code: 'storage-cluster',
    message: /no context/,
  });
});
