import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '../../rule/index.ts';
import { judgeProgress, type Progress } from './jump.ts';
import { mapFields } from './record.ts';

const at = (setId: bigint | null, round: bigint | null): Observation => {
  return { observer: 'watcher', ...mapFields(() => null), setId, round };
};
const start: Progress = { setId: 7n, round: 100n, atMs: 0, endedMs: null };
const jumps = (setId: bigint, round: bigint, nowMs: number, before = start) =>
  judgeProgress(before, at(setId, round), nowMs).jumped !== null;

test('a jump is more than the largest step, and two rounds for each second since the last rise', () => {
  assert.deepEqual([jumps(7n, 116n, 0), jumps(7n, 117n, 0)], [false, true]);
  assert.deepEqual([jumps(7n, 136n, 10_000), jumps(7n, 137n, 10_000)], [false, true]);
  assert.deepEqual([jumps(8n, 16n, 0), jumps(8n, 17n, 0), jumps(8n, 17n, 500)], [false, true, false]);
  assert.deepEqual([jumps(9n, 1n, 4_999), jumps(9n, 1n, 5_000)], [true, false]);
});

test('the time counts from the last rise, not from the last report', () => {
  const stuck = judgeProgress(start, at(7n, 100n), 59_000).progress;
  assert.equal(jumps(7n, 136n, 60_000, stuck), false);
  const risen = judgeProgress(start, at(7n, 101n), 59_000).progress;
  assert.equal(jumps(7n, 136n, 60_000, risen), true);
});

test('a lower report and one without a round change nothing, and the first report is no jump', () => {
  for (const report of [at(6n, 900n), at(7n, 99n), at(null, 900n), at(9n, null)])
    assert.deepEqual(judgeProgress(start, report, 1), { progress: start, jumped: null });
  assert.equal(judgeProgress(undefined, at(7n, 900n), 1).jumped, null);
});

test('an observer ends one session in an hour, whatever it reports', () => {
  const { progress, jumped } = judgeProgress(start, at(7n, 400n), 1_000);
  assert.match(jumped ?? '', /watcher reports round 7\/400, and 1000 ms ago 7\/100/);
  assert.deepEqual(progress, { setId: 7n, round: 400n, atMs: 1_000, endedMs: 1_000 });
  const again = judgeProgress(progress, at(7n, 800n), 2_000);
  assert.deepEqual([again.jumped, again.progress?.round], [null, 800n]);
  const later = judgeProgress(again.progress, at(7n, 9_000_000n), 3_601_001);
  assert.notEqual(later.jumped, null);
});
