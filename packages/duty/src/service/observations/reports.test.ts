import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '../../rule/index.ts';
import { mapFields } from './record.ts';
import {
  firstReports,
  freshReports,
  hear,
  inheritReports,
  noteReceipts,
  openedReports,
  RAISE_MS,
  REPORT_LIFE_MS,
  type ReportState,
  saidSince,
} from './reports.ts';

const KEY = 'observed/0xc1/watcher';
const NOTHING: Observation = { observer: 'watcher', ...mapFields(() => null) };
const saw = (change: Partial<Observation>): Observation => ({ ...NOTHING, ...change });
const record = (change: Partial<Observation>, receipt: string) => ({
  observation: saw(change),
  receipts: mapFields((field) => (change[field] === undefined ? null : receipt)),
});
const round = (set: bigint, number: bigint) => saw({ setId: set, round: number });

test('a record that the store held at the opening counts for nothing until it was said again', () => {
  const old = record({ setId: 7n, round: 100n }, '41');
  const state = noteReceipts(openedReports(), new Map([[KEY, old]]));
  assert.deepEqual(saidSince(state, KEY, old), []);
  const again = record({ setId: 7n, round: 100n }, '42');
  assert.deepEqual(saidSince(state, KEY, again), ['setId', 'round'], 'the same values, said once more');
});

test('nothing counts before the receipts were read', () => {
  assert.deepEqual(saidSince(openedReports(), KEY, record({ session: 3n }, '1')), []);
});

test('a round counts as first said when its set and its number were said, and never changes after', () => {
  let state = hear(openedReports(), KEY, ['setId'], round(7n, 99n), 0);
  assert.deepEqual(firstReports(state, [KEY]), [NOTHING], 'the number is from before the opening');
  state = hear(state, KEY, ['round'], round(7n, 100n), 1_000);
  state = hear(state, KEY, ['setId', 'round'], round(8n, 5n), 12_000);
  assert.deepEqual(firstReports(state, [KEY]), [round(7n, 100n)]);
  assert.deepEqual(freshReports(state, [KEY], 12_000), [round(8n, 5n)]);
});

test('an observer may raise its first report for ten seconds, never lower it, and a peer has no such time', () => {
  const said = (state: ReportState, set: bigint, number: bigint, atMs: number) =>
    hear(state, KEY, ['setId', 'round'], round(set, number), atMs);
  let state = said(openedReports(), 7n, 100n, 5_000);
  state = said(state, 7n, 131n, 6_000);
  assert.deepEqual(firstReports(state, [KEY]), [round(7n, 131n)]);
  state = said(said(state, 7n, 101n, 7_000), 6n, 900n, 8_000);
  assert.deepEqual(firstReports(state, [KEY]), [round(7n, 131n)]);
  state = said(state, 8n, 2n, 5_000 + RAISE_MS);
  assert.deepEqual(firstReports(state, [KEY]), [round(8n, 2n)]);
  state = said(state, 8n, 3n, 5_001 + RAISE_MS);
  assert.deepEqual(firstReports(state, [KEY]), [round(8n, 2n)]);
  const peer = inheritReports(openedReports(), new Map([[KEY, round(7n, 100n)]]), new Map(), 5_000);
  assert.deepEqual(firstReports(said(peer, 7n, 131n, 5_001), [KEY]), [round(7n, 100n)]);
});

test('fields that were not said since the opening bound nothing', () => {
  const state = hear(openedReports(), KEY, ['session'], saw({ session: 4n, setId: 7n, round: 9n }), 0);
  assert.deepEqual(freshReports(state, [KEY], 0), [saw({ session: 4n })]);
});

test('a silent observer bounds nothing after a minute, and its first report stays', () => {
  const state = hear(openedReports(), KEY, ['setId', 'round'], round(7n, 1n), 0);
  assert.equal(freshReports(state, [KEY], REPORT_LIFE_MS).length, 1);
  assert.equal(freshReports(state, [KEY], REPORT_LIFE_MS + 1).length, 0);
  assert.equal(firstReports(state, [KEY]).length, 1);
});

test('an observer that the policy does not list any more is left out', () => {
  const state = hear(openedReports(), KEY, ['session'], saw({ session: 1n }), 0);
  assert.deepEqual(freshReports(state, [], 0), []);
  assert.deepEqual(firstReports(state, []), []);
});

test('a listed observer that has not reported limits no unit, and a report is fresh from when it came', () => {
  const heardMs = 1_000_000;
  const state = hear(openedReports(), KEY, ['session'], saw({ session: 1n }), heardMs);
  const both = ['observed/0xc1/silent', KEY];
  assert.deepEqual(freshReports(state, both, heardMs + REPORT_LIFE_MS), [saw({ session: 1n })]);
  assert.deepEqual(freshReports(state, both, heardMs + REPORT_LIFE_MS + 1), []);
  assert.deepEqual(firstReports(state, both), [saw({ session: 1n })]);
});

test('the first reports of a peer replace our own', () => {
  const own = hear(openedReports(), KEY, ['setId', 'round'], round(7n, 130n), 0);
  const state = inheritReports(own, new Map([[KEY, round(7n, 100n)]]), new Map([[KEY, round(7n, 131n)]]), 5);
  assert.deepEqual(firstReports(state, [KEY]), [round(7n, 100n)]);
  assert.deepEqual(freshReports(state, [KEY], 5), [round(7n, 131n)]);
});

test('a peer of which the store shows no report keeps our last one, or else its first one', () => {
  const peer = new Map([[KEY, round(7n, 100n)]]);
  const noted = noteReceipts(openedReports(), new Map());
  const own = hear(noted, KEY, ['setId', 'round'], round(7n, 130n), 0);
  const kept = inheritReports(own, peer, new Map(), 5);
  assert.deepEqual(freshReports(kept, [KEY], 5), [round(7n, 130n)]);
  assert.equal(kept.noted, noted.noted, 'the receipts of the opening stay');
  assert.deepEqual(firstReports(own, [KEY]), [round(7n, 130n)], 'the state before stays as it was');
  const alone = inheritReports(noteReceipts(openedReports(), new Map()), peer, new Map(), 5);
  assert.deepEqual(freshReports(alone, [KEY], 5), [round(7n, 100n)]);
  assert.deepEqual(freshReports(alone, [KEY], 6 + REPORT_LIFE_MS), [], 'heard when it was inherited');
});

test('an observer that the store did not hold at the opening counts with its first record', () => {
  const state = noteReceipts(openedReports(), new Map());
  assert.deepEqual(saidSince(state, KEY, record({ session: 3n }, '1')), ['session']);
});

test('what was heard before the receipts were noted stays, and a report without a field is none', () => {
  const heard = hear(openedReports(), KEY, ['session'], saw({ session: 1n }), 0);
  assert.equal(firstReports(noteReceipts(heard, new Map()), [KEY]).length, 1);
  const silent = hear(heard, KEY, [], saw({ session: 9n }), 99);
  assert.deepEqual(freshReports(silent, [KEY], REPORT_LIFE_MS + 1), []);
});

test('blocks and sessions count as first said by themselves', () => {
  let state = hear(openedReports(), KEY, ['finalizedBlock'], saw({ finalizedBlock: 5n, beefySetId: 1n }), 0);
  state = hear(state, KEY, ['session'], saw({ finalizedBlock: 6n, beefySetId: 1n, session: 3n }), 1);
  assert.deepEqual(firstReports(state, [KEY]), [saw({ session: 3n })]);
  state = hear(state, KEY, ['beefySetId'], saw({ finalizedBlock: 7n, beefySetId: 1n, session: 4n }), 10_002);
  assert.deepEqual(firstReports(state, [KEY]), [saw({ session: 3n, finalizedBlock: 7n, beefySetId: 1n })]);
  assert.deepEqual(freshReports(state, [KEY], 10_002), [
    saw({ session: 4n, finalizedBlock: 7n, beefySetId: 1n }),
  ]);
});
