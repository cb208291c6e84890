import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import {
  ask,
  claimOf,
  memoryStore,
  put,
  releaseAll,
  startAdopted,
  startPair,
  startService,
  startServing,
  untilServing,
  untilState,
  vote,
  wordAhead,
} from './testing/services.ts';
import { until } from './testing/world.ts';

/** The sentences of the claim protocol about sessions; the others are in protocol. */

describe('sessions', () => {
  test('a claimant that knows more than the cache is not a store that went back', async (context) => {
    const { first, second } = await startPair(context, { standbyDelayMs: 0 });
    assert.equal(await ask(second.permit, 'a', { unit: '1' }), 'granted:new');
    const told = await first.permit.claim(claimOf({ unit: '2' }), { node: 'a' });
    assert.equal(await ask(second.permit, 'a', { unit: '3', word: told.word }), 'granted:new');
    assert.equal((await second.permit.health()).state, 'serving');
  });

  test('a store that went back is unknown, not denied, to a part of an entered unit, and every state that denies', async (context) => {
    const { permit, store } = await startAdopted(context);
    const part = {
      duty: 'grandpa',
      unit: '0/1',
      part: 'precommit',
      digest: vote('01'),
      timeoutMs: 5_000,
    } as const;
    const word = await wordAhead(store);
    const babe = { unit: '2', word };
    assert.equal(await ask(permit, 'a', babe), 'denied:store-behind');
    assert.equal(await ask(permit, 'a', part), 'unknown:session-checking');
    await until(context, async () => !(await permit.health()).ready, 'the word to hold');
    await releaseAll(permit);
    await untilServing(context, permit);
    await put(store, `session/${(await permit.health()).service}`, null);
    assert.equal(await ask(permit, 'a', { unit: '2' }), 'denied:session-lost');
    assert.equal(await ask(permit, 'a', part), 'unknown:session-checking');
    await untilServing(context, permit);
    await put(store, 'epoch', '{"epoch":"another","v":1}');
    assert.equal(await ask(permit, 'a', { unit: '2' }), 'denied:store-behind');
    assert.equal(await ask(permit, 'a', part), 'unknown:session-checking');
  });

  test('without memory a service denies, also in a store that holds only a ledger', async (context) => {
    const inner = memoryStore(context);
    const first = await startServing(context, { store: inner });
    await first.stop();
    const second = await startService(context, { store: inner });
    await untilState(context, second.permit, 'joining');
    await assert.rejects(second.permit.approve((await first.permit.health()).service, 'no', 'test'), {
      code: 'service-serving',
    });
    assert.equal((await second.permit.health()).state, 'joining');
    assert.equal(await ask(second.permit, 'a'), 'denied:no-memory');
  });
});
