// The permission service of a network file on a real API server, controller manager and scheduler. kwok plays
// the hosts: a pod becomes ready, and no container runs in it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@watchbill/testkit';
import { image, makeBench } from './cli-ground.ts';
import { itemsOf, makeNamespace, makeSecret, mergePatch, planeOfFile, WAIT } from './ground.ts';

const plane = await planeOfFile();
const bench = makeBench(plane.kubeconfigFile);
after(() => bench.close());

const GATE = ['--gate-timeout', '180'] as const;
const SERVICE = {
  name: 'watch',
  places: ['east'],
  image: image('watchbill'),
  tls: 'watch-tls',
  operator: 'watch-operator',
  store: { etcd: { image: image('etcd'), tls: 'etcd-tls' }, tls: 'watch-etcd' },
};
const TLS = ['ca.crt', 'tls.crt', 'tls.key'];
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  'watch-tls': TLS,
  'watch-etcd': TLS,
  'etcd-tls': TLS,
  'watch-operator': ['token'],
};

function networkText(name: string, service: object | undefined, pools: object = {}): string {
  const software = { image: image('node'), command: 'polkadot', sdk: 'stable2509' };
  const head = { format: 'watchbill/network/1', name, chain: { name: 'westend' }, clusters: { east: {} } };
  return JSON.stringify({ ...head, defaults: { software }, service, pools });
}

/** Values of a test; no pod reads them. */
async function putSecret(namespace: string, name: string, entries: readonly string[]): Promise<void> {
  await makeSecret(
    plane,
    namespace,
    name,
    Object.fromEntries(entries.map((one) => [one, `value of ${one}`])),
  );
}

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly nodeName?: string; readonly containers: readonly { readonly image: string }[] };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

function podsOf(namespace: string, pool: string): Promise<readonly Pod[]> {
  const selector = encodeURIComponent(`watchbill/pool=${pool}`);
  return itemsOf(plane, `/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`);
}

interface Claim {
  readonly metadata: { readonly name: string };
  readonly status: { readonly phase: string };
}

const claims = () => itemsOf<Claim>(plane, '/api/v1/namespaces/first/persistentvolumeclaims');

const isReady = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  (status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false);

test('a plan names each Secret that is missing, and with them three pods run on three hosts', async () => {
  bench.write(networkText('first', SERVICE));
  const bare = await bench.plan();
  assert.equal(bare.code, 3);
  const missing = bare.plan.problems.filter(({ code }) => code === 'missing');
  assert.deepEqual(
    missing.map(({ resourceId }) => resourceId).toSorted(),
    Object.keys(SECRETS)
      .map((name) => `east/Secret/${name}`)
      .toSorted(),
  );

  await makeNamespace(plane, 'first');
  for (const [name, entries] of Object.entries(SECRETS)) await putSecret('first', name, entries);
  const plan = await bench.settle(...GATE);
  const order = plan.steps.map(({ id }) => id);
  const set = 'create east/StatefulSet/first/watch';
  assert.ok(order.indexOf(`${set}-etcd`) < order.indexOf(set), 'etcd is healthy before the services start');
  for (const pool of ['watch', 'watch-etcd']) {
    const pods = await podsOf('first', pool);
    assert.equal(new Set(pods.map(({ spec }) => spec.nodeName)).size, 3, `${pool} is on three hosts`);
    assert.ok(pods.every(isReady));
  }
  assert.deepEqual(
    (await claims()).map(({ metadata, status }) => `${metadata.name} ${status.phase}`).toSorted(),
    ['watch', 'watch-etcd'].flatMap((of) => [0, 1, 2].map((at) => `data-${of}-${at} Bound`)),
  );
  const again = await bench.plan();
  assert.deepEqual([again.code, again.plan.steps], [0, []]);
});

test('a restricted namespace takes the pods', async () => {
  await makeNamespace(plane, 'strict', { 'pod-security.kubernetes.io/enforce': 'restricted' });
  for (const [name, entries] of Object.entries(SECRETS)) await putSecret('strict', name, entries);
  bench.write(networkText('strict', SERVICE));
  await bench.settle(...GATE);
  assert.equal((await podsOf('strict', 'watch')).length, 3);
});

test('the budget lets one service be evicted, and not a second one', async () => {
  // Its host takes no pod for now, so that the one that is evicted stays away.
  const [first, second] = await podsOf('first', 'watch');
  assert.ok(first !== undefined && second !== undefined);
  const cordon = (unschedulable: boolean) =>
    mergePatch(plane, `/api/v1/nodes/${first.spec.nodeName}`, { spec: { unschedulable } });
  assert.equal((await cordon(true)).status, 200);
  assert.equal(await evict(first), 201);
  assert.equal(await evict(second), 429);
  assert.equal((await cordon(false)).status, 200);
  await untilReady('first', 'watch');
});

async function evict({ metadata: { name } }: Pod): Promise<number> {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'first' } };
  const path = `/api/v1/namespaces/first/pods/${name}/eviction`;
  // 429 also while the controller has not counted the pods yet.
  const budgetPath = '/apis/policy/v1/namespaces/first/poddisruptionbudgets/watch';
  await waitFor(
    'the controller counted the pods',
    async () => {
      const { body } = await plane.request('GET', budgetPath);
      const budget = body as { metadata?: { generation: number }; status?: { observedGeneration: number } };
      return budget.status?.observedGeneration === budget.metadata?.generation;
    },
    WAIT,
  );
  return (await plane.request('POST', path, eviction)).status;
}

async function untilReady(namespace: string, pool: string): Promise<void> {
  const ready = async () => {
    const pods = await podsOf(namespace, pool);
    return pods.length === 3 && pods.every(isReady);
  };
  await waitFor('three pods are ready', ready, WAIT);
}

test('another image reaches the services one by one: two are ready at every moment', async () => {
  const before = new Set((await podsOf('first', 'watch')).map(({ metadata }) => metadata.uid));
  bench.write(networkText('first', { ...SERVICE, image: image('watchbill-next') }));
  const { plan } = await bench.plan();
  const [step, ...more] = plan.steps;
  assert.deepEqual([step?.action, step?.risk, more], ['update', 'restart', []]);
  const least: number[] = [];
  let over = false;
  const watching = (async () => {
    while (!over) {
      least.push((await podsOf('first', 'watch')).filter(isReady).length);
      await sleep(20);
    }
  })();
  const done = await bench.apply(plan, ...GATE);
  over = true;
  await watching;
  assert.equal(done.code, 0, done.stdout + done.stderr);
  assert.ok(Math.min(...least) >= 2, `ready: ${least.join(' ')}`);
  const after = await podsOf('first', 'watch');
  assert.ok(
    after.every(({ metadata }) => !before.has(metadata.uid)),
    'each pod is another one',
  );
  assert.ok(after.every(({ spec }) => spec.containers[0]?.image === image('watchbill-next')));
});

test('a file without the service removes it with consent only, and its volumes stay', async () => {
  bench.write(networkText('first', undefined, { rpc: { role: 'rpc' } }));
  const { plan } = await bench.plan();
  assert.deepEqual(plan.problems, []);
  const refused = await bench.ends(3, 'apply', plan.id, ...GATE);
  assert.match(refused.stderr, /--allow-signing/);
  await bench.ends(0, 'apply', plan.id, ...GATE, '--allow-signing');
  assert.equal((await podsOf('first', 'watch')).length, 0);
  const left = await claims();
  assert.equal(left.filter(({ metadata }) => /^data-watch-(etcd-)?\d$/.test(metadata.name)).length, 6);
});
