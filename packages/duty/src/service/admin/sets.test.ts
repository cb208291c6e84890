import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Store } from '../../store/index.ts';
import type { Permit } from '../contract.ts';
import type { RoundState } from '../ports.ts';
import { fakeDisk } from '../testing/fake-ledger.ts';
import { CHAIN, KEY, memoryStore, startAdopted, startServing, WIRE } from '../testing/services.ts';
import { clockOf, until, worldOf } from '../testing/world.ts';

const put = async (permit: Permit, node: string, round: number) => {
  const request = { kind: 'round', number: String(round) } as const;
  const reply = await permit.claimOriginal(request, { node, chain: CHAIN, key: KEY });
  return `${reply.allowed}:${reply.reason}`;
};

async function start(context: TestContext) {
  const store: Store = memoryStore(context);
  const states = new Map<string, RoundState | Promise<RoundState>>();
  let readings = 0;
  const roundState = async (url: string) => {
    readings += 1;
    const state = states.get(url);
    if (state === undefined) throw new Error(`${url} does not answer`);
    return state;
  };
  const setup = { store, disk: fakeDisk(worldOf(context).random), parts: { nodeRpc: { roundState } } };
  const first = await startAdopted(context, { ...WIRE, watchTtlMs: 300 }, setup);
  const at = (node: string, setId: bigint, bestRound: bigint) =>
    states.set(`http://${node}`, { setId, bestRound });
  const see = async (permit: Permit, setId: number, round: number) => {
    // No chain passes a set or many rounds at once.
    await clockOf(context).sleep(setId * 5_000 + round * 500);
    await permit.observe({ chain: CHAIN, setId: String(setId), round: String(round) }, 'watcher');
  };
  await see(first.permit, 0, 1);
  /** The node is in this round of this set by its own word, and asks for the round. */
  const putAt = (node: string, set: bigint, round: bigint) => {
    at(node, set, round);
    return put(first.permit, node, Number(round));
  };
  /** The same, after an observer saw the round. */
  const ask = async (node: string, set: bigint, round: bigint) => {
    await see(first.permit, Number(set), Number(round));
    return putAt(node, set, round);
  };
  return { first, setup, states, at, see, putAt, ask, readings: () => readings };
}

const gone = (context: TestContext, permit: Permit) =>
  until(context, async () => (await permit.watches({}))[0]?.live === false, 'the holder to be gone');

test('another node in the new set does not confirm a node whose voter has not restarted', async (context) => {
  const { first, putAt, ask } = await start(context);
  assert.equal(await ask('b', 0n, 10n), 'true:new');
  assert.equal(await ask('b', 1n, 1n), 'true:new');
  await gone(context, first.permit);
  // The set id of a has moved, its voter is still in round 10 of set 0, in which b has voted.
  assert.equal(await putAt('a', 1n, 10n), 'false:set-unconfirmed');
  assert.equal(await put(first.permit, 'a', 10), 'false:set-unconfirmed');
  assert.equal(await putAt('a', 1n, 2n), 'true:new');
});

test('a restart that was seen is remembered by the ledger, also for a service that begins in the middle of the set', async (context) => {
  const { first, setup, at, see, ask } = await start(context);
  assert.equal(await ask('a', 0n, 10n), 'true:new');
  assert.equal(await ask('a', 1n, 1n), 'true:new');
  await first.stop();
  const again = await startServing(context, setup);
  await see(again.permit, 1, 5);
  at('a', 1n, 5n);
  assert.equal(await put(again.permit, 'a', 5), 'true:new');
});

test('a round that is lower than one of a set long ago is not a restart into this one', async (context) => {
  const { first, at, see, putAt, ask } = await start(context);
  assert.equal(await ask('a', 0n, 400n), 'true:new');
  // Unseen by this service the voter went through set 1; the id is at 2 already, the voter still in round 8
  // of set 1.
  at('a', 2n, 8n);
  await see(first.permit, 2, 1);
  assert.equal(await put(first.permit, 'a', 8), 'false:set-unconfirmed');
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
  const { first, ask } = await start(context);
  assert.equal(await ask('a', 0n, 3n), 'true:new');
  await gone(context, first.permit);
  assert.equal(await ask('b', 0n, 4n), 'true:new');
  await gone(context, first.permit);
  assert.equal(await ask('a', 0n, 10n), 'true:new');
  // The database of a went back: its voter is in round 4 of set 0, in which b voted, and its set id has moved
  // on.
  assert.equal(await ask('a', 1n, 4n), 'false:set-unconfirmed');
  assert.equal(await ask('a', 1n, 3n), 'false:set-unconfirmed');
  assert.equal(await ask('a', 1n, 2n), 'true:new');
});

test('what was read before a restart is not judged after it', async (context) => {
  const { first, states, at, see, ask, readings } = await start(context);
  assert.equal(await ask('a', 0n, 10n), 'true:new');
  await see(first.permit, 1, 1);
  const { promise, resolve: answer } = Promise.withResolvers<RoundState>();
  states.set('http://a', promise);
  const before = readings();
  const old = put(first.permit, 'a', 11);
  await until(context, () => readings() === before + 1, 'the slow reading');
  at('a', 1n, 1n);
  const fresh = put(first.permit, 'a', 1);
  await clockOf(context).sleep(20);
  answer({ setId: 1n, bestRound: 11n });
  assert.deepEqual([await old, await fresh], ['false:set-unconfirmed', 'true:new']);
});

test('a node that missed the beginning of a set stays out until the key is adopted again', async (context) => {
  const { first, ask } = await start(context);
  assert.equal(await ask('a', 0n, 3n), 'true:new');
  // Its rounds restarted unseen, and are above the last one that was seen.
  assert.equal(await ask('a', 1n, 5n), 'false:set-unconfirmed');
  // A restart is seen here. It may be the one into set 1, as the set id moves first.
  assert.equal(await ask('a', 2n, 1n), 'false:set-unconfirmed');
  assert.equal(await ask('a', 2n, 2n), 'false:set-unconfirmed');
  const floors = { babe: null, beefy: null, 'im-online': null, grandpa: '2/6' };
  const confirmation = 'every signer was stopped and is started again in set 2';
  await first.permit.adopt({ chain: CHAIN, key: KEY, floors, confirmation }, 'test');
  assert.equal(await ask('a', 2n, 7n), 'true:new');
  assert.equal(await ask('a', 3n, 1n), 'true:new');
});
