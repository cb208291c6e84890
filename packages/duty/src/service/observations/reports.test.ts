import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '../../rule/index.ts';
import { mapFields } from './record.ts';
import {
  firstReports,
  freshReports,
  hear,
  inheritReports,
  openedReports,
  RAISE_MS,
  type ReportState,
} from './reports.ts';

const KEY = 'observed/0xc1/watcher';
const NOTHING: Observation = { observer: 'watcher', ...mapFields(() => null) };
const saw = (change: Partial<Observation>): Observation => ({ ...NOTHING, ...change });
const round = (set: bigint, number: bigint) => saw({ setId: set, round: number });

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
  const { former } = openedReports(said(openedReports(state), 7n, 100n, 0));
  assert.deepEqual([...former.values()], [round(8n, 2n)], 'the highest is kept over sessions');
  const peer = inheritReports(openedReports(), new Map([[KEY, round(7n, 100n)]]), new Map(), 5_000);
  assert.deepEqual(firstReports(said(peer, 7n, 131n, 5_001), [KEY]), [round(7n, 100n)]);
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

test('a unit that the peer has not heard is heard first here; an old one of the store counts for nothing', () => {
  const peer = new Map([[KEY, saw({ session: 3n })]]);
  const old = new Map([[KEY, saw({ ...round(7n, 50n), session: 3n })]]);
  const before = hear(openedReports(), KEY, ['setId', 'round'], round(7n, 1n), 0);
  let state = inheritReports(before, peer, old, 5_000);
  assert.deepEqual(firstReports(before, [KEY]), [round(7n, 1n)], 'the state before it is as it was');
  state = hear(state, KEY, ['session'], saw({ ...round(7n, 50n), session: 4n }), 6_000);
  assert.deepEqual(firstReports(state, [KEY]), [saw({ session: 3n })]);
  assert.deepEqual(freshReports(state, [KEY], 6_000), [saw({ session: 4n })]);
  state = hear(state, KEY, ['setId', 'round'], saw({ ...round(7n, 100n), session: 4n }), 60_000);
  assert.deepEqual(firstReports(state, [KEY]), [saw({ ...round(7n, 100n), session: 3n })]);
});
