// The example of a parachain in two places, whole, on a real control plane: validators of the relay chain,
// collators, boot and RPC nodes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import type { Plan } from '@watchbill/fleet/file';
import { standInCluster } from './cli-ground.ts';
import { CRDS, ROUTES, serveKinds } from './custom-kinds.ts';
import { itemsOf, makeNamespace, makeSecret } from './ground.ts';

const { plane, bench } = await standInCluster();
before(() => serveKinds(plane, [...CRDS, ROUTES]));

/** Its two clusters are two namespaces of one. */
const EXAMPLE = readFileSync(
  new URL('../../../../examples/fleet/two-places/network.yaml', import.meta.url),
  'utf8',
)
  .replace('context: estuary-frankfurt', 'namespace: one')
  .replace('context: estuary-singapore', 'namespace: two');

/** RPC nodes that are scaled by their open sessions, beside those by CPU, and a second parachain. */
const WITH_KEDA = `${EXAMPLE}
  sessions:
    role: rpc
    places: { frankfurt: 1 }
    exposure: { rpc: cluster }
    autoscale: { by: connections, min: 1, max: 4, target: 50, prometheus: "http://prometheus.monitoring:9090" }
  second:
    role: collator
    places: { frankfurt: 1 }
    runs: delta
    flags: { relay-chain-rpc-urls: ["wss://relay.example.org"] }
    ports: { p2p: 30500, relayP2p: 31500 }
`.replace('relay: { name: paseo }', 'relay: { name: paseo }\n  parachains: { delta: { name: delta } }');

const items = (path: string) => itemsOf<Record<string, unknown>>(plane, path);

const nameOf = (one: Record<string, unknown>) => (one.metadata as { name: string }).name;

test('the example in two places is planned and applied, and then there is nothing to do', async () => {
  for (const [namespace, name] of [
    ['one', 'boot-frankfurt-0'],
    ['two', 'boot-singapore-0'],
  ] as const) {
    await makeNamespace(plane, namespace);
    await makeSecret(plane, namespace, name, { key: '00' });
  }
  bench.write(WITH_KEDA);
  const plan = await bench.settle('--gate-timeout', '180');
  assert.deepEqual(rolesOf(plan), ['boot', 'collator', 'rpc', 'validator']);
  const again = await bench.plan();
  assert.deepEqual([again.code, again.plan.steps], [0, []]);
});

function rolesOf({ steps }: Plan): readonly string[] {
  return [...new Set(steps.flatMap(({ subject }) => subject.role ?? []))].sort();
}

test('every set has its pods, each with the relay chain beside it where its chain is a parachain', async () => {
  const wanted = {
    one: [
      ...['boot-frankfurt', 'collators-frankfurt', 'collators-frankfurt'],
      ...['second-frankfurt', 'validators-frankfurt'],
    ],
    two: ['boot-singapore', 'collators-singapore', 'validators-singapore'],
  };
  for (const [namespace, sets] of Object.entries(wanted)) {
    const pods = await items(`/api/v1/namespaces/${namespace}/pods`);
    const scaled = /^(rpc|sessions)-/;
    const found = pods.map(nameOf).filter((name) => !scaled.test(name));
    assert.deepEqual(found.map((name) => name.replace(/(-\d+)+$/, '')).sort(), sets);
    assert.ok(pods.map(nameOf).some((name) => scaled.test(name)));
    for (const pod of pods) {
      const { containers } = pod.spec as { containers: { args: string[] }[] };
      const args = containers[0]?.args ?? [];
      assert.equal(args.includes('--'), !nameOf(pod).startsWith('validators-'), nameOf(pod));
      const isSecond = nameOf(pod).startsWith('second-');
      assert.equal(args.includes('--chain=delta'), isSecond, nameOf(pod));
      assert.equal(args.includes('--relay-chain-rpc-urls=wss://relay.example.org'), isSecond, nameOf(pod));
    }
  }
});

test('the server took the scalers: HorizontalPodAutoscalers of its own, one ScaledObject as it is defined', async () => {
  const scalers = (await items('/apis/autoscaling/v2/horizontalpodautoscalers')).map(({ metadata, spec }) => {
    const { minReplicas, maxReplicas, metrics } = spec as {
      minReplicas: number;
      maxReplicas: number;
      metrics: { resource: { target: { averageUtilization: number } } }[];
    };
    const { name } = metadata as { name: string };
    return [name, minReplicas, maxReplicas, metrics.map((one) => one.resource.target.averageUtilization)];
  });
  assert.deepEqual(scalers.toSorted(), [
    ['rpc-frankfurt', 2, 8, [70]],
    ['rpc-singapore', 2, 8, [70]],
  ]);
  const [keda, ...more] = await items('/apis/keda.sh/v1alpha1/namespaces/one/scaledobjects');
  assert.deepEqual(more, []);
  const { scaleTargetRef, maxReplicaCount } = (keda?.spec ?? {}) as {
    scaleTargetRef?: { name: string };
    maxReplicaCount?: number;
  };
  assert.deepEqual([scaleTargetRef?.name, maxReplicaCount], ['sessions-frankfurt', 4]);
  assert.deepEqual((await items('/apis/gateway.networking.k8s.io/v1/httproutes')).map(nameOf).sort(), [
    'rpc-frankfurt-rpc',
    'rpc-singapore-rpc',
  ]);
});
