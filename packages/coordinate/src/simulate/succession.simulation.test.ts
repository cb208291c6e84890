// Two groups that share operators, one of them Byzantine, on one resource: the old group hands over while
// both run, each under its own partitions and crashes.
//
// WATCHBILL_SIMULATION_SECONDS limits the time. WATCHBILL_SEED repeats a run.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seedBudget } from '@watchbill/kit/testing';
import { type SuccessionReport, simulateSuccession } from './testing/succession.ts';

const WINDOWS = 18;
/** The old group hands over within so many windows after the first commit of an honest member. */
const WINDOWS_TO_HAND_OVER = 10n;
const SEED = process.env.WATCHBILL_SEED ?? null;
const budget = seedBudget('windows', SEED);

test('leases of both groups never overlap, and the old group acts no more', {
  timeout: 240_000,
}, async () => {
  const reports: SuccessionReport[] = [];
  await budget.run({ share: 0.5, minSeeds: 4 }, (seed) => {
    const report = simulateSuccession({ seed, windows: WINDOWS });
    assert.deepEqual(report.violations, [], `seed ${seed}`);
    const { committed, handedOver } = report;
    const isLate = committed !== null && committed + WINDOWS_TO_HAND_OVER <= WINDOWS;
    assert.ok(handedOver !== null || !isLate, `seed ${seed}: members committed to hand over, and never did`);
    reports.push(report);
    return WINDOWS;
  });
  if (SEED !== null) return;
  const sum = (of: (report: SuccessionReport) => number) => reports.reduce((all, one) => all + of(one), 0);
  assert.ok(sum(({ handedOver }) => (handedOver === null ? 0 : 1)) > 0, 'the old group never handed over');
  assert.ok(sum(({ leases }) => leases.old) > 0 && sum(({ leases }) => leases.new) > 0, 'no leases');
  assert.ok(sum(({ crashes }) => crashes) > 0, 'no member crashed');
});

test('no-hand-over: two groups lead on one resource', () => {
  const { violations } = simulateSuccession({ seed: '1', windows: WINDOWS, control: 'no-hand-over' });
  assert.ok(violations.some((text) => /new \d+ overlaps old|old \d+ overlaps new/.test(text)));
});

test('a seed repeats a run', () => {
  const runs = ['a', 'a', 'b'].map((seed) => simulateSuccession({ seed, windows: 8 }));
  assert.deepEqual(runs[0], runs[1]);
  assert.notDeepEqual(runs[0]?.crashes, undefined);
});
