import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '@watchbill/kit';
import type { Got, Objects } from './objects.ts';
import { at } from './ownership.ts';
import { clusterRecords } from './shared-records.ts';
import { fakeObjects } from './testing/fake-objects.ts';

const NEVER = new AbortController().signal;
const NAME = 'watchbill-fleet-net';

function answering(answer: Got) {
  const written: JsonRecord[] = [];
  const objects: Objects = {
    ...fakeObjects([]).objects,
    replace: async (object) => {
      written.push(object);
      return answer;
    },
  };
  return { records: clusterRecords(objects, 'nodes', 'net'), written };
}

const failure = (reason: 'changed' | 'exists' | 'not-found' | 'forbidden' | 'unknown') =>
  answering({ ok: false, failure: { reason, detail: reason } }).records;

test('the memory is a ConfigMap that no plan takes for an object of the network', async () => {
  const stored = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { uid: 'u', resourceVersion: '7' } };
  const { records, written } = answering({ ok: true, object: stored });
  assert.deepEqual(await records.write('memory', 'text\n', null, NEVER), { outcome: 'done', version: 'u 7' });
  assert.deepEqual(written[0], {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: NAME, namespace: 'nodes', labels: { 'app.kubernetes.io/managed-by': 'watchbill' } },
    data: { 'memory.jsonl': 'text\n' },
  });
  await records.write('memory', 'more', 'u 7', NEVER);
  assert.equal(at(written[1], ['metadata', 'resourceVersion']), '7');
  assert.equal(at(written[1], ['metadata', 'uid']), 'u');
});

test('the lock is a Lease that shows its holder to kubectl', async () => {
  const { records, written } = answering({
    ok: true,
    object: { metadata: { uid: 'u', resourceVersion: '1' } },
  });
  const holder = { user: 'alice', host: 'laptop', pid: 42 };
  const text = JSON.stringify({ holder, sinceMs: 0, renewedMs: 15_000, takeovers: 2 });
  await records.write('lock', text, null, NEVER);
  assert.deepEqual(written[0]?.spec, {
    holderIdentity: 'alice@laptop 42',
    leaseDurationSeconds: 60,
    acquireTime: '1970-01-01T00:00:00.000000Z',
    renewTime: '1970-01-01T00:00:15.000000Z',
    leaseTransitions: 2,
  });
  const lease = { ...written[0], metadata: { ...(written[0]?.metadata as JsonRecord), uid: 'u' } };
  const back = clusterRecords(fakeObjects([lease as JsonRecord]).objects, 'nodes', 'net');
  const read = await back.read('lock', NEVER);
  assert.equal(read.ok && read.record?.text, text);
  await records.write('lock', JSON.stringify({ holder: null }), 'u 1', NEVER);
  assert.deepEqual(written[1]?.spec, {});
});

test('a conflict, a missing namespace, missing rights and a lost answer differ', async () => {
  const write = async (reason: Parameters<typeof failure>[0], version: string | null) =>
    (await failure(reason).write('lock', '{}', version, NEVER)).outcome;
  assert.equal(await write('changed', 'u 1'), 'changed');
  assert.equal(await write('exists', null), 'changed');
  assert.equal(await write('not-found', null), 'missing');
  assert.equal(await write('not-found', 'u 1'), 'changed', 'a person removed it');
  assert.equal(await write('forbidden', null), 'forbidden');
  assert.equal(await write('unknown', 'u 1'), 'unknown');
  const what = `ConfigMap nodes/${NAME}`;
  const unread = clusterRecords(fakeObjects([], { forbidden: [what] }).objects, 'nodes', 'net');
  const read = await unread.read('memory', NEVER);
  assert.deepEqual(read, { ok: false, reason: 'forbidden', detail: what });
  const none = await clusterRecords(fakeObjects([]).objects, 'nodes', 'net').read('memory', NEVER);
  assert.deepEqual(none, { ok: true, record: null });
});
