import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fields } from '@watchbill/kit/testing';
import fc from 'fast-check';
import type { Fault, FaultKind, Period } from '../snapshot/history-shapes.ts';
import { mergePeriods, periodsOf, rankOf } from './rank.ts';
import { KUSAMA_RANK_RULES, POLKADOT_RANK_RULES } from './rank-rules.ts';

function period(firstEra: number, activeEras: readonly number[], nominated = false): Period {
  return { firstEra, lastEra: firstEra + 3, activeEras: [...activeEras], nominated };
}

function fault(era: number, kind: FaultKind = 'offline'): Fault {
  return { kind, era, atMs: 0, reason: 'test', evidence: [] };
}

test('one event for a period with an active era, one more if nominated and without breach', () => {
  const periods = [period(0, [1, 2]), period(4, []), period(8, [8], true), period(12, [12], true)];
  const { rank, steps } = rankOf({ periods, faults: [fault(13)] }, { ...KUSAMA_RANK_RULES, docks: {} });
  assert.equal(rank, 1 + 0 + 2 + 1);
  assert.deepEqual(steps.map(fields('era', 'before', 'after')), [
    [3, 0, 1],
    [11, 1, 3],
    [15, 3, 4],
  ]);
  assert.match(steps[1]?.why ?? '', /eras 8 to 11: active in 1, nominated and without breach/);
});

test('a fault takes its share, rounded up, and never more than there is', () => {
  const periods = Array.from({ length: 13 }, (_, i) => period(4 * i, [4 * i]));
  assert.equal(rankOf({ periods, faults: [fault(60)] }, KUSAMA_RANK_RULES).rank, 13 - 3);
  assert.equal(rankOf({ periods, faults: [fault(60, 'slashed')] }, KUSAMA_RANK_RULES).rank, 13 - 7);
  assert.equal(rankOf({ periods, faults: [fault(60, 'missed-para-votes')] }, KUSAMA_RANK_RULES).rank, 13);
  const many = Array.from({ length: 99 }, (_, i) => fault(60 + i, 'slashed'));
  assert.equal(rankOf({ periods, faults: many }, KUSAMA_RANK_RULES).rank, 0);
});

test('defect 9: rank is recomputed from events that came in any order', () => {
  const events = fc.record({
    periods: fc
      .uniqueArray(fc.nat(30), { maxLength: 12 })
      .map((all) => all.map((n) => period(4 * n, n % 3 === 0 ? [] : [4 * n], n % 2 === 0))),
    faults: fc.uniqueArray(fc.nat(120), { maxLength: 5 }).map((all) => all.map((era) => fault(era))),
  });
  fc.assert(
    fc.property(events, ({ periods, faults }) => {
      const forward = rankOf({ periods, faults }, KUSAMA_RANK_RULES);
      const backward = rankOf(
        { periods: periods.toReversed(), faults: faults.toReversed() },
        KUSAMA_RANK_RULES,
      );
      assert.deepEqual(forward, backward);
      assert.ok(Number.isInteger(forward.rank) && forward.rank >= 0);
      assert.equal(forward.steps.at(-1)?.after ?? 0, forward.rank);
    }),
  );
});

test('periods: 4 eras on Kusama, 1 on Polkadot', () => {
  const facts = { readEras: [8, 9, 10, 11, 12], erasWithPoints: [9, 11, 12], nominatedEras: [10] };
  assert.deepEqual(periodsOf(facts, KUSAMA_RANK_RULES), [
    { firstEra: 8, lastEra: 11, activeEras: [9, 11], nominated: true },
  ]);
  const single = periodsOf(facts, POLKADOT_RANK_RULES);
  assert.deepEqual(
    single.map(({ activeEras }) => activeEras.length),
    [0, 1, 0, 1, 1],
  );
});

test('a period with an unread era is left out, and added when the era is read', () => {
  const facts = { readEras: [8, 9, 11], erasWithPoints: [9], nominatedEras: [] };
  assert.deepEqual(periodsOf(facts, KUSAMA_RANK_RULES), []);
  assert.equal(periodsOf({ ...facts, readEras: [8, 9, 10, 11] }, KUSAMA_RANK_RULES).length, 1);
});

test('stored periods stay when their eras are no longer on chain', () => {
  const stored = [period(0, [1], true), period(4, [4])];
  const computed = [period(4, []), period(8, [9])];
  assert.deepEqual(mergePeriods(stored, computed).map(fields('firstEra', 'activeEras')), [
    [0, [1]],
    [4, [4]],
    [8, [9]],
  ]);
});
