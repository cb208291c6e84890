import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startEtcdCluster } from '@watchbill/testkit';
import { sqliteVersion, stamp } from '@watchbill/testkit/pages/stamp';
import { KEY, type WorldSetup } from '@watchbill/testkit/pages/world';
import { CHAIN } from '@watchbill/testkit/service/ledger-setup';
import {
  MOVED_PAGE,
  moveAll,
  NEW_BOX,
  ONE_SERVICE,
  SEVERAL_SERVICES,
  startMove,
} from '../support/disasters/moved.ts';

const BOXES = ['box1', 'box2'];
/** For the control: a unit that was granted before the move is still within the bounds after it. */
const LONG_SKEW_MS = 120_000;

/** An empty etcd, and its line in the table of differences from the page. */
async function newEtcd(context: TestContext) {
  const next = await startEtcdCluster({ binary: 'v3.6', members: 1 });
  context.after(() => next.close());
  const address = next.endpoints[0]?.replace('http://', '') ?? '';
  return {
    version: next.version,
    table: [['10.0.1.1:2379', address, 'the new cluster of the test'] as const],
  };
}

/** Two services on the old etcd, and an empty new etcd. */
async function moving(context: TestContext, skewMs = 500) {
  const old = await startEtcdCluster({ binary: 'debian', members: 1 });
  context.after(() => old.close());
  const { version, table } = await newEtcd(context);
  const store = { kind: 'etcd', endpoints: old.endpoints, prefix: '/watchbill/' };
  const setup: WorldSetup = { boxes: BOXES, store, skewMs };
  const move = await startMove(setup, { table, leftOut: [ONE_SERVICE] });
  return { ...move, versions: `etcd ${old.version} and ${version}` };
}

test(`the commands of ${MOVED_PAGE} move a ledger to another etcd`, { timeout: 240_000 }, async (context) => {
  const move = await moving(context);
  await moveAll(move, BOXES);
  stamp(MOVED_PAGE, move.versions);
});

test(`the commands of ${MOVED_PAGE} move a single service from the embedded store to etcd`, {
  timeout: 240_000,
}, async (context) => {
  const { table } = await newEtcd(context);
  const move = await startMove(
    { boxes: ['box1'], skewMs: 500 },
    { table: [...table, [' box2.ledger', '', 'one service']], leftOut: [SEVERAL_SERVICES] },
  );
  await moveAll(move, ['box1']);
  stamp(MOVED_PAGE, sqliteVersion());
});

test('control: without step 4 every claim is refused; with an adoption that says "never signed" a unit is granted twice', {
  timeout: 480_000,
}, async (context) => {
  const { world, follow } = await moving(context, LONG_SKEW_MS);
  await world.grant('box1', LONG_SKEW_MS / 2_000);
  await follow({ leftOut: [ONE_SERVICE, '4. Import the floors', 'Check at the end'], outputs: 'any' });
  assert.equal(await world.claim(NEW_BOX), 'denied:not-adopted');
  await world.neverTwice([NEW_BOX]);
  await world.shell(
    `watchbill adopt --chain ${CHAIN} --key ${KEY} --never-signed --confirmation test --config new1/watchbill.yaml`,
  );
  await assert.rejects(world.neverTwice([NEW_BOX]), /granted unit \d+ twice/);
});
