// What `file render` and `services gateway render` write for a cluster: it fits the schemas of a real API
// server and of Helm, the server takes it, and admission takes its pods in restricted mode.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { parseAllDocuments } from 'yaml';
import { image, makeBench, networkFile, runIn } from './cli-ground.ts';
import { CRDS, ROUTES, serveKinds } from './custom-kinds.ts';
import { makeNamespace, planeOfFile } from './ground.ts';
import { type Helm, helmOn, inOrder, type Rendered } from './helm.ts';
import { documentsOf, pathOf, type Written } from './rights.ts';

const NAMESPACE = 'rendered';
const plane = await planeOfFile({ nodeCount: 2 });
const bench = makeBench(plane.kubeconfigFile);
after(() => bench.close());
let helm: Helm;
before(async () => {
  await makeNamespace(plane, NAMESPACE, { 'pod-security.kubernetes.io/enforce': 'restricted' });
  await serveKinds(plane, [...CRDS, ROUTES]);
  helm = await helmOn(plane, bench.folder);
});

function objectsOf(text: string): readonly Rendered[] {
  const all = parseAllDocuments(text).map((document) => document.toJS() as Rendered | null);
  return inOrder(all.filter((one) => one !== null));
}

async function render(format: string, name: string): Promise<string> {
  bench.write(networkFile({ name: 'rendered', image: image('node-1') }));
  const out = join(bench.folder, name);
  const { code, stderr } = await runIn(bench.folder, ['fleet', 'render', '--format', format, '--out', out]);
  assert.equal(code, 0, stderr);
  return out;
}

/** The text of the one file that is rendered as YAML. */
async function renderedYaml(name: string): Promise<string> {
  const folder = await render('yaml', name);
  const [file = ''] = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((one) =>
    one.endsWith('.yaml'),
  );
  return readFileSync(join(folder, file), 'utf8');
}

test('every rendered object fits the schema of the server, and a wrong field is seen', async () => {
  const text = await renderedYaml('yaml');
  const objects = objectsOf(text);
  assert.ok(objects.length > 8);
  assert.equal(helm.validate(text), objects.length);
  assert.throws(() => helm.validate(text.replace('serviceName:', 'serviceNmae:')), /serviceNmae/);
});

test('the chart renders the same objects, and only images may be given', async () => {
  const wanted = objectsOf(await renderedYaml('plain'));
  const charts = await render('helm', 'charts');
  const [cluster = ''] = readdirSync(charts).filter((name) => !name.startsWith('.'));
  const chart = join(charts, cluster);
  const template = (...args: readonly string[]): string =>
    helm.run('template', 'rendered', chart, '--namespace', 'rendered', ...args);
  const objects = objectsOf(template());
  assert.equal(helm.validate(template()), objects.length);
  assert.deepEqual(
    objects,
    wanted.filter(({ kind }) => kind !== 'Namespace'),
  );
  const other = image('node-2');
  assert.ok(template('--set', `images.rpc=${other}`).includes(other));
  assert.throws(() => template('--set', 'images.rpc=node:latest'));
  assert.throws(() => template('--set', 'replicas=2'));
});

/** The kinds of a gateway with a route. */
const OF_GATEWAY = [
  ...['Deployment', 'HTTPRoute', 'NetworkPolicy'],
  ...['PodDisruptionBudget', 'PodMonitor', 'Service'],
];

function put(one: Written, dryRun: boolean) {
  const query = `fieldManager=test&fieldValidation=Strict${dryRun ? '&dryRun=All' : ''}`;
  return plane.request('PATCH', `${pathOf(one)}?${query}`, one, 'application/apply-patch+yaml');
}

function podOf(
  objects: readonly Written[],
  change: (spec: Record<string, unknown>) => void = () => undefined,
) {
  const deployment = structuredClone(objects.find(({ kind }) => kind === 'Deployment')) as unknown as {
    spec: { template: { metadata: { labels: object }; spec: Record<string, unknown> } };
  };
  const { metadata, spec } = deployment.spec.template;
  change(spec);
  return { metadata: { ...metadata, name: 'one' }, spec };
}

async function renderedGateway(): Promise<readonly Written[]> {
  bench.write(
    `${networkFile({ name: NAMESPACE, validators: 0, rpc: 2 })}    monitoring: {podMonitor: true}\n`,
  );
  const route = ['--route', 'gateways/public', '--hostname', 'rpc.example.org'];
  const words = ['fleet', 'gateway', 'render', '--image', image('watchbill'), ...route];
  const { code, stderr } = await runIn(bench.folder, words);
  assert.equal(code, 0, stderr);
  return documentsOf(readFileSync(join(bench.folder, 'gateways/east/rpc/objects.yaml'), 'utf8'));
}

test('a rendered gateway is taken by the server and by admission, and no plan of its network removes it', async () => {
  const objects = await renderedGateway();
  assert.deepEqual(objects.map(({ kind }) => kind).sort(), OF_GATEWAY);
  for (const one of objects) {
    const { status, body } = await put(one, true);
    assert.equal(status, 201, JSON.stringify(body));
  }
  const wrong = JSON.parse(JSON.stringify(objects[0]).replaceAll('"spec"', '"sepc"')) as Written;
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
  const path = pathOf(deployment);
  const isReady = async (): Promise<boolean> => {
    const { body } = await plane.request('GET', path);
    return (body as { readonly status?: { readonly readyReplicas?: number } }).status?.readyReplicas === 2;
  };
  await waitFor('both pods of the gateway are ready', isReady, { timeoutMs: 120_000, everyMs: 200 });
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
