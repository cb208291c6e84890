import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, OTHER_INCARNATION, seal, vote } from '../testing/services.ts';
import { startWire } from './testing/wire.ts';

test('slots: strictly greater wins, a repeat is denied, and the marks are those of /v1/claims', async (context) => {
  const { put, permit } = await startWire(context);
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
  const { put } = await startWire(context);
  assert.equal(await put('a', 'session', 4), 'true:new');
  assert.equal(await put('b', 'session', 4), 'false:not-increasing');
  assert.equal(await put('b', 'session', 900), 'false:unit-ahead');
});

test('a round takes every part of its unit at once, for the active node', async (context) => {
  const { put, at, permit } = await startWire(context);
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
  const { put, at, see } = await startWire(context);
  at('a', 0n, 41n);
  await see(0, 40);
  assert.equal(await put('a', 'round', 41), 'true:new');
  await see(1, 1);
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
  const { put, permit, see } = await startWire(context, { originalWire });
  await see(7, 1);
  assert.equal(await put('a', 'round', 7), 'true:new');
  for (const set of [0, 1, 2, 5]) {
    const claim = { duty: 'grandpa', unit: `${set}/7`, part: 'prevote', digest: vote('02') } as const;
    const answer = await ask(permit, 'b', { ...claim, incarnation: OTHER_INCARNATION });
    assert.equal(answer, set === 0 ? 'denied:unit-taken' : 'denied:unit-ahead', `set ${set}`);
  }
});
