import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closedLoop, oneByOne, openLoop } from './pace.ts';

const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

test('one by one: the warm-up runs and is not counted', async () => {
  let ran = 0;
  const latency = await oneByOne({ warmUp: 3, count: 10 }, async () => {
    ran += 1;
    await soon();
  });
  assert.equal(ran, 13);
  assert.equal(latency.samples, 10);
});

test('closed loop: a lane has one operation at a time, every lane has some', async () => {
  const [busy, ran] = [new Set<number>(), [0, 0, 0]];
  await closedLoop({ lanes: 3, warmUpMs: 5, measureMs: 200 }, async (lane) => {
    assert.ok(!busy.has(lane));
    busy.add(lane);
    await soon();
    busy.delete(lane);
    ran[lane] = (ran[lane] ?? 0) + 1;
  });
  assert.ok(ran.every((count) => count > 0));
});

test('closed loop: a time in which no operation ends is an error that says so', async () => {
  const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 60));
  await assert.rejects(
    closedLoop({ lanes: 2, warmUpMs: 0, measureMs: 5 }, slow),
    /no operation ended within 5 ms/,
  );
});

test('open loop: what waits behind a slow operation counts from when it was due', async () => {
  const ran: number[] = [];
  const [begun, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const running = openLoop({ lanes: 1, perSecond: 1_000, warmUpMs: 0, measureMs: 20 }, async () => {
    if (ran.push(performance.now()) > 1) return;
    begun.resolve();
    await release.promise;
  });
  await begun.promise;
  // All twenty fall due while the first holds the lane.
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(ran.length, 1);
  release.resolve();
  const latency = await running;
  assert.equal(latency.samples, 20);
  const [firstMs = 0] = ran;
  // The median was due at most 20 ms after the first began, and ran after the first had ended.
  assert.ok(latency.p50Ms >= (ran[1] ?? 0) - firstMs - 20, `${latency.p50Ms}`);
});

test('a failing operation fails the measurement', async () => {
  const fail = () => Promise.reject(new Error('denied'));
  await assert.rejects(oneByOne({ warmUp: 0, count: 1 }, fail), /denied/);
  await assert.rejects(closedLoop({ lanes: 2, warmUpMs: 0, measureMs: 10 }, fail), /denied/);
  const open = { lanes: 2, perSecond: 1_000, warmUpMs: 0, measureMs: 10 };
  await assert.rejects(openLoop(open, fail), /denied/);
});
