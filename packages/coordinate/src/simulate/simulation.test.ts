// Groups of operators through hundreds of windows in virtual time: crashes, partitions, stalled finality, lying nodes and lying
// members. The rules as they are keep every promise; each rule that is broken on purpose breaks one.
//
// WATCHBILL_LONG=1 runs ten thousand windows. WATCHBILL_SEED repeats a run.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CONTROLS, simulate, simulationText } from './index.ts';

const IS_LONG = process.env.WATCHBILL_LONG === '1';
const SEED = process.env.WATCHBILL_SEED ?? 'one';

/** What must have happened in a run, else its checks prove little. */
const NEEDED_EVENTS = [
  'crashes at an effect',
  'executions',
  'false evidence sent',
  'floods',
  'full disks',
  'heights repeated or going back',
  'heights skipped',
  'lying nodes',
  'messages under a false name',
  'quorums that were not',
  'replayed messages',
  'restarts',
  'schedule installed',
  'slots lossy',
  'slots mute',
  'slots quiet',
  'slots rough',
  'slots split',
  'slots stalled',
  'slots starved',
  'windows with liars',
] as const;

const PROVABLE = ['equivocation', 'forgotten-lock', 'impersonation', 'invalid-content', 'mistake'] as const;

test('four members, one of whom lies: every check was made, and held', { timeout: 600_000 }, () => {
  const report = simulate({ seed: SEED, windows: IS_LONG ? 10_000 : 600 });
  assert.ok(report.isClean, simulationText(report));
  for (const { check, looked } of report.checks) assert.ok(looked > 0, `nothing was seen of: ${check}`);
  for (const event of NEEDED_EVENTS) assert.ok((report.events[event] ?? 0) > 0, `did not happen: ${event}`);
  for (const kind of PROVABLE) {
    assert.ok((report.misdeeds[`${kind}, proven`] ?? 0) > 0, `nobody was caught at: ${kind}`);
  }
  assert.ok((report.outcomes.execute ?? 0) > 0 && (report.outcomes.noop ?? 0) > 0);
});

for (const members of [5, 7]) {
  test(`${members} members, as many liars as they can bear`, { timeout: 600_000 }, () => {
    const report = simulate({ seed: SEED, windows: IS_LONG ? 2_000 : 30, members });
    assert.equal(report.liars, Math.floor((members - 1) / 3));
    assert.ok(report.isClean, simulationText(report));
  });
}

test('nobody lies: nobody is blamed, for whatever fails', { timeout: 600_000 }, () => {
  const report = simulate({ seed: SEED, windows: IS_LONG ? 2_000 : 60, liars: 0 });
  assert.ok(report.isClean, simulationText(report));
  assert.deepEqual(
    Object.keys(report.faults).filter((kind) => kind !== 'idleness'),
    [],
  );
});

test('a seed repeats a run, and another makes another one', () => {
  const runs = ['one', 'one', 'two'].map((seed) => simulate({ seed, windows: 15 }));
  assert.deepEqual(runs[0], runs[1]);
  assert.notDeepEqual(runs[0]?.events, runs[2]?.events);
});

describe('a rule that is broken on purpose', () => {
  const SEEDS = ['1', '2', '5', '4'];
  const WINDOWS = 300;

  for (const control of CONTROLS) {
    test(`${control}: two things are agreed on in one window`, { timeout: 300_000 }, () => {
      const found = SEEDS.some((seed) => {
        const report = simulate({ seed, windows: WINDOWS, control, untilViolation: 'agreement' });
        return report.violations.some(({ check }) => check === 'agreement');
      });
      assert.ok(found, `not seen in ${SEEDS.length} runs of ${WINDOWS} windows`);
    });
  }
});

test('stops at the first violation where it is told to', () => {
  const report = simulate({ seed: '1', windows: 300, control: 'small-quorum', untilViolation: true });
  assert.ok(!report.isClean);
  assert.ok(report.windows < 300);
});

test('options out of bounds are refused', () => {
  const options = { seed: 'a', windows: 10 };
  for (const wrong of [
    { windows: 0 },
    { windows: 1.5 },
    { members: 3 },
    { members: 51 },
    { liars: 2 },
    { liars: -1 },
  ]) {
    assert.throws(() => simulate({ ...options, ...wrong }), RangeError, JSON.stringify(wrong));
  }
});
