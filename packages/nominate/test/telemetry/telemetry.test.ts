// The telemetry client and the local telemetry server, with recorded messages of real nodes in their exact
// wire form.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fields } from '@watchbill/kit/testing';
import { waitFor } from '@watchbill/testkit';
import {
  fieldOf,
  play,
  RECORDED,
  RECORDED_GENESIS,
  renamed,
  seen,
  server,
  TIMEOUT,
  untilOffline,
  untilOnline,
  watch,
} from './telemetry-setup.ts';

const ID_OF_ALICE = fieldOf(RECORDED.alice, 'network_id');
/** Bob's GRANDPA key, as development chains have it. */
const KEY_OF_BOB = '0xd17c2d7823ebf260fd138f2d7e27d114c0145d968b5ff5006125f2414fadae69';
const QUICK = { settleMs: 300 };
const THREE = {
  genesisHash: RECORDED_GENESIS,
  rules: QUICK,
  watched: [
    { key: '#1', name: 'not its name', networkIds: [ID_OF_ALICE] },
    { key: '#2', name: 'not its name either', validatorKeys: [KEY_OF_BOB] },
    { key: '#3', name: 'carol' },
  ],
};

test('recorded nodes are seen by network id and by key, and offline from the moment of their end', async (context) => {
  const feed = await server(context);
  const telemetry = watch(context, [feed], THREE);
  await waitFor('the feed', () => feed.counts().feeds === 1, TIMEOUT);
  await sleep(100);
  const before = Date.now();
  await play(context, feed.submitUrl, RECORDED.alice);
  const bob = await play(context, feed.submitUrl, RECORDED.bob);
  await untilOnline(telemetry, '#1');
  await untilOnline(telemetry, '#2');
  const after = Date.now();
  assert.deepEqual(
    [seen(telemetry, '#1')?.matchedBy, seen(telemetry, '#2')?.matchedBy],
    ['network-id', 'validator-address'],
  );
  assert.equal(seen(telemetry, '#1')?.implementation, 'Watchbill Devnode');
  const since = seen(telemetry, '#1')?.sinceMs ?? 0;
  assert.ok(before <= since && since <= after, 'online since it came');
  assert.equal(feed.counts().malformed, 0, 'the server reads what nodes really say');
  assert.ok(feed.counts().unused > 0, 'and leaves what it has no use for');

  const killed = Date.now();
  bob.kill();
  await untilOffline(telemetry, '#2');
  const away = seen(telemetry, '#2')?.sinceMs ?? 0;
  assert.ok(killed <= away && away <= Date.now(), 'offline since its end');
  await play(context, feed.submitUrl, RECORDED.bob);
  await untilOnline(telemetry, '#2');
  const { offline = [], sinceMs = 0 } = seen(telemetry, '#2') ?? {};
  assert.deepEqual(offline, [{ fromMs: away, toMs: sinceMs }], 'away until the very moment of its return');
  assert.deepEqual(seen(telemetry, '#1')?.offline, []);
  const counts = telemetry.counts().get('feed-0');
  assert.deepEqual([counts?.malformedActions, counts?.unknownActions, counts?.sockets], [0, 0, 1]);
});

test('the server is restarted, twice: one socket, no node twice, and nobody is charged', async (context) => {
  let feed = await server(context);
  await play(context, feed.submitUrl, RECORDED.alice);
  // Time to come back passes when the test says it: a node that is not there within it is offline.
  let aheadMs = 0;
  const settleMs = 60_000;
  const nowMs = (): number => Date.now() + aheadMs;
  const telemetry = watch(context, [feed], { ...THREE, rules: { settleMs }, nowMs });
  const settled = async () => {
    aheadMs += settleMs;
    await waitFor('the feed to settle', () => telemetry.report().sources[0]?.state === 'hearing', TIMEOUT);
  };
  await untilOnline(telemetry, '#1');
  await settled();
  const since = seen(telemetry, '#1')?.sinceMs;
  for (let round = 0; round < 2; round += 1) {
    const { port } = feed;
    await feed.close();
    await waitFor('the loss', () => telemetry.report().sources[0]?.state === 'down', TIMEOUT);
    assert.equal(seen(telemetry, '#1'), null, 'not known, which is not offline');
    feed = await server(context, { port });
    await waitFor('the client', () => feed.counts().feeds === 1, TIMEOUT);
    assert.equal(seen(telemetry, '#1'), null);
    await play(context, feed.submitUrl, RECORDED.alice);
    await untilOnline(telemetry, '#1');
    assert.deepEqual([seen(telemetry, '#1')?.offline, seen(telemetry, '#1')?.sinceMs], [[], since]);
    assert.deepEqual([feed.counts().feeds, telemetry.report().sources[0]?.nodes], [1, 1]);
    await settled();
  }
  assert.equal(telemetry.report().outages.length, 2);
});

test('the server loses all its nodes at once: a mass loss, of which nobody is the cause', async (context) => {
  const feed = await server(context);
  const names = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6'];
  const telemetry = watch(context, [feed], {
    ...{ genesisHash: RECORDED_GENESIS, rules: { ...QUICK, massSettleMs: 60_000 } },
    watched: names.map((name) => ({ key: name, name })),
  });
  const come = async () => {
    for (const name of names)
      await play(context, feed.submitUrl, renamed(RECORDED.alice, name, `id-${name}`));
  };
  await come();
  for (const name of names) await untilOnline(telemetry, name);
  await waitFor('the feed to settle', () => telemetry.report().sources[0]?.state === 'hearing', TIMEOUT);
  feed.dropNodes();
  await waitFor('the doubt', () => telemetry.report().sources[0]?.state === 'doubted', TIMEOUT);
  for (const name of names) assert.equal(seen(telemetry, name), null);
  await come();
  for (const name of names) {
    await untilOnline(telemetry, name);
    assert.deepEqual(seen(telemetry, name)?.offline, []);
  }
});

test('two feeds: a node that one of them loses is still online, and one feed that is down says nothing', async (context) => {
  const feeds = [await server(context), await server(context)] as const;
  const telemetry = watch(context, feeds, THREE);
  await play(context, feeds[0].submitUrl, RECORDED.alice);
  const second = await play(context, feeds[1].submitUrl, RECORDED.alice);
  const nodesAt = (index: number) => telemetry.report().sources[index]?.nodes;
  await waitFor('both feeds', () => nodesAt(0) === 1 && nodesAt(1) === 1, TIMEOUT);
  second.kill();
  await waitFor('the end of one', () => nodesAt(1) === 0, TIMEOUT);
  assert.equal(seen(telemetry, '#1')?.online, true);
  await feeds[0].close();
  await waitFor('the loss', () => telemetry.report().sources[0]?.state === 'down', TIMEOUT);
  assert.equal(seen(telemetry, '#1'), null, 'the feed that saw it last is down');
  assert.deepEqual(seen(telemetry, '#3'), null);
});

test('impostors, near misses and malformed messages: flagged, hinted at, counted', async (context) => {
  const feed = await server(context);
  const telemetry = watch(context, [feed], THREE);
  await play(context, feed.submitUrl, renamed(RECORDED.alice, 'Carol ', 'id-of-carol'));
  await play(context, feed.submitUrl, renamed(RECORDED.alice, 'not its name', 'id-of-mallory'));
  await play(context, feed.submitUrl, [
    'nonsense',
    '{"id":1}',
    '{"id":-1,"payload":{"msg":"system.connected"}}',
  ]);
  await waitFor('two flags', () => telemetry.flags().length === 2, TIMEOUT);
  assert.deepEqual(telemetry.flags().map(fields('kind', 'key', 'name', 'why')), [
    ['impostor', '#1', 'not its name', 'not-a-declared-network-id'],
    ['near-miss', '#3', 'Carol ', 'blanks'],
  ]);
  await waitFor('three malformed messages', () => feed.counts().malformed === 3, TIMEOUT);
  assert.equal(seen(telemetry, '#1'), null);
});
