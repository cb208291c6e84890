// The settings of pods and a patch, on a real API server, controller manager and scheduler.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { image, networkFile, standInCluster } from './cli-ground.ts';
import { itemsOf, mergePatch, WAIT } from './ground.ts';

const { plane, bench } = await standInCluster();

const TAINT = { key: 'dedicated', value: 'validators', effect: 'NoSchedule' };
const PATCHED = { ip: '192.0.2.9', hostnames: ['db'] };

const PLACED = {
  placement: {
    nodeSelector: { pool: 'validators' },
    tolerations: [{ ...TAINT, operator: 'Equal' }],
    priorityClassName: 'validators',
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'In', values: ['nvme'] }] }],
        },
      },
    },
  },
  software: { imagePullSecrets: ['registry'] },
  environment: { RUST_BACKTRACE: '1' },
  annotations: { 'example.org/owner': 'staking' },
  labels: { team: 'staking' },
  runAs: { user: 1500, group: 1600 },
  startup: { failureThreshold: 360 },
};
const EXTRA = { name: 'logs', image: image('logs'), volumes: ['tmp'], cpu: 0.1, memoryGiB: 0.1 };

function network(name: string, settings: object): string {
  return networkFile({ name, validators: 1, rpc: 1 })
    .replace('    role: validator\n', `    role: validator\n    ${inner(settings)}\n`)
    .replace('    role: rpc\n', `    role: rpc\n    extraContainers: ${JSON.stringify([EXTRA])}\n`);
}

const inner = (settings: object) =>
  Object.entries(settings)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join('\n    ');

async function namesOf(path: string): Promise<readonly string[]> {
  const items = await itemsOf<{ readonly metadata: { readonly name: string } }>(plane, path);
  return items.map(({ metadata }) => metadata.name);
}

interface Pod {
  readonly spec: Readonly<Record<string, unknown>> & { readonly nodeName?: string };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly message?: string }[] };
}

async function podOf(namespace: string, name: string): Promise<Pod> {
  const { status, body } = await plane.request('GET', `/api/v1/namespaces/${namespace}/pods/${name}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body as unknown as Pod;
}

test('a validator with every setting of pods runs on the tainted host, and nothing is left to change', async () => {
  const [tainted = '', ...others] = await namesOf('/api/v1/nodes');
  const labels = { pool: 'validators', disk: 'nvme' };
  const marked = { metadata: { labels }, spec: { taints: [TAINT] } };
  assert.equal((await mergePatch(plane, `/api/v1/nodes/${tainted}`, marked)).status, 200);
  const priority = { metadata: { name: 'validators' }, value: 1000 };
  const classes = '/apis/scheduling.k8s.io/v1/priorityclasses';
  assert.equal((await plane.request('POST', classes, priority)).status, 201);
  const patch = { spec: { template: { spec: { hostAliases: [PATCHED] } } } };
  const patches = JSON.stringify([{ kind: 'StatefulSet', pool: 'validators', patch }]);
  bench.write(`${network('first', PLACED)}patches: ${patches}\n`);
  await bench.settle('--gate-timeout', '120');
  const { spec } = await podOf('first', 'validators-east-0-0');
  assert.equal(spec.nodeName, tainted);
  assert.ok(others.length > 0);
  assert.deepEqual(
    [spec.priority, spec.priorityClassName, spec.imagePullSecrets, spec.hostAliases],
    [1000, 'validators', [{ name: 'registry' }], [PATCHED]],
  );
  const context = spec.securityContext as Readonly<Record<string, unknown>>;
  assert.deepEqual([context.runAsUser, context.runAsGroup, context.fsGroup], [1500, 1600, 1600]);
  const rpc = await podOf('first', 'rpc-east-0');
  assert.equal(
    (rpc.spec.containers as readonly unknown[]).length,
    2,
    'the namespace is restricted, and takes it',
  );
  const again = await bench.plan();
  assert.deepEqual([again.code, again.plan.steps], [0, []]);
});

test('control: without the toleration the pod waits for a host', async () => {
  const { tolerations: _none, ...placement } = PLACED.placement;
  bench.write(network('second', { ...PLACED, placement }));
  const { plan } = await bench.plan();
  const ran = await bench.run('apply', plan.id, '--gate-timeout', '10');
  assert.notEqual(ran.code, 0);
  const pod = () => podOf('second', 'validators-east-0-0');
  // The controller and the scheduler may need more than those ten seconds.
  const isLeft = async () => /untolerated taint/.test(JSON.stringify((await pod()).status.conditions));
  await waitFor('no host takes the pod, for its taint', isLeft, WAIT);
  assert.equal((await pod()).spec.nodeName, undefined);
});

test('affinity that the API server refuses is refused by the plan', async () => {
  const wrong = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { terms: 7 } } };
  bench.write(network('first', { ...PLACED, placement: { ...PLACED.placement, affinity: wrong } }));
  const { code, plan } = await bench.plan();
  assert.equal(code, 3);
  assert.match(JSON.stringify(plan.problems), /nodeAffinity/);
});

const SCALE = '/apis/apps/v1/namespaces/NS/statefulsets/SET/scale';
const scaleOf = (namespace: string, set: string, replicas = 2) =>
  mergePatch(plane, SCALE.replace('NS', namespace).replace('SET', set), { spec: { replicas } });

test('with the policy, scale and other changes cannot give a signer a second pod', async () => {
  const held = networkFile({ name: 'held', validators: 1, rpc: 1 }).replace(
    '  east: {}',
    '  east: {admissionPolicy: true, closedRanges: [10.0.0.0/8, "fd00::/8"]}',
  );
  bench.write(held);
  const plan = await bench.settle('--gate-timeout', '120');
  const set = 'validators-east-0';
  const [signer] = plan.steps.filter(({ resourceId }) => resourceId.endsWith(`/StatefulSet/held/${set}`));
  assert.ok(
    signer?.needs.includes('create east/ValidatingAdmissionPolicyBinding/-/signers.held.held'),
    'the policy is in force before a signer starts',
  );
  // The server takes a policy up some time after it took it.
  const refused = await waitFor(
    'a refusal',
    async () => {
      const answer = await scaleOf('held', set);
      return answer.status !== 200 && answer;
    },
    WAIT,
  );
  assert.equal(refused.status, 403, JSON.stringify(refused.body));
  assert.match(JSON.stringify(refused.body), /a validator or collator of network held is one pod/);
  const path = `/apis/apps/v1/namespaces/held/statefulsets/${set}`;
  const changes = [
    { spec: { replicas: 2 } },
    { metadata: { labels: { 'watchbill/role': null, 'watchbill/network': null } }, spec: { replicas: 2 } },
  ];
  for (const change of changes) {
    const answer = await mergePatch(plane, path, change);
    assert.equal(answer.status, 403, JSON.stringify(answer.body));
    assert.match(JSON.stringify(answer.body), /a validator or collator of network held is one pod/);
  }
  const stopped = await scaleOf('held', set, 0);
  assert.equal(stopped.status, 200, 'a signer may be stopped');
  const policies = '/apis/networking.k8s.io/v1/namespaces/held/networkpolicies/validators-east';
  const { body: egress } = await plane.request('GET', policies);
  assert.match(
    JSON.stringify(egress),
    /"169\.254\.169\.254\/32","10\.0\.0\.0\/8"/,
    'the server takes closed ranges',
  );
  assert.equal((await scaleOf('held', 'rpc-east')).status, 200, 'other nodes may be scaled');
  assert.equal(
    (await scaleOf('first', 'validators-east-0')).status,
    200,
    'control: without the policy it passes',
  );
});

test('the policy goes with the network, and an earlier one when the file no longer asks for it', async () => {
  const policies = () => namesOf('/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies');
  assert.ok((await policies()).includes('signers.held.held'));
  for (const set of ['validators-east-0', 'rpc-east'])
    assert.equal((await scaleOf('held', set, 1)).status, 200);
  bench.write(networkFile({ name: 'held', validators: 1, rpc: 1 }));
  const { plan } = await bench.plan();
  const removed = plan.steps.filter(({ action }) => action === 'delete').map(({ resourceId }) => resourceId);
  assert.deepEqual(removed.toSorted(), [
    'east/ValidatingAdmissionPolicy/-/signers.held.held',
    'east/ValidatingAdmissionPolicyBinding/-/signers.held.held',
  ]);
  await bench.ends(0, 'apply', plan.id, '--allow-signing', '--gate-timeout', '120');
  assert.ok(!(await policies()).includes('signers.held.held'));
});
