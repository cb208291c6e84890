// A kubeconfig whose context leads to another cluster since the plan, on two control planes.

import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ControlPlane, startControlPlane } from '@watchbill/testkit/kubernetes';
import { image, makeBench } from './cli-ground.ts';
import { makeNamespace } from './ground.ts';

const FILE = `format: watchbill/network/1
name: harbour
chain: {name: westend}
clusters: {main: {}}
defaults:
  software: {image: '${image('node')}', command: polkadot, sdk: stable2509}
pools:
  archive: {role: archive, count: 1}
`;

let planned: ControlPlane;
let other: ControlPlane;
before(async () => {
  planned = await startControlPlane();
  other = await startControlPlane();
});
after(async () => {
  await planned?.close();
  await other?.close();
});

const setsIn = async (plane: ControlPlane): Promise<number> => {
  const { body } = await plane.request('GET', '/apis/apps/v1/namespaces/harbour/statefulsets');
  return (body as { readonly items: readonly unknown[] }).items.length;
};

test('a plan is not applied to the cluster to which its kubeconfig leads now, and no object is made there', async () => {
  const kubeconfig = join(planned.folder, 'kubeconfig-of-the-test');
  const leadsTo = (plane: ControlPlane) => copyFileSync(plane.kubeconfigFile, kubeconfig);
  leadsTo(planned);
  for (const plane of [planned, other]) await makeNamespace(plane, 'harbour');
  const bench = makeBench(kubeconfig);
  try {
    bench.write(FILE);
    const { plan, code, stderr } = await bench.plan();
    assert.equal(code, 6, stderr);
    leadsTo(other);
    const refused = await bench.apply(plan);
    assert.equal(refused.code, 2, refused.stdout + refused.stderr);
    assert.match(refused.stdout + refused.stderr, /main is \S+ now; the plan was made for \S+/);
    assert.deepEqual([await setsIn(planned), await setsIn(other)], [0, 0]);
    leadsTo(planned);
    const done = await bench.apply(plan);
    assert.equal(done.code, 0, done.stdout + done.stderr);
    assert.deepEqual([await setsIn(planned), await setsIn(other)], [1, 0], 'control: it can be applied');
  } finally {
    bench.close();
  }
});
