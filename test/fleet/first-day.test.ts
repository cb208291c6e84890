// The settings of pods and a patch, on a real API server, controller manager and scheduler.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ControlPlane, startControlPlane } from '@watchbill/testkit/kubernetes';
import { type Bench, image, makeBench, networkFile, type StandIn, standIn } from './cli-ground.ts';

let node: StandIn;
let plane: ControlPlane;
let bench: Bench;
before(async () => {
  node = await standIn();
  plane = await startControlPlane({ podPort: node.port });
  bench = makeBench(plane.kubeconfigFile);
});
after(async () => {
  bench?.close();
  await plane?.close();
  node?.close();
});

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

async function hosts(): Promise<readonly string[]> {
  const { body } = await plane.request('GET', '/api/v1/nodes');
  return (body as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name);
}

const MERGE = 'application/merge-patch+json';

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
  const [tainted = '', ...others] = await hosts();
  const labels = { pool: 'validators', disk: 'nvme' };
  const marked = { metadata: { labels }, spec: { taints: [TAINT] } };
  assert.equal((await plane.request('PATCH', `/api/v1/nodes/${tainted}`, marked, MERGE)).status, 200);
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
  const { spec, status } = await podOf('second', 'validators-east-0-0');
  assert.equal(spec.nodeName, undefined);
  assert.match(JSON.stringify(status.conditions), /untolerated taint/);
});

test('affinity that the API server refuses is refused by the plan', async () => {
  const wrong = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { terms: 7 } } };
  bench.write(network('first', { ...PLACED, placement: { ...PLACED.placement, affinity: wrong } }));
  const { code, plan } = await bench.plan();
  assert.equal(code, 3);
  assert.match(JSON.stringify(plan.problems), /nodeAffinity/);
});

test('a patch that doubles a signer is refused before any cluster is asked', async () => {
  const patch = { spec: { replicas: 2 } };
  const patches = JSON.stringify([{ kind: 'StatefulSet', name: 'validators-east-0', patch }]);
  bench.write(`${network('first', PLACED)}patches: ${patches}\n`);
  const ran = await bench.run('plan');
  assert.equal(ran.code, 2);
  assert.match(ran.stderr, /patch 1: .*signer-runs-once/);
});
