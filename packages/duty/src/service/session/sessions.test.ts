import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Permit } from '../contract.ts';
import {
  ask,
  memoryStore,
  startAdopted,
  startPair,
  startService,
  untilServing,
  untilState,
  vote,
} from '../testing/services.ts';
import { until } from '../testing/world.ts';

const GRANDPA = { duty: 'grandpa', unit: '0/1', part: 'prevote', digest: vote('01') } as const;

/** Waits until the service says that another does not answer. */
const untilUnanswered = (context: TestContext, permit: Permit) =>
  until(context, async () => (await permit.health()).detail.includes('does not answer'), 'the reason');

test('a service that lost its data directory is a new one and denies', async (context) => {
  const store = memoryStore(context);
  const first = await startAdopted(context, {}, { store });
  assert.equal(await ask(first.permit, 'a'), 'granted:new');
  await first.stop();
  const again = await startService(context, { store });
  await untilState(context, again.permit, 'joining');
  assert.equal(await ask(again.permit, 'a', { unit: '2' }), 'denied:no-memory');
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
