import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TallyRow } from '../../service/index.ts';
import { CHAIN, factsOf, freezeOf, KEY, NOW_MS, policyOf } from '../testing/facts.ts';
import { type KeyHistory, readHistory } from './history.ts';
import { viewOf } from './view.ts';

const [QUARTER_MS, HOUR_MS, DAY_MS] = [900_000, 3_600_000, 86_400_000];
const now = (stepMs: number) => NOW_MS - (NOW_MS % stepMs);

/** The history of a key with these rows of quarters, or of days. */
function historyOf(
  rows: readonly Partial<TallyRow>[],
  policy: Parameters<typeof policyOf>[0] = {},
): KeyHistory {
  const [key] = viewOf(factsOf({ policies: [policyOf(policy)] })).keys;
  assert.ok(key);
  const whole = { duty: 'babe', atMs: now(QUARTER_MS), node: null, outcome: 'signed', units: 1 } as const;
  return readHistory(
    key,
    (query) => {
      assert.deepEqual([query.chain, query.key], [CHAIN, KEY]);
      return rows.map((row) => ({ ...whole, ...row })).filter(({ atMs }) => atMs >= query.sinceMs);
    },
    NOW_MS,
  );
}

const at = (quartersAgo: number) => now(QUARTER_MS) - quartersAgo * QUARTER_MS;
const newest = (axis: KeyHistory['day'], count: number) => ({
  nodes: axis.nodes.map(({ node, spans }) => [node, ...spans.slice(-count)]),
  missed: axis.missed.slice(-count),
});

test('a span without a unit is unknown for every node, and so are its missed units', () => {
  const { day, week, duties } = historyOf([]);
  assert.deepEqual([day.missed.length, week.missed.length], [96, 168]);
  for (const { nodes, missed } of [day, week]) {
    assert.deepEqual([...new Set(nodes.flatMap(({ spans }) => spans))], ['unknown']);
    assert.deepEqual([...new Set(missed)], [null]);
  }
  assert.deepEqual(
    duties.map(({ duty, days }) => [duty, days.length, days.some(({ units }) => units > 0)]),
    [
      ['babe', 30, false],
      ['grandpa', 30, false],
    ],
  );
  assert.equal(day.fromMs + 95 * day.stepMs, now(QUARTER_MS), 'the last span has the present');
});

test('a node that was granted a unit has its span; missed units count, and unknown ones prove nothing', () => {
  const { day } = historyOf([
    { atMs: at(3), node: 'alpha' },
    { atMs: at(2), node: 'alpha', outcome: 'unknown', units: 9 },
    { atMs: at(1), node: 'gone', outcome: 'slow', units: 2 },
    { atMs: at(1), outcome: 'denied', units: 3 },
    { atMs: at(1), outcome: 'other-author' },
  ]);
  assert.deepEqual(newest(day, 4), {
    nodes: [
      ['alpha', 'granted', 'granted', 'not granted', 'unknown'],
      ['bravo', 'not granted', 'not granted', 'not granted', 'unknown'],
      ['gone', 'not granted', 'not granted', 'granted', 'unknown'],
    ],
    missed: [0, null, 5, null],
  });
});

test('a change is a grant of another node than before, also within one span and over a gap', () => {
  const { day } = historyOf([
    { atMs: at(90), node: 'alpha' },
    { atMs: at(60), node: 'bravo' },
    { atMs: at(60), node: 'alpha' },
    { atMs: at(10), node: 'bravo', outcome: 'unknown' },
    { atMs: at(5), node: 'alpha' },
  ]);
  assert.deepEqual(day.changes, [
    { span: 35, from: 'alpha', to: 'bravo' },
    { span: 90, from: 'bravo', to: 'alpha' },
  ]);
});

test('a freeze has its spans until it was lifted', () => {
  const lifted = { by: 'ada', reason: 'why', atMs: at(2) + 1 };
  const spans = (change: object) =>
    historyOf([], { freeze: freezeOf({ atMs: at(4) + 1, ...change }) }).day.frozen.slice(-6);
  assert.deepEqual(spans({}), [null, true, true, true, true, true]);
  assert.deepEqual(spans({ lifted }), [null, true, true, true, false, false]);
  assert.ok(!historyOf([]).day.frozen.includes(true));
});

test('a day has its missed and unknown units by duty', () => {
  const today = now(DAY_MS);
  const { duties } = historyOf([
    { atMs: today, units: 4 },
    { atMs: today, outcome: 'late', units: 2 },
    { atMs: today - DAY_MS, outcome: 'unknown', units: 7, duty: 'grandpa' },
  ]);
  const [babe, grandpa] = duties.map(({ days }) => days.slice(-2));
  assert.deepEqual(babe?.[1], { atMs: today, missed: 2, unknown: 0, units: 6 });
  assert.deepEqual(grandpa?.[0], { atMs: today - DAY_MS, missed: 0, unknown: 7, units: 7 });
});

test('an axis asks for its own spans', () => {
  const asked: number[][] = [];
  const [key] = viewOf(factsOf()).keys;
  assert.ok(key);
  const read = ({ sinceMs, stepMs }: { sinceMs: number; stepMs: number }) => {
    asked.push([now(stepMs) - sinceMs, stepMs]);
    return [];
  };
  readHistory(key, read, NOW_MS);
  assert.deepEqual(
    asked.toSorted((a, b) => (a[1] ?? 0) - (b[1] ?? 0)),
    [
      [95 * QUARTER_MS, QUARTER_MS],
      [167 * HOUR_MS, HOUR_MS],
      [29 * DAY_MS, DAY_MS],
    ],
  );
});
