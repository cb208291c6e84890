import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTimerQueue } from './timer-queue.ts';
import { createVirtualClock } from './virtual-clock.ts';

test('the queue gives timers by time, equal ones in the order they were set, without those removed', () => {
  const times = fc.array(fc.record({ atMs: fc.integer({ min: 0, max: 9 }), keep: fc.boolean() }));
  fc.assert(
    fc.property(times, (wanted) => {
      const queue = createTimerQueue();
      const removals = wanted.map(({ atMs }) => queue.add(atMs, () => {}));
      for (const [index, remove] of removals.entries()) if (wanted[index]?.keep === false) remove();
      const kept = wanted.map(({ atMs, keep }, order) => ({ atMs, keep, order })).filter(({ keep }) => keep);
      assert.equal(queue.size(), kept.length);
      const expected = kept.sort((a, b) => a.atMs - b.atMs || a.order - b.order).map(({ order }) => order);
      const taken = expected.map(() => queue.take()?.order);
      assert.deepEqual(taken, expected);
      assert.equal(queue.take(), undefined);
      for (const remove of removals) remove();
      assert.equal(queue.size(), 0);
    }),
  );
});

test("time jumps from sleeper to sleeper, and a sleeper's work ends before time goes on", async () => {
  const clock = createVirtualClock({ startMs: 1_000 });
  const seen: string[] = [];
  const walk = async (name: string, ms: number) => {
    for (let step = 0; step < 2; step++) {
      await clock.sleep(ms);
      await Promise.resolve();
      seen.push(`${name}@${clock.nowMs()}`);
    }
  };
  void walk('a', 20);
  void walk('b', 10);
  assert.equal(await clock.run(2_000), 'idle');
  assert.deepEqual(seen, ['b@1010', 'a@1020', 'b@1020', 'a@1040']);
  assert.equal(clock.nowMs(), 2_000);
  assert.equal(clock.monotonicMs(), 1_000);
});

test('a run ends at its time, at its predicate, or without any timer left', async () => {
  const clock = createVirtualClock({ startMs: 0 });
  let woken = 0;
  for (const ms of [5, 15, 25]) void clock.sleep(ms).then(() => woken++);
  void clock.sleep(Number.POSITIVE_INFINITY);
  assert.equal(await clock.run(10), 'reached');
  assert.deepEqual([woken, clock.nowMs()], [1, 10]);
  assert.equal(await clock.run(() => woken === 2), 'reached');
  assert.equal(clock.nowMs(), 15);
  assert.equal(await clock.run(() => false), 'idle');
  assert.deepEqual([woken, clock.nowMs(), clock.pending()], [3, 25, 0]);
});

test('a sleep that is aborted ends at once and leaves no timer', async () => {
  const clock = createVirtualClock({ startMs: 0 });
  const aborting = new AbortController();
  let ended = 0;
  void clock.sleep(100, aborting.signal).then(() => ended++);
  void clock.sleep(100, AbortSignal.abort()).then(() => ended++);
  aborting.abort();
  await clock.run(0);
  assert.deepEqual([ended, clock.pending(), clock.nowMs()], [2, 0, 0]);
});

test('what repeats without end is stopped with a clear error', async () => {
  const clock = createVirtualClock({ startMs: 0 });
  void (async () => {
    for (;;) await clock.sleep(0);
  })();
  await assert.rejects(clock.run(1, { maxSteps: 50 }), /stands at 0 after 50 timers, with 1 set/);
});

test('wall clocks of hosts step and drift while monotonic time goes on', async () => {
  const clock = createVirtualClock({ startMs: 1_000_000 });
  const host = clock.host({ offsetMs: 500, skewMsPerSecond: -10 });
  let wokenMs = -1;
  void host.sleep(2_000).then(() => {
    wokenMs = host.monotonicMs();
  });
  await clock.run(1_001_000);
  assert.equal(host.nowMs(), 1_001_490);
  host.step(-60_000);
  await clock.run(1_002_000);
  assert.deepEqual([host.nowMs(), host.monotonicMs(), wokenMs], [942_480, 2_000, 2_000]);
});
