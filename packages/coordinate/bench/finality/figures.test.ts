import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { figuresOf, spreadOf } from './figures.ts';
import { blockLedger, type ChainEvent, FinalityFault } from './ledger.ts';

const hash = (text: string | number): string => `0x${String(text).padStart(64, '0')}`;
const imported = (number: number, atMs: number, fork = ''): ChainEvent => ({
  kind: 'imported',
  hash: hash(`${fork === '' ? '' : `f${fork}`}${number}`),
  parent: hash(number - 1),
  atMs,
});
const finalised = (atMs: number, ...numbers: readonly number[]): ChainEvent => ({
  kind: 'finalised',
  hashes: numbers.map(hash),
  atMs,
});
const LIVE: ChainEvent = { kind: 'live' };

function ledgerOf(...events: readonly ChainEvent[]) {
  const ledger = blockLedger();
  ledger.add({ kind: 'begun', hash: hash(4), number: 4 });
  for (const event of events) ledger.add(event);
  return ledger;
}

test('a block has the time of its import and of its finality; what was there before has no time of import', () => {
  const before = ledgerOf(imported(5, 1), imported(6, 1));
  assert.equal(before.unknownUpTo(), null, 'not yet live');
  const ledger = ledgerOf(
    imported(5, 1),
    LIVE,
    imported(6, 10),
    imported(6, 11, 'b'),
    imported(7, 20),
    finalised(25, 5, 6, 7),
  );
  assert.equal(ledger.unknownUpTo(), 5);
  assert.equal(ledger.finalHeight(), 7);
  assert.deepEqual(ledger.between(5, 9), [
    { number: 5, hash: hash(5), importedMs: null, finalisedMs: 25 },
    { number: 6, hash: hash(6), importedMs: 10, finalisedMs: 25 },
    { number: 7, hash: hash(7), importedMs: 20, finalisedMs: 25 },
  ]);
});

test('what cannot be so is a fault and no figure', () => {
  const refused = (...events: readonly ChainEvent[]) =>
    assert.throws(() => ledgerOf(LIVE, ...events), FinalityFault, JSON.stringify(events));
  refused(finalised(9, 5));
  refused(imported(6, 1));
  refused(imported(5, 1), imported(6, 2), finalised(9, 6));
  refused(imported(5, 10), finalised(9, 5));
  refused({ kind: 'begun', hash: hash(4), number: 4 });
});

test('finality is never before import, whatever comes in which order; a count that is complete is the one that was asked', () => {
  const event = fc.oneof(
    fc.record({ kind: fc.constant('imported' as const), number: fc.integer({ min: 5, max: 9 }) }),
    fc.record({ kind: fc.constant('finalised' as const), number: fc.integer({ min: 5, max: 9 }) }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(event, fc.integer({ min: 0, max: 50 })), { maxLength: 20 }),
      fc.nat(5),
      (all, count) => {
        const ledger = ledgerOf(LIVE);
        try {
          for (const [{ kind, number }, atMs] of all)
            ledger.add(kind === 'imported' ? imported(number, atMs) : finalised(atMs, number));
        } catch (error) {
          assert.ok(error instanceof FinalityFault);
        }
        const blocks = ledger.between(5, 4 + count);
        for (const { importedMs, finalisedMs } of blocks)
          assert.ok(importedMs !== null && finalisedMs >= importedMs);
        if (blocks.length < count || count === 0) {
          assert.throws(() => figuresOf(new Map([['alice', blocks]]), 5, count), FinalityFault);
          return;
        }
        const figures = figuresOf(new Map([['alice', blocks]]), 5, count);
        assert.deepEqual([figures.blocks.length, figures.lagMs.samples], [count, count]);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('figures are over all nodes: lag, the longest gap, the pace of blocks and of finality', () => {
  const at = (shift: number) =>
    ledgerOf(
      LIVE,
      imported(5, 1_000 + shift),
      imported(6, 2_000 + shift),
      finalised(2_500 + shift, 5),
      imported(7, 3_000 + shift),
      finalised(4_500 + 2 * shift, 6, 7),
    ).between(5, 7);
  const figures = figuresOf(
    new Map([
      ['alice', at(0)],
      ['bob', at(100)],
    ]),
    5,
    3,
  );
  assert.deepEqual(figures.lagMs, { samples: 6, mean: 1866.667, p50: 1500, p99: 2600, longest: 2600 });
  assert.equal(figures.longestGapMs, 2_100);
  assert.equal(figures.blockTimeMs, 1_000);
  assert.equal(figures.finalisedPerSecond, 0.976);
  assert.deepEqual(figures.blocks[1], { number: 6, hash: hash(6), lagMs: { alice: 2_500, bob: 2_600 } });
  assert.deepEqual([figures.firstBlock, figures.lastBlock], [5, 7]);
});

test('two nodes that hold different blocks for final are a fault, and a single block has no pace', () => {
  const mine = ledgerOf(LIVE, imported(5, 1), finalised(2, 5)).between(5, 5);
  const [block] = mine;
  assert.ok(block !== undefined);
  assert.throws(
    () =>
      figuresOf(
        new Map([
          ['alice', mine],
          ['bob', [{ ...block, hash: hash('f') }]],
        ]),
        5,
        1,
      ),
    /alice hold different blocks 5/,
  );
  const { blockTimeMs, longestGapMs, finalisedPerSecond } = figuresOf(new Map([['alice', mine]]), 5, 1);
  assert.deepEqual([blockTimeMs, longestGapMs, finalisedPerSecond], [null, null, null]);
});

test('a spread is of nearest ranks and in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 1, maxLength: 300 }), (samples) => {
      const { p50, p99, longest, mean, samples: count } = spreadOf(samples);
      assert.ok(p50 <= p99 && p99 <= longest && mean <= longest + 0.001);
      assert.ok(samples.includes(p50) && samples.includes(p99));
      assert.deepEqual([count, longest], [samples.length, Math.max(...samples)]);
      assert.ok(samples.filter((one) => one <= p50).length * 2 >= samples.length);
    }),
  );
});
