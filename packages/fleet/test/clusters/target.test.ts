import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  configMap,
  deadline,
  makeNamespace,
  NETWORK,
  PLACE,
  planeOfFile,
  put,
  resource,
  statefulSet,
  stateOf,
  targetOn,
  untilHealthy,
} from './ground.ts';

const plane = await planeOfFile();

async function dataOf(namespace: string, name: string): Promise<unknown> {
  const { body } = await plane.request('GET', `/api/v1/namespaces/${namespace}/configmaps/${name}`);
  return (body as { data?: unknown }).data;
}

test('a dry run says what would be, and leaves nothing behind', async () => {
  await makeNamespace(plane, 'dry');
  const target = await targetOn(plane, { namespace: 'dry' });
  const wanted = [configMap('dry', 'a', { a: '1' }), statefulSet('dry', 'rpc', 'node:1', 2)];
  const state = await stateOf(target, wanted);
  assert.deepEqual([...state.live.keys()], []);
  assert.ok([...state.proposals.values()].every(({ ok }) => ok));
  const { body } = await plane.request('GET', '/apis/apps/v1/namespaces/dry/statefulsets');
  assert.deepEqual((body as { items: unknown[] }).items, []);
  target.close();
});

test('before its namespace is there an object is checked all the same', async () => {
  const target = await targetOn(plane, { namespace: 'later' });
  const bad = resource('ConfigMap', 'v1', 'later', 'bad', { dta: {} });
  const good = configMap('later', 'good', { a: '1' });
  const { proposals } = await stateOf(target, [bad, good]);
  assert.deepEqual(proposals.get(bad.id), {
    ok: false,
    reason: 'invalid',
    detail: 'the server knows no field .dta',
  });
  const proposal = proposals.get(good.id);
  assert.ok(proposal?.ok);
  assert.deepEqual(proposal.body, { ...good.body });
  target.close();
});

test('a field that the server does not know is refused once, not asked for for ever', async () => {
  await makeNamespace(plane, 'strict');
  const target = await targetOn(plane, { namespace: 'strict' });
  const bad = statefulSet('strict', 'rpc', 'node:1', 1, { restartPolcy: 'Always' });
  const done = await target.apply(bad, null, deadline());
  assert.deepEqual(done, {
    outcome: 'invalid',
    detail: 'the server knows no field .spec.template.spec.restartPolcy',
  });
  target.close();
});

test('a field that somebody took away comes back', async () => {
  await makeNamespace(plane, 'drift');
  const target = await targetOn(plane, { namespace: 'drift' });
  const wanted = configMap('drift', 'a', { a: '1', b: '2' });
  await put(target, wanted);
  const path = '/api/v1/namespaces/drift/configmaps/a';
  await plane.request('PATCH', path, { data: { b: null, c: 'theirs' } }, 'application/merge-patch+json');
  const state = await stateOf(target, [wanted]);
  const proposal = state.proposals.get(wanted.id);
  assert.ok(proposal?.ok);
  assert.deepEqual((proposal.body as { data?: unknown }).data, { a: '1', b: '2', c: 'theirs' });
  await put(target, wanted);
  assert.deepEqual(await dataOf('drift', 'a'), { a: '1', b: '2', c: 'theirs' });
  target.close();
});

test('an object that changed after the plan is not written over, nor one that came or went', async () => {
  await makeNamespace(plane, 'stale');
  const target = await targetOn(plane, { namespace: 'stale' });
  const wanted = configMap('stale', 'a', { a: '1' });
  const planned = await put(target, wanted);
  const path = '/api/v1/namespaces/stale/configmaps/a';
  await plane.request('PATCH', path, { data: { z: 'new' } }, 'application/merge-patch+json');
  assert.equal(
    (await target.apply(configMap('stale', 'a', { a: '2' }), planned, deadline())).outcome,
    'changed',
  );
  assert.equal((await target.apply(wanted, null, deadline())).outcome, 'changed');
  assert.equal((await target.remove(wanted.id, planned, { orphan: false }, deadline())).outcome, 'changed');
  assert.deepEqual(await dataOf('stale', 'a'), { a: '1', z: 'new' });
  await plane.request('DELETE', path);
  assert.equal((await target.apply(wanted, planned, deadline())).outcome, 'changed');
  assert.equal((await plane.request('GET', path)).status, 404);
  target.close();
});

test('status that moves on between plan and apply is not a change', async () => {
  await makeNamespace(plane, 'status');
  const target = await targetOn(plane, { namespace: 'status' });
  const wanted = statefulSet('status', 'rpc', 'node:1', 2);
  const planned = await put(target, wanted);
  await untilHealthy(target, wanted.id);
  const done = await target.apply(statefulSet('status', 'rpc', 'node:2', 2), planned, deadline());
  assert.equal(done.outcome, 'done');
  target.close();
});

test('a set whose pods stay can be made anew over them; one that is removed is gone when its pods are', async () => {
  await makeNamespace(plane, 'replace');
  const target = await targetOn(plane, { namespace: 'replace' });
  const wanted = statefulSet('replace', 'v', 'node:1', 1);
  const planned = await put(target, wanted);
  await untilHealthy(target, wanted.id);
  const podUid = async () => {
    const { body } = await plane.request('GET', '/api/v1/namespaces/replace/pods/v-0');
    return (body as { metadata?: { uid?: string } }).metadata?.uid;
  };
  const uid = await podUid();
  assert.equal((await target.remove(wanted.id, planned, { orphan: true }, deadline())).outcome, 'done');
  assert.deepEqual(await target.health(wanted.id, deadline()), {
    state: 'waiting',
    detail: 'still there: v-0',
  });
  const again = await put(target, wanted);
  await untilHealthy(target, wanted.id);
  assert.equal(await podUid(), uid);
  assert.equal((await target.remove(wanted.id, again, { orphan: false }, deadline())).outcome, 'done');
  const signal = deadline();
  while ((await target.health(wanted.id, signal)).state !== 'gone') assert.ok(!signal.aborted);
  assert.equal(await podUid(), undefined);
  const { body } = await plane.request('GET', '/api/v1/namespaces/replace/persistentvolumeclaims');
  assert.equal((body as { items: unknown[] }).items.length, 1);
  target.close();
});

test('what cannot be changed in place is told from what is wrong', async () => {
  await makeNamespace(plane, 'fixed');
  const target = await targetOn(plane, { namespace: 'fixed' });
  const wanted = statefulSet('fixed', 'v', 'node:1', 1);
  await put(target, wanted);
  const spec = wanted.body.spec as Record<string, never>;
  const moved = { ...wanted, body: { ...wanted.body, spec: { ...spec, serviceName: 'other' } } };
  const proposal = (await stateOf(target, [moved])).proposals.get(moved.id);
  assert.ok(proposal !== undefined && !proposal.ok);
  assert.equal(proposal.reason, 'immutable');
  target.close();
});

test('secrets that must be there are looked for, and their values stay where they are', async () => {
  await makeNamespace(plane, 'secrets');
  const target = await targetOn(plane, { namespace: 'secrets' });
  const secret = { metadata: { name: 'node-key' }, stringData: { key: 'do not tell' } };
  await plane.request('POST', '/api/v1/namespaces/secrets/secrets', secret);
  const expected = (name: string, entries: readonly string[]) =>
    ({ place: PLACE, kind: 'Secret', name, entries, why: 'of a test', neededBy: [] }) as const;
  const asked = [expected('node-key', ['key']), expected('node-key', ['other']), expected('none', [])];
  const read = await target.read(NETWORK, [], asked, deadline());
  assert.ok(read.ok);
  assert.deepEqual(read.state.missing, asked.slice(1));
  assert.ok(!JSON.stringify([...read.state.live]).includes('do not tell'));
  target.close();
});
