import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schedule } from './chain.ts';
import { dueUnits } from './due.ts';

const chain = schedule({
  chain: '0x00',
  slotMs: 1_000,
  epochSlots: 20,
  roundSlots: 2,
  genesisSlot: 100,
  randomness: 'cd'.repeat(32),
  authorities: ['a', 'b', 'c'],
});

test('a slot counts when it begins and ends inside the window, for each identity that won it', () => {
  const due = dueUnits(chain, { fromMs: 100_001, untilMs: 110_999 });
  const slots = due.filter((unit) => unit.duty === 'babe');
  assert.deepEqual(
    [...new Set(slots.map((unit) => unit.unit))],
    ['101', '102', '103', '104', '105', '106', '107', '108', '109'],
  );
  const authors = [101, 102, 103, 104, 105, 106, 107, 108, 109].flatMap((slot) =>
    [...'abc'].filter((key) => chain.isAuthor(slot, 'abc'.indexOf(key))).map((key) => `${key} ${slot}`),
  );
  assert.deepEqual(
    slots.map(({ key, unit }) => `${key} ${unit}`),
    authors,
  );
});

test('a round counts for every identity when it begins inside and the next round ends inside', () => {
  const due = dueUnits(chain, { fromMs: 100_001, untilMs: 108_000 });
  const rounds = due.filter((unit) => unit.duty === 'grandpa');
  assert.deepEqual(
    rounds.map((unit) => `${unit.key} ${unit.unit}`),
    ['a 0/2', 'b 0/2', 'c 0/2', 'a 0/3', 'b 0/3', 'c 0/3'],
  );
  assert.deepEqual(rounds[0]?.parts, ['prevote', 'precommit']);
  assert.equal(rounds[0]?.deadlineMs, 106_000);
});

test('rounds are due across a change of the set', () => {
  const due = dueUnits(chain, { fromMs: 117_000, untilMs: 126_000 });
  const units = [...new Set(due.filter((unit) => unit.duty === 'grandpa').map((unit) => unit.unit))];
  assert.deepEqual(units, ['0/10', '1/1', '1/2']);
});

test('a window that is too short has no duties', () => {
  assert.deepEqual(dueUnits(chain, { fromMs: 100_500, untilMs: 101_400 }), []);
});
