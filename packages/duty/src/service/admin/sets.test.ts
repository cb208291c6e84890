import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Permit } from '../contract.ts';
import { startWire } from '../original/testing/wire.ts';
import type { RoundState } from '../ports.ts';
import { CHAIN, KEY, NEVER_SIGNED, startServing } from '../testing/services.ts';
import { clockOf, until } from '../testing/world.ts';

const start = (context: TestContext) => startWire(context, { watchTtlMs: 300 });

const gone = (context: TestContext, permit: Permit) =>
  until(context, async () => (await permit.watches({}))[0]?.live === false, 'the holder to be gone');

test('another node in the new set does not confirm a node whose voter has not restarted', async (context) => {
  const { permit, put, putAt, ask } = await start(context);
  assert.equal(await ask('b', 0n, 10n), 'true:new');
  assert.equal(await ask('b', 1n, 1n), 'true:new');
  await gone(context, permit);
  // The set id of a has moved, its voter is still in round 10 of set 0, in which b has voted.
  assert.equal(await putAt('a', 1n, 10n), 'false:set-unconfirmed');
  assert.equal(await put('a', 'round', 10), 'false:set-unconfirmed');
  assert.equal(await putAt('a', 1n, 2n), 'true:new');
});

test('a restart that was seen is remembered by the ledger, also for a service that begins in the middle of the set', async (context) => {
  const { stop, setup, at, put, see, ask } = await start(context);
  assert.equal(await ask('a', 0n, 10n), 'true:new');
  assert.equal(await ask('a', 1n, 1n), 'true:new');
  await stop();
  const { permit } = await startServing(context, setup);
  await see(1, 5, permit);
  at('a', 1n, 5n);
  assert.equal(await put('a', 'round', 5, permit), 'true:new');
});

test('a round that is lower than one of a set long ago is not a restart into this one', async (context) => {
  const { at, put, see, putAt, ask } = await start(context);
  assert.equal(await ask('a', 0n, 400n), 'true:new');
  // Unseen by this service the voter went through set 1; the id is at 2 already, the voter still in round 8
  // of set 1.
  at('a', 2n, 8n);
  await see(2, 1);
  assert.equal(await put('a', 'round', 8), 'false:set-unconfirmed');
  assert.equal(await putAt('a', 2n, 1n), 'true:new');
});

test('a node whose database went back has to restart again', async (context) => {
  const { putAt, ask } = await start(context);
  await ask('a', 0n, 10n);
  assert.equal(await ask('a', 1n, 1n), 'true:new');
  assert.equal(await putAt('a', 0n, 4n), 'false:not-increasing');
  assert.equal(await putAt('a', 1n, 5n), 'false:set-unconfirmed');
  assert.equal(await putAt('a', 1n, 2n), 'true:new');
});

test('a lower round of an old database is not a restart: only the first two of a set are', async (context) => {
  const { permit, ask } = await start(context);
  assert.equal(await ask('a', 0n, 3n), 'true:new');
  await gone(context, permit);
  assert.equal(await ask('b', 0n, 4n), 'true:new');
  await gone(context, permit);
  assert.equal(await ask('a', 0n, 10n), 'true:new');
  // The database of a went back: its voter is in round 4 of set 0, in which b voted, and its set id has moved
  // on.
  assert.equal(await ask('a', 1n, 4n), 'false:set-unconfirmed');
  assert.equal(await ask('a', 1n, 3n), 'false:set-unconfirmed');
  assert.equal(await ask('a', 1n, 2n), 'true:new');
});

test('what was read before a restart is not judged after it', async (context) => {
  const { states, asked, put, putAt, see, ask } = await start(context);
  assert.equal(await ask('a', 0n, 10n), 'true:new');
  await see(1, 1);
  const { promise, resolve: answer } = Promise.withResolvers<RoundState>();
  states.set('http://a', promise);
  const before = asked.length;
  const old = put('a', 'round', 11);
  await until(context, () => asked.length === before + 1, 'the slow reading');
  const fresh = putAt('a', 1n, 1n);
  await clockOf(context).sleep(20);
  answer({ setId: 1n, bestRound: 11n });
  assert.deepEqual([await old, await fresh], ['false:set-unconfirmed', 'true:new']);
});

test('a node that missed the beginning of a set stays out until the key is adopted again', async (context) => {
  const { permit, ask } = await start(context);
  assert.equal(await ask('a', 0n, 3n), 'true:new');
  // Its rounds restarted unseen, and are above the last one that was seen.
  assert.equal(await ask('a', 1n, 5n), 'false:set-unconfirmed');
  // A restart is seen here. It may be the one into set 1, as the set id moves first.
  assert.equal(await ask('a', 2n, 1n), 'false:set-unconfirmed');
  assert.equal(await ask('a', 2n, 2n), 'false:set-unconfirmed');
  const floors = { ...NEVER_SIGNED, grandpa: '2/6' };
  const confirmation = 'every signer was stopped and is started again in set 2';
  await permit.adopt({ chain: CHAIN, key: KEY, floors, confirmation }, 'test');
  assert.equal(await ask('a', 2n, 7n), 'true:new');
  assert.equal(await ask('a', 3n, 1n), 'true:new');
});
