import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startEtcdCluster } from '@watchbill/testkit';
import { stamp } from '../docs/stamp.ts';
import { type FollowOptions, followPage } from '../support/disasters/follow.ts';
import { KEY, startWorld } from '../support/disasters/world.ts';
import { CHAIN } from '../support/ledger-setup.ts';
import { freePort } from '../support/service-process.ts';

const PAGE = 'docs/how-to/recover/moved-cluster.md';
/** For the control: a unit that was granted before the move is still within the bounds after it. */
const LONG_SKEW_MS = 120_000;

/**
 * Two services on the old etcd, and an empty new etcd. `follow` follows the page and gives both nodes the
 * tokens of the new ledger.
 */
async function moving(context: TestContext, skewMs = 500) {
  const old = await startEtcdCluster({ binary: 'debian', members: 1 });
  context.after(() => old.close());
  const next = await startEtcdCluster({ binary: 'v3.6', members: 1 });
  context.after(() => next.close());
  const store = { kind: 'etcd', endpoints: old.endpoints, prefix: '/watchbill/' };
  const world = await startWorld('moved', { boxes: ['box1', 'box2'], store, skewMs });
  const port = await freePort();
  const follow = async (options: Partial<FollowOptions> = {}): Promise<void> => {
    await followPage(world, PAGE, {
      table: [
        ['10.0.1.1:2379', next.endpoints[0]?.replace('http://', '') ?? '', 'the new cluster of the test'],
        ['8461', String(port), 'a free port'],
      ],
      ...options,
    });
    world.ports.set('new1', port);
    world.newTokens();
  };
  return { world, follow, versions: `etcd ${old.version} and ${next.version}` };
}

test(`the commands of ${PAGE} move a ledger to another etcd`, { timeout: 240_000 }, async (context) => {
  const { world, follow, versions } = await moving(context);
  await world.grant('box1');
  await world.grant('box2');
  await follow();
  const before = world.granted.length;
  await world.neverTwice(['new1']);
  await world.grant('new1');
  assert.equal(world.granted.length, before + 1);
  await world.neverTwice(['new1']);
  stamp(PAGE, versions);
});

test('control: without step 4 every claim is refused; with an adoption that says "never signed" a unit is granted twice', {
  timeout: 480_000,
}, async (context) => {
  const { world, follow } = await moving(context, LONG_SKEW_MS);
  await world.grant('box1', LONG_SKEW_MS / 2_000);
  await follow({ leftOut: ['4. Import the floors', 'Check at the end'], outputs: 'any' });
  assert.equal(await world.claim('new1'), 'denied:not-adopted');
  await world.neverTwice(['new1']);
  await world.shell(
    `watchbill adopt --chain ${CHAIN} --key ${KEY} --never-signed --confirmation test --config new1/watchbill.yaml`,
  );
  await assert.rejects(world.neverTwice(['new1']), /granted unit \d+ twice/);
});
