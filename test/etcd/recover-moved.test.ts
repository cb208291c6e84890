import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEtcdCluster } from '@watchbill/testkit';
import { stamp } from '../docs/stamp.ts';
import { followPage } from '../support/disasters/follow.ts';
import { startWorld } from '../support/disasters/world.ts';
import { freePort } from '../support/service-process.ts';

const PAGE = 'docs/how-to/recover/moved-cluster.md';

test(`the commands of ${PAGE} move a ledger to another etcd`, { timeout: 240_000 }, async (context) => {
  const old = await startEtcdCluster({ binary: 'debian', members: 1 });
  context.after(() => old.close());
  const next = await startEtcdCluster({ binary: 'v3.6', members: 1 });
  context.after(() => next.close());
  const store = { kind: 'etcd', endpoints: old.endpoints, prefix: '/watchbill/' };
  const world = await startWorld('moved', { boxes: ['box1', 'box2'], store });
  await world.grant('box1');
  await world.grant('box2');
  const port = await freePort();
  await followPage(world, PAGE, {
    table: [
      ['10.0.1.1:2379', next.endpoints[0]?.replace('http://', '') ?? '', 'the new cluster of the test'],
      ['8461', String(port), 'a free port'],
    ],
  });
  world.ports.set('new1', port);
  world.newTokens();
  const before = world.granted.length;
  await world.neverTwice(['new1']);
  await world.grant('new1');
  assert.equal(world.granted.length, before + 1);
  await world.neverTwice(['new1']);
  stamp(PAGE, `etcd ${old.version} and ${next.version}`);
});
