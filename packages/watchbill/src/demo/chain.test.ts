import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ChainSpec, primaryThreshold, schedule } from './chain.ts';

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

test('the threshold is the formula of BABE: 1 - (1 - c)^(1/n) in 128 bits', () => {
  assert.equal(primaryThreshold(1), 1n << 126n);
  const five = Number(primaryThreshold(5)) / 2 ** 128;
  assert.ok(Math.abs((1 - five) ** 5 - 0.75) < 1e-12);
});

test('every slot has exactly one secondary author unless that one is primary, and so at least one author', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 1, max: 9 }), (offset, size) => {
      const authorities = Array.from({ length: size }, (_, index) => `key ${index}`);
      const { claimOf } = schedule(spec({ authorities, epochSlots: 20_000 }));
      const claims = authorities.map((_, index) => claimOf(1_000_000 + offset, index));
      const secondary = claims.filter((claim) => claim === 'secondary').length;
      assert.ok(secondary <= 1);
      assert.ok(claims.some((claim) => claim !== null));
      if (secondary === 0) assert.ok(claims.includes('primary'));
    }),
  );
});

test('about a quarter of the slots have a primary author', () => {
  const { claimOf } = schedule(spec());
  let withPrimary = 0;
  for (let slot = 1_000_000; slot < 1_004_000; slot++) {
    if ([0, 1, 2, 3, 4].some((authority) => claimOf(slot, authority) === 'primary')) withPrimary++;
  }
  assert.ok(withPrimary > 900 && withPrimary < 1_100, `${withPrimary} of 4000`);
});

test('randomness changes with each epoch and does not depend on the order of asking', () => {
  const forward = schedule(spec());
  const direct = schedule(spec());
  const all = [0, 1, 2, 3, 4].map((epoch) => forward.randomness(epoch));
  assert.equal(new Set(all).size, 5);
  assert.equal(direct.randomness(4), all[4]);
  assert.equal(direct.randomness(2), all[2]);
});

test('epochs begin at the genesis slot', () => {
  const { epochOf } = schedule(spec());
  assert.deepEqual([999_999, 1_000_000, 1_000_019, 1_000_020].map(epochOf), [-1, 0, 0, 1]);
});

test('no authority wins a slot before genesis', () => {
  const { claimOf } = schedule(spec());
  for (let slot = 999_000; slot < 1_000_000; slot++) assert.equal(claimOf(slot, 0), null);
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

test('an epoch must hold whole rounds', () => {
  assert.throws(() => schedule(spec({ roundSlots: 3 })), /whole rounds/);
  assert.throws(() => schedule(spec({ authorities: [] })), /authority/);
});
