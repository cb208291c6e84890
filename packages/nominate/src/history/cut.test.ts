import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeSnapshot, encodeSnapshot } from '../snapshot/codec.ts';
import { FAULT_KINDS, type History } from '../snapshot/history-shapes.ts';
import { goodRecord, snapshotOf } from '../testing/records.ts';
import { cutHistory, KEPT_PERIODS } from './cut.ts';
import { rankOf } from './rank.ts';
import { KUSAMA_RANK_RULES } from './rank-rules.ts';
import { EXAMPLE_TIERS, tierOf } from './tiers.ts';

const eras = fc.array(fc.nat(3), { maxLength: 4 });
const periods = fc.array(fc.record({ active: eras, nominated: fc.boolean() }), { maxLength: 60 });
const faults = fc.array(fc.record({ kind: fc.constantFrom(...FAULT_KINDS), era: fc.nat(260) }), {
  maxLength: 12,
});

const histories = fc.record({ periods, faults }).map(
  (drawn): History => ({
    periods: drawn.periods.map(({ active, nominated }, at) => ({
      firstEra: 4 * at,
      lastEra: 4 * at + 3,
      activeEras: [...new Set(active)].sort().map((era) => 4 * at + era),
      nominated,
    })),
    faults: drawn.faults.map((fault) => ({ ...fault, atMs: 0, reason: 'test', evidence: [] })),
    lastNominatedEra: null,
    nominationCount: 0,
  }),
);

test('a history that was cut has the same rank and tier, and the same last steps', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const cut = cutHistory(history, KUSAMA_RANK_RULES);
      assert.equal(cut.earlier !== undefined, history.periods.length > KEPT_PERIODS);
      const [all, some] = [history, cut].map((one) => rankOf(one, KUSAMA_RANK_RULES));
      assert.equal(some?.rank, all?.rank);
      const recent = all?.steps.filter(({ era }) => era > (cut.earlier?.untilEra ?? -1));
      assert.deepEqual(some?.steps.slice(cut.earlier === undefined ? 0 : 1), recent);
      const tier = (one: History) => tierOf(EXAMPLE_TIERS, one, all?.rank ?? 0, 240);
      assert.equal(tier(cut), tier(history));
    }),
  );
});

test('a history that is cut again and again has the same rank as one that is never cut', () => {
  fc.assert(
    fc.property(histories, fc.integer({ min: 1, max: 9 }), (history, most) => {
      let book: History = { ...history, periods: [] };
      for (const period of history.periods) {
        // A fault is known before its period is cut off.
        const faults = history.faults.filter(({ era }) => era <= period.lastEra);
        book = cutHistory({ ...book, faults, periods: [...book.periods, period] }, KUSAMA_RANK_RULES, most);
        assert.ok(book.periods.length <= most);
      }
      const all = { ...book, faults: history.faults };
      assert.equal(rankOf(all, KUSAMA_RANK_RULES).rank, rankOf(history, KUSAMA_RANK_RULES).rank);
      const { earlier } = cutHistory(history, KUSAMA_RANK_RULES, most);
      assert.deepEqual(all.earlier, earlier);
    }),
  );
});

test('periods that overlap are not cut', () => {
  const period = { activeEras: [], nominated: false };
  const long = { ...period, firstEra: 0, lastEra: 50 };
  const short = Array.from({ length: 20 }, (_, at) => ({ ...period, firstEra: at + 1, lastEra: at + 1 }));
  const history = { periods: [long, ...short], faults: [], lastNominatedEra: null, nominationCount: 0 };
  assert.equal(cutHistory(history, KUSAMA_RANK_RULES), history);
});

test('a snapshot can be read back after a cut by rules whose points are not whole', () => {
  const rules = { ...KUSAMA_RANK_RULES, activePoints: 0.5, cleanNominationPoints: 0 };
  const served = Array.from({ length: KEPT_PERIODS + 3 }, (_, at) => {
    return { firstEra: at, lastEra: at, activeEras: [at], nominated: false };
  });
  const record = goodRecord(1);
  const history = cutHistory({ ...record.history, faults: [], periods: served }, rules);
  assert.equal(history.earlier?.rank, 1.5);
  const read = decodeSnapshot(encodeSnapshot(snapshotOf([{ ...record, history }])));
  assert.deepEqual(read.ok ? [] : read.problems, []);
  assert.equal(rankOf(history, rules).rank, rankOf({ periods: served, faults: [] }, rules).rank);
});
