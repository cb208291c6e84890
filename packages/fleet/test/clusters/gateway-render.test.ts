// What `services gateway render` writes for a cluster is taken by a real API server, and its pods by
// admission in restricted mode.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ControlPlane, startControlPlane } from '@watchbill/testkit/kubernetes';
import { parseAllDocuments } from 'yaml';
import { type Bench, image, makeBench, networkFile, runIn } from './cli-ground.ts';
import { CRDS, serveKinds } from './custom-kinds.ts';
import { deadline, makeNamespace } from './ground.ts';

const NAMESPACE = 'rendered';
const TEXT = { type: 'string' };
const NAMED = {
  type: 'object',
  required: ['name'],
  properties: { name: TEXT, namespace: TEXT, port: { type: 'integer' } },
};
const list = (items: object) => ({ type: 'array', items });

/** Of the Gateway API as much as is rendered; other fields are refused. */
const ROUTES = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'httproutes.gateway.networking.k8s.io',
    annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/gateway-api/pull/1923' },
  },
  spec: {
    group: 'gateway.networking.k8s.io',
    scope: 'Namespaced',
    names: { plural: 'httproutes', singular: 'httproute', kind: 'HTTPRoute' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  parentRefs: list(NAMED),
                  hostnames: list(TEXT),
                  rules: list({ type: 'object', properties: { backendRefs: list(NAMED) } }),
                },
              },
            },
          },
        },
      },
    ],
  },
} as const;

const PATHS: Readonly<Record<string, string>> = {
  Service: '/api/v1/namespaces/NS/services',
  NetworkPolicy: '/apis/networking.k8s.io/v1/namespaces/NS/networkpolicies',
  PodDisruptionBudget: '/apis/policy/v1/namespaces/NS/poddisruptionbudgets',
  Deployment: '/apis/apps/v1/namespaces/NS/deployments',
  PodMonitor: '/apis/monitoring.coreos.com/v1/namespaces/NS/podmonitors',
  HTTPRoute: '/apis/gateway.networking.k8s.io/v1/namespaces/NS/httproutes',
};

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
}

let plane: ControlPlane;
let bench: Bench;
before(async () => {
  plane = await startControlPlane({ nodeCount: 2 });
  bench = makeBench(plane.kubeconfigFile);
  await makeNamespace(plane, NAMESPACE, { 'pod-security.kubernetes.io/enforce': 'restricted' });
  await serveKinds(plane, [...CRDS, ROUTES]);
});
after(async () => {
  bench?.close();
  await plane?.close();
});

function pathOf({ kind, metadata: { name, namespace } }: Rendered): string {
  const path = PATHS[kind];
  assert.ok(path !== undefined, `${kind} is rendered, and not known here`);
  return `${path.replace('NS', namespace)}/${name}`;
}

function put(one: Rendered, dryRun: boolean) {
  const query = `fieldManager=test&fieldValidation=Strict${dryRun ? '&dryRun=All' : ''}`;
  return plane.request('PATCH', `${pathOf(one)}?${query}`, one, 'application/apply-patch+yaml');
}

function podOf(
  objects: readonly Rendered[],
  change: (spec: Record<string, unknown>) => void = () => undefined,
) {
  const deployment = structuredClone(objects.find(({ kind }) => kind === 'Deployment')) as unknown as {
    spec: { template: { metadata: { labels: object }; spec: Record<string, unknown> } };
  };
  const { metadata, spec } = deployment.spec.template;
  change(spec);
  return { metadata: { ...metadata, name: 'one' }, spec };
}

async function rendered(): Promise<readonly Rendered[]> {
  bench.write(
    `${networkFile({ name: NAMESPACE, validators: 0, rpc: 2 })}    monitoring: {podMonitor: true}\n`,
  );
  const route = ['--route', 'gateways/public', '--hostname', 'rpc.example.org'];
  const { code, stderr } = await runIn(bench.folder, [
    'fleet',
    'gateway',
    'render',
    '--image',
    image('watchbill'),
    ...route,
  ]);
  assert.equal(code, 0, stderr);
  const text = readFileSync(join(bench.folder, 'gateways/east/rpc/objects.yaml'), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as Rendered);
}

test('a rendered gateway is taken by the server and by admission, and no plan of its network removes it', async () => {
  const objects = await rendered();
  assert.deepEqual(objects.map(({ kind }) => kind).sort(), Object.keys(PATHS).sort());
  for (const one of objects) {
    const { status, body } = await put(one, true);
    assert.equal(status, 201, JSON.stringify(body));
  }
  const wrong = JSON.parse(JSON.stringify(objects[0]).replaceAll('"spec"', '"sepc"')) as Rendered;
  assert.match(JSON.stringify((await put(wrong, true)).body), /sepc: field not declared in schema/);

  const pods = `/api/v1/namespaces/${NAMESPACE}/pods?dryRun=All`;
  const good = await plane.request('POST', pods, podOf(objects));
  assert.equal(good.status, 201, JSON.stringify(good.body));
  const open = podOf(objects, (spec) => {
    spec.hostNetwork = true;
  });
  const refused = await plane.request('POST', pods, open);
  assert.equal(refused.status, 403);
  assert.match(JSON.stringify(refused.body), /violates PodSecurity \\"restricted/);

  for (const one of objects) assert.equal((await put(one, false)).status, 201);
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  assert.ok(deployment !== undefined);
  const signal = deadline();
  for (;;) {
    const { body } = await plane.request('GET', pathOf(deployment));
    if ((body as { status?: { readyReplicas?: number } }).status?.readyReplicas === 2) break;
    assert.ok(!signal.aborted, JSON.stringify(body));
    await sleep(200);
  }
  const { plan, stderr } = await bench.plan();
  assert.deepEqual(plan.problems, [], stderr);
  assert.ok(plan.steps.length > 0);
  assert.deepEqual([...new Set(plan.steps.map(({ action }) => action))], ['create']);
  assert.ok(!plan.steps.some(({ resourceId }) => resourceId.includes('gateway')), 'it is not of the network');
});

test('a plan that publishes nodes directly says so beside its steps', async () => {
  const quiet = await bench.run('plan');
  assert.doesNotMatch(quiet.stdout, /published directly/);
  const exposure =
    '{rpc: gateway, gateway: {name: public, namespace: gateways, hostnames: [rpc.example.org]}}';
  bench.write(`${networkFile({ name: NAMESPACE, validators: 0, rpc: 2 })}    exposure: ${exposure}\n`);
  const { stdout } = await bench.run('plan', '--all');
  assert.match(stdout, /HTTPRoute rpc-east-rpc {3}\(public RPC of the nodes themselves, without keys/);
  assert.match(stdout, /^Note: the nodes of rpc in east are published directly \(exposure\.rpc: gateway\)/m);
});
