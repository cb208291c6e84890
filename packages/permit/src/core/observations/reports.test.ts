import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '@watchbill/duty';
import { decodeObservation, encodeObservation, FIELDS, mapFields, NO_RECEIPTS } from './record.ts';
import {
  firstReports,
  freshReports,
  hear,
  inheritReports,
  noteReceipts,
  openedReports,
  REPORT_LIFE_MS,
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

test('a record of the last release counts when a value changed', () => {
  const read = (text: string) => decodeObservation('watcher', text);
  const text = (round: string) =>
    `{"beefySetId":null,"finalizedBlock":null,"round":"${round}","session":null,"setId":"7","v":1}`;
  const state = noteReceipts(openedReports(), new Map([[KEY, read(text('100'))]]));
  assert.deepEqual(saidSince(state, KEY, read(text('100'))), []);
  assert.deepEqual(saidSince(state, KEY, read(text('101'))), ['round']);
});

test('a round counts as first said when its set and its number were said, and never changes after', () => {
  let state = hear(openedReports(), KEY, ['setId'], round(7n, 99n), 0);
  assert.deepEqual(firstReports(state, [KEY]), [NOTHING], 'the number is from before the opening');
  state = hear(state, KEY, ['round'], round(7n, 100n), 1_000);
  state = hear(state, KEY, ['setId', 'round'], round(8n, 5n), 2_000);
  assert.deepEqual(firstReports(state, [KEY]), [round(7n, 100n)]);
  assert.deepEqual(freshReports(state, [KEY], 2_000), [round(8n, 5n)]);
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

test('the first reports of a peer replace our own', () => {
  const own = hear(openedReports(), KEY, ['setId', 'round'], round(7n, 130n), 0);
  const state = inheritReports(own, new Map([[KEY, round(7n, 100n)]]), new Map([[KEY, round(7n, 131n)]]), 5);
  assert.deepEqual(firstReports(state, [KEY]), [round(7n, 100n)]);
  assert.deepEqual(freshReports(state, [KEY], 5), [round(7n, 131n)]);
});

test('an observation record has one canonical text in each format', () => {
  const one = record({ setId: 7n, round: 9n }, '3');
  assert.equal(
    encodeObservation(one, 1),
    '{"beefySetId":null,"finalizedBlock":null,"round":"9","session":null,"setId":"7","v":1}',
  );
  assert.deepEqual(decodeObservation('watcher', encodeObservation(one, 2)), one);
  const read = decodeObservation('watcher', encodeObservation(one, 1));
  assert.deepEqual(read.receipts, { ...NO_RECEIPTS, setId: '7', round: '9' });
  assert.equal(FIELDS.length, 5);
  assert.throws(() => decodeObservation('watcher', '{"v":3}'), /the observation record cannot be read/);
});
