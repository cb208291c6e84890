import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import type { Store } from '../store/index.ts';
import type { Failpoint } from './ports.ts';
import {
  ask,
  claimOf,
  memoryStore,
  put,
  releaseAll,
  SESSION_TTL_MS,
  silentLog,
  startAdopted,
  startPair,
  startService,
  startServing,
  untilServing,
  untilState,
  vote,
  wordAhead,
} from './testing/services.ts';
import { until, worldOf } from './testing/world.ts';

/** The sentences of the claim protocol about sessions; the others are in protocol. */

describe('sessions', () => {
  test('after a lost session what was not delivered is dropped', async (context) => {
    let lose = () => {};
    const { permit } = await startAdopted(
      context,
      {},
      {
        parts: {
          failpoint: (name) => {
            if (name === 'before-append') lose();
          },
        },
      },
    );
    lose = () => permit.storeWentBack('a test');
    assert.equal(await ask(permit, 'a'), 'unknown:session-checking');
  });

  test('after a session that lapsed unnoticed what was not delivered is dropped', async (context) => {
    const { clock, atEnd } = worldOf(context);
    const inner = memoryStore(context);
    const { promise: late, resolve: answer } = Promise.withResolvers<'expired'>();
    let silent = false;
    const keepLeaseAlive: Store['keepLeaseAlive'] = (id, options) =>
      silent ? late : inner.keepLeaseAlive(id, options);
    const failpoint: Failpoint = async (name) => {
      if (silent && name === 'after-append') await clock.sleep(2 * SESSION_TTL_MS);
    };
    const { permit } = await startAdopted(
      context,
      {},
      { store: { ...inner, keepLeaseAlive }, parts: { failpoint } },
    );
    atEnd(async () => answer('expired'));
    silent = true;
    assert.equal(await ask(permit, 'a'), 'unknown:session-checking');
  });

  test('a session record that is gone is noticed without any claim', async (context) => {
    const states: unknown[] = [];
    const warn = (event: Record<string, unknown>) => void states.push(event.state);
    const { permit, store } = await startAdopted(context, {}, { parts: { log: { ...silentLog, warn } } });
    await put(store, `session/${(await permit.health()).service}`, null);
    await until(context, () => states.includes('checking'), 'the service to look at its store');
  });

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
