import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ChainSpec, schedule } from './chain.ts';

function spec(changes: Partial<ChainSpec> = {}): ChainSpec {
  return {
    chain: `0x${'1'.repeat(64)}`,
    slotMs: 1_000,
    epochSlots: 20,
    roundSlots: 2,
    genesisSlot: 1_000_000,
    randomness: 'ab'.repeat(32),
    authorities: ['a', 'b', 'c', 'd', 'e'],
    ...changes,
  };
}

test('every slot has an author, and about a quarter of the slots have more than the secondary one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 1, max: 9 }), (offset, size) => {
      const authorities = Array.from({ length: size }, (_, index) => `key ${index}`);
      const { isAuthor } = schedule(spec({ authorities, epochSlots: 20_000 }));
      assert.ok(authorities.some((_, index) => isAuthor(1_000_000 + offset, index)));
    }),
  );
  const { isAuthor } = schedule(spec());
  const slots = Array.from({ length: 4_000 }, (_, index) => 1_000_000 + index);
  const claims = slots.map((slot) => [0, 1, 2, 3, 4].filter((authority) => isAuthor(slot, authority)).length);
  // A primary author is the secondary one too in a fifth of its slots.
  const more = claims.filter((count) => count > 1).length;
  assert.ok(more > 760 && more < 960, `${more} of 4000`);
});

test('the authors change with each epoch and do not depend on the order of asking', () => {
  const [forward, direct] = [schedule(spec()), schedule(spec())];
  const authorsOf = ({ isAuthor }: typeof direct, epoch: number) =>
    Array.from({ length: 20 }, (_, at) =>
      [0, 1, 2, 3, 4].map((authority) => isAuthor(1_000_000 + 20 * epoch + at, authority)),
    ).join(' ');
  const all = [0, 1, 2, 3, 4].map((epoch) => authorsOf(forward, epoch));
  assert.equal(new Set(all).size, 5);
  assert.equal(authorsOf(direct, 4), all[4]);
  assert.equal(authorsOf(direct, 2), all[2]);
});

test('epochs begin at the genesis slot', () => {
  const { epochOf } = schedule(spec());
  assert.deepEqual([999_999, 1_000_000, 1_000_019, 1_000_020].map(epochOf), [-1, 0, 0, 1]);
});

test('no authority wins a slot before genesis', () => {
  const { isAuthor } = schedule(spec());
  for (let slot = 999_000; slot < 1_000_000; slot++) assert.equal(isAuthor(slot, 0), false);
});

test('rounds restart at 1 with each set and follow each other without a gap', () => {
  const { roundAt, nextRound } = schedule(spec());
  let round = roundAt(1_000_000_000);
  assert.deepEqual([round.set, round.round, round.startMs], [0, 1, 1_000_000_000]);
  for (let step = 1; step < 40; step++) {
    const next = nextRound(round);
    assert.equal(next.startMs, round.endMs);
    const expected = round.round === 10 ? [round.set + 1, 1] : [round.set, round.round + 1];
    assert.deepEqual([next.set, next.round], expected);
    assert.equal(next.primary, next.round % 5);
    assert.equal(next.target, round.target + 2);
    round = next;
  }
});
