import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { CRDS, serveKinds } from './custom-kinds.ts';
import {
  configMap,
  deadline,
  makeNamespace,
  makeSecret,
  mergePatch,
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
  await mergePatch(plane, path, { data: { b: null, c: 'theirs' } });
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
  await mergePatch(plane, path, { data: { z: 'new' } });
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
  await makeSecret(plane, 'secrets', 'node-key', { key: 'do not tell' });
  const expected = (name: string, entries: readonly string[]) =>
    ({ place: PLACE, kind: 'Secret', name, entries, why: 'of a test', neededBy: [] }) as const;
  const asked = [expected('node-key', ['key']), expected('node-key', ['other']), expected('none', [])];
  const read = await target.read(NETWORK, [], asked, deadline());
  assert.ok(read.ok);
  assert.deepEqual(read.state.missing, asked.slice(1));
  assert.ok(!JSON.stringify([...read.state.live]).includes('do not tell'));
  target.close();
});

const RESTRICTED = { 'pod-security.kubernetes.io/enforce': 'restricted' };

/** What PodSecurity asks of a pod in restricted mode, less the containers' part. */
const SAFE_POD = {
  securityContext: { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: 'RuntimeDefault' } },
};

function hardened(namespace: string, name: string) {
  const set = statefulSet(namespace, name, 'node:1', 1, SAFE_POD);
  const text = JSON.stringify(set).replaceAll(
    '"image":"node:1"',
    '"image":"node:1","securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}',
  );
  return JSON.parse(text) as typeof set;
}

test('in a restricted namespace hardened pods run; others never appear, and why is told', async () => {
  await makeNamespace(plane, 'restricted', RESTRICTED);
  const target = await targetOn(plane, { namespace: 'restricted' });
  const good = hardened('restricted', 'good');
  await put(target, good);
  await untilHealthy(target, good.id);
  const bad = statefulSet('restricted', 'bad', 'node:1', 1);
  await put(target, bad);
  let detail = '';
  const isTold = async (): Promise<boolean> => {
    const health = await target.health(bad.id, deadline());
    assert.equal(health.state, 'waiting');
    detail = 'detail' in health ? health.detail : '';
    return detail.includes('PodSecurity');
  };
  await waitFor('why no pod appears', isTold, { timeoutMs: 120_000, everyMs: 100, detail: () => detail });
  assert.match(detail, /violates PodSecurity "restricted/);
  target.close();
});

test('kinds of monitoring and of autoscaling are planned and applied as soon as the cluster has them', async () => {
  await makeNamespace(plane, 'custom');
  const target = await targetOn(plane, { namespace: 'custom' });
  const monitor = resource('PodMonitor', 'monitoring.coreos.com/v1', 'custom', 'rpc', {
    spec: { selector: { matchLabels: { app: 'rpc' } }, podMetricsEndpoints: [{ port: 'metrics' }] },
  });
  const scaler = resource('ScaledObject', 'keda.sh/v1alpha1', 'custom', 'rpc', {
    spec: { scaleTargetRef: { kind: 'StatefulSet', name: 'rpc' }, minReplicaCount: 2, maxReplicaCount: 6 },
  });
  const before = await stateOf(target, [monitor, scaler]);
  assert.deepEqual(
    [...before.proposals.values()].map((proposal) => (proposal.ok ? 'ok' : proposal.reason)),
    ['invalid', 'invalid'],
  );
  await serveKinds(plane, CRDS);
  for (const one of [monitor, scaler]) await put(target, one);
  const wrong = {
    ...scaler,
    body: { ...scaler.body, spec: { scaleTargetRef: { name: 'rpc' }, minReplicaCount: 'two' } },
  };
  const after = await stateOf(target, [monitor, wrong]);
  assert.equal(after.live.size, 2);
  assert.deepEqual(after.proposals.get(monitor.id), { ok: true, body: after.live.get(monitor.id)?.body });
  const refused = after.proposals.get(wrong.id);
  assert.ok(refused !== undefined && !refused.ok && refused.reason === 'invalid');
  target.close();
});

test('a number of replicas that an autoscaler sets is neither drift nor a reason to plan again', async () => {
  await makeNamespace(plane, 'scaled');
  const target = await targetOn(plane, { namespace: 'scaled' });
  const whole = statefulSet('scaled', 'rpc', 'node:1', 1);
  const { replicas: _left, ...spec } = whole.body.spec as { replicas: number };
  const set = { ...whole, body: { ...whole.body, spec } } as typeof whole;
  const planned = await put(target, set);
  const path = '/apis/apps/v1/namespaces/scaled/statefulsets/rpc/scale';
  assert.equal((await mergePatch(plane, path, { spec: { replicas: 3 } })).status, 200);
  const state = await stateOf(target, [set]);
  const proposal = state.proposals.get(set.id);
  assert.ok(proposal?.ok);
  assert.deepEqual(proposal.body, state.live.get(set.id)?.body);
  assert.equal((await target.apply(set, planned, deadline())).outcome, 'done');
  target.close();
});
