import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { copyOf, fakeDisk } from './fake-ledger.ts';
import {
  adoptOther,
  ask,
  CHAIN,
  claimOf,
  fakePeers,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  SESSION_TTL_MS,
  seal,
  startAdopted,
  startService,
  untilServing,
} from './fixture.ts';
import { clockOf, until, worldOf } from './fixture-world.ts';

/** What holds after a store was restored together with the memory of its service: see suspicion. */

const OTHER_KEY = `0x${'cd'.repeat(32)}`;

/** A service alone whose store and memory went back, as a restored backup does: `a` was told of slot 2 and the other key. */
async function restored(context: TestContext) {
  const store = memoryStore(context);
  const document = { standbyDelayMs: 0 };
  const first = await startAdopted(context, document, { store });
  await adoptOther(first.permit, ['a', 'b'], OTHER_KEY);
  assert.equal(await ask(first.permit, 'a', { unit: '1' }), 'granted:new');
  await first.stop();
  const backup = copyOf(first.disk);
  const before = store.snapshot();
  const between = await startService(context, { store, disk: first.disk });
  await untilServing(context, between.permit);
  const { head } = await between.permit.claim(claimOf({ unit: '2' }), { node: 'a' });
  assert.ok(head);
  assert.equal(await ask(between.permit, 'a', { key: OTHER_KEY, unit: '2' }), 'granted:new');
  await between.stop();
  store.restore(before);
  const service = await startService(context, { store, disk: backup });
  await untilServing(context, service.permit);
  assert.equal(await ask(service.permit, 'a', { unit: '2', atLeast: head }), 'denied:store-behind');
  const refused = async () => {
    const twin = { unit: '2', digest: seal('02') };
    const keys = [{}, { key: OTHER_KEY }];
    for (const key of keys)
      assert.equal(await ask(service.permit, 'b', { ...twin, ...key }), 'denied:store-behind');
  };
  await refused();
  await until(context, async () => !(await service.permit.health()).ready, 'it to say so');
  await refused();
  return { store, service, head };
}

test('a service restored with its store grants no unit again: a word holds every key while nobody else remembers', async (context) => {
  const { store, service } = await restored(context);
  assert.equal((await service.permit.health()).state, 'behind');
  // What joins now learns from the store that is in doubt, so nobody vouches for it.
  const late = await startService(context, { store, options: { url: 'late' } });
  await until(
    context,
    async () => (await late.permit.health()).state === 'joining',
    'the new service to wait',
  );
  // The other one looks at the store, and at who joins, three times in this time.
  await clockOf(context).sleep(SESSION_TTL_MS);
  assert.equal((await late.permit.health()).state, 'joining');
  await service.stop();
  const again = await startService(context, { store, disk: service.disk });
  await until(
    context,
    async () => (await again.permit.health()).detail.includes('service vouch'),
    'it to be held still',
  );
  assert.equal(await ask(again.permit, 'b', { unit: '2', digest: seal('02') }), 'denied:store-behind');
});

test('an operator ends it with one command, and the same start of the node holds nothing more', async (context) => {
  const { service, head } = await restored(context);
  const { permit } = service;
  await permit.vouch((await permit.health()).service, 'the node is wrong', 'operator');
  assert.equal((await permit.health()).ready, true);
  const heartbeats = { duty: 'im-online', unit: '1', part: 'heartbeat', digest: null } as const;
  for (const lie of [{}, { seq: '77' }])
    assert.equal(await ask(permit, 'a', { unit: '3', atLeast: { ...head, ...lie } }), 'denied:store-behind');
  assert.equal(await ask(permit, 'a', { ...heartbeats, atLeast: head }), 'denied:store-behind');
  assert.equal(await ask(permit, 'b', { unit: '3' }), 'granted:new');
  // A new start that still says so is heard again.
  const start = { incarnation: 'f'.repeat(32), atLeast: head, unit: '4' };
  assert.equal(await ask(permit, 'a', { ...start, atLeast: { ...head, seq: '99' } }), 'denied:store-behind');
  assert.equal(await ask(permit, 'b', { unit: '4' }), 'denied:store-behind');
});

test('a key that is adopted again goes on, the others stay held', async (context) => {
  const { service } = await restored(context);
  const { permit } = service;
  const floors = { ...NEVER_SIGNED, babe: '2' };
  const adopt = (key: string) =>
    permit.adopt({ chain: CHAIN, key, floors, confirmation: 'every signer is stopped' }, 'operator');
  await adopt(OTHER_KEY);
  assert.equal(
    await ask(permit, 'b', { key: OTHER_KEY, unit: '2', digest: seal('02') }),
    'denied:below-floor',
  );
  assert.equal(await ask(permit, 'b', { key: OTHER_KEY, unit: '3' }), 'granted:new');
  assert.equal(await ask(permit, 'b', { unit: '2', digest: seal('02') }), 'denied:store-behind');
  assert.equal((await permit.health()).ready, false);
  await adopt(KEY);
  assert.equal((await permit.health()).ready, true);
  assert.equal(await ask(permit, 'b', { unit: '3' }), 'granted:new');
});

test('a service that was vouched for after a restore is no witness of what was before', async (context) => {
  const store = memoryStore(context);
  const peers = fakePeers();
  const one = { store, disk: fakeDisk(worldOf(context).random), parts: { peers }, options: { url: 'one' } };
  const first = await startAdopted(context, { standbyDelayMs: 0 }, one);
  const { head } = await first.permit.claim(claimOf(), { node: 'a' });
  assert.ok(head);
  await first.stop();
  const { permit } = await startService(context, one);
  await untilServing(context, permit);
  peers.reachable.set('one', permit);
  const late = await startService(context, {
    store,
    parts: { peers },
    options: { url: 'late', name: 'late' },
  });
  peers.reachable.set('late', late.permit);
  await untilServing(context, late.permit);
  assert.equal(await ask(permit, 'a', { atLeast: { ...head, seq: '9' } }), 'denied:store-behind');
  await until(
    context,
    async () => (await permit.health()).detail.includes('no other service'),
    'the word to hold',
  );
  assert.equal(await ask(permit, 'b', { unit: '2' }), 'denied:store-behind');
});
