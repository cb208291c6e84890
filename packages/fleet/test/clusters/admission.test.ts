import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CRDS, serveKinds } from './custom-kinds.ts';
import {
  deadline,
  makeNamespace,
  planeOfFile,
  put,
  resource,
  statefulSet,
  stateOf,
  targetOn,
  untilHealthy,
} from './ground.ts';

const plane = await planeOfFile();

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
  const signal = deadline();
  let detail = '';
  while (!detail.includes('PodSecurity')) {
    const health = await target.health(bad.id, signal);
    assert.equal(health.state, 'waiting');
    detail = 'detail' in health ? health.detail : '';
    assert.ok(!signal.aborted, detail);
    await sleep(100);
  }
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
  const scaled = await plane.request(
    'PATCH',
    path,
    { spec: { replicas: 3 } },
    'application/merge-patch+json',
  );
  assert.equal(scaled.status, 200);
  const state = await stateOf(target, [set]);
  const proposal = state.proposals.get(set.id);
  assert.ok(proposal?.ok);
  assert.deepEqual(proposal.body, state.live.get(set.id)?.body);
  assert.equal((await target.apply(set, planned, deadline())).outcome, 'done');
  target.close();
});
