import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { createVirtualClock, type VirtualClock } from '@watchbill/kit/testing';
import type { ProgrammeStore } from '../storage/port.ts';
import { jobHarness } from '../testing/job-harness.ts';
import type { Job } from './job.ts';
import { localExecutor } from './local.ts';
import type { JobParts } from './run-job.ts';
import { type Scheduler, scheduler } from './scheduler.ts';

let store: ProgrammeStore;
let parts: JobParts;
let clock: VirtualClock;
const failures: unknown[] = [];

beforeEach(async () => {
  clock = createVirtualClock({ startMs: 0 });
  failures.length = 0;
  const harness = await jobHarness({}, clock);
  store = harness.store;
  parts = harness.parts();
});
afterEach(() => store.close());

/** A job that runs until it is aborted, and counts its concurrent runs. */
function gated(name: string, after: readonly string[] = []) {
  const gates: PromiseWithResolvers<string>[] = [];
  const seen = { most: 0, now: 0, aborted: 0 };
  const job: Job = {
    name,
    everyMs: 10,
    deadlineMs: 60_000,
    after,
    run: async ({ signal }) => {
      const gate = Promise.withResolvers<string>();
      gates.push(gate);
      signal.addEventListener('abort', () => {
        seen.aborted += 1;
        gate.reject(signal.reason);
      });
      seen.now += 1;
      seen.most = Math.max(seen.most, seen.now);
      return gate.promise.finally(() => {
        seen.now -= 1;
      });
    },
  };
  return { job, seen, gates, end: () => gates.at(-1)?.resolve('done') };
}

function schedulerOf(jobs: readonly Job[], atOnce = 4): Scheduler {
  return scheduler({
    jobs,
    store,
    executor: localExecutor(parts),
    clock,
    lookMs: 60_000,
    atOnce,
    failed: (error) => failures.push(error),
  });
}

/** Lets started jobs reach their work. */
async function begun(gates: readonly unknown[], count: number): Promise<void> {
  for (let turn = 0; turn < 1_000 && gates.length < count; turn += 1)
    await new Promise((resolve) => setImmediate(resolve));
  assert.equal(gates.length, count);
}

describe('defect 3: jobs do not overlap', () => {
  test('a job that takes longer than its interval is not started again, and its dependents wait', async () => {
    const slow = gated('slow');
    const next = gated('next', ['slow']);
    const running = schedulerOf([slow.job, next.job]);
    assert.deepEqual(await running.look(), ['slow']);
    await begun(slow.gates, 1);
    await clock.advance(1_000);
    assert.deepEqual(await running.look(), []);
    slow.end();
    await running.close(60_000);
    assert.equal(slow.seen.most, 1);
    assert.equal(next.seen.most, 0);
  });

  test('no more at once than allowed', async () => {
    const jobs = ['a', 'b', 'c'].map((name) => gated(name));
    const running = schedulerOf(
      jobs.map(({ job }) => job),
      2,
    );
    assert.deepEqual(await running.look(), ['a', 'b']);
    assert.deepEqual(await running.look(), []);
    for (const { gates } of jobs.slice(0, 2)) await begun(gates, 1);
    for (const { end } of jobs) end();
    await running.close(60_000);
  });
});

test('it looks at intervals until it is closed, and starts dependents of a job at once', async () => {
  const slow = gated('slow');
  const next = gated('next', ['slow']);
  const running = schedulerOf([slow.job, next.job]);
  running.start();
  await begun(slow.gates, 1);
  slow.end();
  await begun(next.gates, 1);
  next.end();
  await clock.advance(59_999);
  assert.equal(slow.gates.length, 1);
  await clock.advance(1);
  await begun(slow.gates, 2);
  slow.end();
  await begun(next.gates, 2);
  next.end();
  await running.close(60_000);
  assert.equal(clock.pending(), 0);
  await clock.advance(600_000);
  assert.deepEqual([slow.gates.length, next.gates.length], [2, 2]);
});

describe('defect 30: a stop drains', () => {
  test('running jobs may finish, and no further one starts', async () => {
    const slow = gated('slow');
    const other = gated('other', ['slow']);
    const running = schedulerOf([slow.job, other.job]);
    await running.look();
    await begun(slow.gates, 1);
    const closed = running.close(60_000);
    slow.end();
    await closed;
    assert.deepEqual(await running.look(), []);
    assert.equal(slow.seen.aborted, 0);
    assert.equal((await store.jobs.all())[0]?.state, 'succeeded');
  });

  test('after the grace period it is aborted, its row shows so, and it is due at the next start', async () => {
    const slow = gated('slow');
    const running = schedulerOf([slow.job]);
    await running.look();
    await begun(slow.gates, 1);
    const closed = running.close(30_000);
    await clock.advance(29_999);
    assert.equal(slow.seen.aborted, 0);
    await clock.advance(1);
    await closed;
    assert.equal(slow.seen.aborted, 1);
    assert.equal((await store.jobs.all())[0]?.state, 'stopped');
    const again = schedulerOf([slow.job]);
    assert.deepEqual(await again.look(), ['slow']);
    await begun(slow.gates, 2);
    slow.end();
    await again.close(60_000);
  });

  test('a failing database is reported, and the next look continues', async () => {
    const { put } = store.jobs;
    const quick = gated('quick');
    const running = schedulerOf([quick.job]);
    Object.assign(store.jobs, { put: () => Promise.reject(new Error('away')) });
    await running.look();
    for (let turn = 0; turn < 1_000 && failures.length === 0; turn += 1)
      await new Promise((resolve) => setImmediate(resolve));
    assert.equal(failures.length, 1);
    Object.assign(store.jobs, { put });
    assert.deepEqual(await running.look(), ['quick']);
    await begun(quick.gates, 1);
    quick.end();
    await running.close(60_000);
  });
});
