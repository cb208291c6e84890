import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { PolicyDocument } from '../contract.ts';
import type { RoundState } from '../ports.ts';
import { ask, CHAIN, KEY, OTHER_INCARNATION, seal, startAdopted, vote, WIRE } from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';

/** Two nodes whose round state a test sets. */
async function start(context: TestContext, change: Partial<PolicyDocument> = {}) {
  const states = new Map<string, RoundState | Error>();
  const nodeRpc = {
    roundState: async (rpcUrl: string) => {
      const state = states.get(rpcUrl) ?? new Error(`${rpcUrl} does not answer`);
      if (state instanceof Error) throw state;
      return state;
    },
  };
  const service = await startAdopted(context, { ...WIRE, ...change }, { parts: { nodeRpc } });
  const at = (node: string, setId: bigint, bestRound: bigint) =>
    states.set(`http://${node}`, { setId, bestRound });
  const put = async (node: string, kind: 'slot' | 'round' | 'session', number: number | string) => {
    const reply = await service.permit.claimOriginal(
      { kind, number: String(number) },
      { node, chain: CHAIN, key: KEY },
    );
    return `${reply.allowed}:${reply.reason}`;
  };
  const watcher = async (setId: number, round: number) => {
    // No chain passes a set or many rounds at once.
    await clockOf(context).sleep(round === 1 && setId === 0 ? 0 : 150_000);
    const seen = { setId: String(setId), round: String(round), session: '3' };
    await service.permit.observe({ chain: CHAIN, ...seen }, 'watcher');
  };
  await watcher(0, 1);
  return { ...service, at, put, watcher };
}

test('slots: strictly greater wins, a repeat is denied, and the marks are those of /v1/claims', async (context) => {
  const { put, permit } = await start(context);
  assert.equal(await put('a', 'slot', 5), 'true:new');
  assert.equal(await put('a', 'slot', 5), 'false:not-increasing');
  assert.equal(await put('b', 'slot', 5), 'false:not-increasing');
  assert.equal(await put('b', 'slot', 4), 'false:not-increasing');
  assert.equal(await ask(permit, 'a', { unit: '5', digest: seal('01') }), 'denied:unit-taken');
  assert.equal(await ask(permit, 'b', { unit: '6', digest: seal('01') }), 'granted:new');
  assert.equal(await put('a', 'slot', 6), 'false:not-increasing');
  assert.equal(await put('a', 'slot', 7), 'true:new');
});

test('sessions are im-online, once each', async (context) => {
  const { put } = await start(context);
  assert.equal(await put('a', 'session', 4), 'true:new');
  assert.equal(await put('b', 'session', 4), 'false:not-increasing');
  assert.equal(await put('b', 'session', 900), 'false:unit-ahead');
});

test('a round takes every part of its unit at once, for the active node', async (context) => {
  const { put, at, permit } = await start(context);
  at('a', 0n, 1n);
  at('b', 0n, 1n);
  assert.equal(await put('a', 'round', 1), 'true:new');
  assert.equal(await put('b', 'round', 2), 'false:off-watch');
  assert.equal(await put('a', 'round', 1), 'false:not-increasing');
  const marks = await permit.marks({});
  const grandpa = marks.find((mark) => mark.duty === 'grandpa');
  assert.deepEqual(
    grandpa?.recent[0]?.parts.map((grant) => grant.part),
    ['propose', 'prevote', 'precommit'],
  );
  assert.equal(grandpa?.recent[0]?.unit, '0/1');
});

test('after a set change the answer is false until the round was seen to restart', async (context) => {
  const { put, at, watcher } = await start(context);
  at('a', 0n, 41n);
  await watcher(0, 40);
  assert.equal(await put('a', 'round', 41), 'true:new');
  await watcher(1, 1);
  // The set id moves before the voter does: the old voter's round is read under the new id, any number of
  // times.
  at('a', 1n, 42n);
  for (let attempt = 0; attempt < 3; attempt++)
    assert.equal(await put('a', 'round', 42), 'false:set-unconfirmed');
  at('a', 1n, 1n);
  assert.equal(await put('a', 'round', 42), 'false:set-unconfirmed', 'a late question of the old voter');
  assert.equal(await put('a', 'round', 1), 'true:new');
  at('a', 1n, 2n);
  assert.equal(await put('a', 'round', 2), 'true:new');
});

test('an unscoped round is granted to one of the two protocols', async (context) => {
  const originalWire = { enabled: true, slotDuty: 'babe', roundScope: 'unscoped' } as const;
  const { put, permit, watcher } = await start(context, { originalWire });
  await watcher(7, 1);
  assert.equal(await put('a', 'round', 7), 'true:new');
  for (const set of [0, 1, 2, 5]) {
    const claim = { duty: 'grandpa', unit: `${set}/7`, part: 'prevote', digest: vote('02') } as const;
    const answer = await ask(permit, 'b', { ...claim, incarnation: OTHER_INCARNATION });
    assert.equal(answer, set === 0 ? 'denied:unit-taken' : 'denied:unit-ahead', `set ${set}`);
  }
});
