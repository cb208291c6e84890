import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Store } from '../../store/index.ts';
import type { Permit } from '../contract.ts';
import type { Peers } from '../ports.ts';
import {
  ask,
  CHAIN,
  claimOf,
  fakePeers,
  KEY,
  memoryStore,
  releaseAll,
  seal,
  startAdopted,
  startPair,
  startService,
  untilServing,
  untilState,
  vote,
  wordAhead,
} from '../testing/services.ts';
import { clockOf, until } from '../testing/world.ts';

const GRANDPA = { duty: 'grandpa', unit: '0/1', part: 'prevote', digest: vote('01') } as const;

/** Waits until the service says that another does not answer. */
const untilUnanswered = (context: TestContext, permit: Permit) =>
  until(context, async () => (await permit.health()).detail.includes('does not answer'), 'the reason');

test('a service without memory denies until one with memory has vouched; votes are unknown meanwhile', async (context) => {
  const store = memoryStore(context);
  const peers = fakePeers();
  const parts = { peers };
  const options = { url: 'first', sessionTtlMs: 30_000 };
  const first = await startAdopted(context, {}, { store, parts, options });
  peers.reachable.set('first', first.permit);
  const second = await startService(context, { store, parts, options: { url: 'second', name: 'two' } });
  peers.reachable.set('second', second.permit);
  await untilState(context, second.permit, 'joining');
  assert.equal(await ask(second.permit, 'a'), 'denied:no-memory');
  assert.equal(await ask(second.permit, 'a', GRANDPA), 'unknown:session-checking');
  const id = (await second.permit.health()).service;
  await first.permit.approve(id, 'I looked', 'operator');
  await untilServing(context, second.permit);
  assert.equal(await ask(second.permit, 'a'), 'granted:new');
  assert.equal(await ask(first.permit, 'b'), 'denied:unit-taken');
});

test('a serving service vouches by itself once it has compared its memory', async (context) => {
  const store = memoryStore(context);
  const peers = fakePeers();
  const parts = { peers };
  const first = await startAdopted(context, {}, { store, parts, options: { url: 'first' } });
  peers.reachable.set('first', first.permit);
  assert.equal(await ask(first.permit, 'a'), 'granted:new');
  const second = await startService(context, { store, parts, options: { url: 'second', name: 'two' } });
  peers.reachable.set('second', second.permit);
  await untilServing(context, second.permit);
  const views = await second.permit.services();
  assert.equal(views.find((view) => view.self)?.vouchedBy, (await first.permit.health()).service);
  assert.notEqual(second.ledger.head(`${CHAIN}/${KEY}/babe`), null, 'the joining service learned the marks');
});

test('a service that lost its data directory is a new one and denies', async (context) => {
  const store = memoryStore(context);
  const first = await startAdopted(context, {}, { store });
  assert.equal(await ask(first.permit, 'a'), 'granted:new');
  await first.stop();
  const again = await startService(context, { store });
  await untilState(context, again.permit, 'joining');
  assert.equal(await ask(again.permit, 'a', { unit: '2' }), 'denied:no-memory');
});

test('a store that went back in time is noticed by the service memory, and no unit is granted any more', async (context) => {
  const store = memoryStore(context);
  const { permit } = await startAdopted(context, {}, { store });
  const before = store.snapshot();
  assert.equal(await ask(permit, 'a'), 'granted:new');
  store.restore(before);
  assert.equal(await ask(permit, 'b', { unit: '2', digest: seal('02') }), 'denied:store-behind');
  assert.equal((await permit.health()).state, 'behind');
  assert.equal(await ask(permit, 'b', { unit: '3', digest: seal('03') }), 'denied:store-behind');
  assert.equal(await ask(permit, 'b', GRANDPA), 'unknown:session-checking');
});

test('a claimant that remembers more than the store holds is denied, on a linearizable read', async (context) => {
  const { permit, store } = await startAdopted(context);
  for (const [at, change] of [{}, { hash: 'f'.repeat(64), seq: 1n }, { epoch: 'other' }].entries()) {
    const word = await wordAhead(store, change);
    const lie = { unit: '99', word, incarnation: String(at).repeat(32) };
    assert.equal(await ask(permit, 'a', lie), 'denied:store-behind');
    assert.equal(await ask(permit, 'b', { unit: '98' }), 'denied:store-behind', String(at));
    await releaseAll(permit);
    const next = await permit.claim(claimOf({ unit: String(at + 2), digest: seal('02') }), { node: 'b' });
    assert.equal(next.outcome, 'granted');
    assert.equal(await ask(permit, 'a', lie), 'denied:store-behind', 'it holds itself alone');
    assert.equal((await permit.health()).ready, true);
  }
});

test('after a lost session a service denies until every listed service has shown its memory', async (context) => {
  const { inner: store, peers, first, second } = await startPair(context);
  peers.reachable.delete('second');
  const firstId = (await first.permit.health()).service;
  await store.transact([{ compares: [], writes: [{ key: `session/${firstId}`, value: null }] }]);
  assert.equal(await ask(first.permit, 'a'), 'denied:session-lost');
  assert.equal(await ask(first.permit, 'a', GRANDPA), 'unknown:session-checking');
  await untilUnanswered(context, first.permit);
  peers.reachable.set('second', second.permit);
  await untilServing(context, first.permit);
  assert.equal(await ask(first.permit, 'a'), 'granted:new');
});

test('a missing service that an operator removed is no longer waited for', async (context) => {
  const { inner: store, peers, first, second } = await startPair(context);
  peers.reachable.delete('second');
  const secondId = (await second.permit.health()).service;
  const firstId = (await first.permit.health()).service;
  await second.stop();
  await store.transact([{ compares: [], writes: [{ key: `session/${firstId}`, value: null }] }]);
  assert.equal(await ask(first.permit, 'a'), 'denied:session-lost');
  await untilUnanswered(context, first.permit);
  assert.equal((await first.permit.health()).state, 'checking');
  await first.permit.removeService(secondId, 'its disk burnt', 'operator');
  await untilServing(context, first.permit);
  assert.equal(await ask(first.permit, 'a'), 'granted:new');
});

test('a service that is asked for its memory drops what it has not told yet', async (context) => {
  let asked: Promise<unknown> = Promise.resolve();
  let permit: Permit | null = null;
  const failpoint = (name: string) => {
    if (name === 'before-append' && permit !== null) asked = permit.memory();
  };
  ({ permit } = await startAdopted(context, {}, { parts: { failpoint } }));
  assert.equal(await ask(permit, 'a'), 'unknown:session-checking');
  await asked;
});

test('a restarted service asks the others too, however quick it was', async (context) => {
  const store = memoryStore(context);
  const options = { url: 'first', sessionTtlMs: 30_000 };
  const first = await startAdopted(context, {}, { store, options });
  const other = `service/${'0'.repeat(32)}`;
  const record = '{"name":"gone","reason":null,"state":"serving","url":"gone","v":1,"vouchedBy":"x"}';
  await store.transact([{ compares: [], writes: [{ key: other, value: Buffer.from(record) }] }]);
  assert.equal(await ask(first.permit, 'a'), 'granted:new');
  await first.stop();
  const again = await startService(context, { store, disk: first.disk, options });
  await untilUnanswered(context, again.permit);
  assert.equal(await ask(again.permit, 'a', { unit: '2' }), 'denied:session-lost');
});

test('a comparison that takes longer than its lease lives still ends in service', async (context) => {
  const inner = memoryStore(context);
  // Four of them are longer than the lease; two, without a renewal in between, are not.
  const slow = () => clockOf(context).sleep(600);
  const LEASE_MS = 2_000;
  let slowed = false;
  const grantLease: Store['grantLease'] = (ttlMs, options) =>
    inner.grantLease(slowed ? LEASE_MS : ttlMs, options);
  const list: Store['list'] = async (prefix, page, options) => {
    if (slowed && prefix === 'mark/') await slow();
    return inner.list(prefix, page, options);
  };
  const { reachable, memory: quick } = fakePeers();
  const memory: Peers['memory'] = async (...asked) => {
    if (slowed) await slow();
    return quick(...asked);
  };
  const parts = { peers: { memory } };
  const setup = { store: { ...inner, list, grantLease }, parts, options: { url: 'first' } };
  const first = await startAdopted(context, {}, setup);
  reachable.set('first', first.permit);
  const second = await startService(context, {
    ...setup,
    store: inner,
    options: { url: 'second', name: 'two' },
  });
  reachable.set('second', second.permit);
  await untilServing(context, second.permit);
  slowed = true;
  first.permit.storeWentBack('a test');
  await untilServing(context, first.permit);
  slowed = false;
  await until(context, async () => (await ask(first.permit, 'a')).startsWith('granted'), 'it to grant');
});
