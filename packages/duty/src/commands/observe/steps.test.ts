import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChainView } from '@watchbill/chain';
import { createVirtualClock } from '@watchbill/kit/testing';
import { separateSteps } from './steps.ts';

const VIEW: ChainView = {
  ...{ chain: '0x91', finalizedBlock: 1n, session: null, beefySetId: null },
  ...{ voter: null, best: null, arrivedSlot: null, syncing: false },
};

test('a step that fails holds up no other one, and is tried again after pauses that grow', async () => {
  const clock = createVirtualClock();
  const atMs = { first: [] as number[], second: 0 };
  const told: string[] = [];
  const run = separateSteps(
    {
      first: async () => {
        atMs.first.push(clock.monotonicMs());
        if (atMs.first.length < 4) throw new Error('refused');
      },
      second: async () => {
        atMs.second += 1;
      },
    },
    { clock, intervalMs: 1_000 },
    { done: (name) => told.push(`${name} done`), failed: (name) => told.push(`${name} failed`) },
  );
  const { signal } = new AbortController();
  for (let second = 0; second < 20; second += 1) {
    await run(VIEW, signal);
    await clock.advance(1_000);
  }
  assert.equal(atMs.second, 20);
  const [start = 0, ...later] = atMs.first;
  assert.deepEqual(
    later.slice(0, 4).map((at) => at - start),
    [2_000, 6_000, 14_000, 15_000],
  );
  assert.equal(told.filter((each) => each === 'first failed').length, 3);
  assert.equal(told.at(-2), 'first done');
});

test('a step does not begin after the observer was stopped', async () => {
  const stop = new AbortController();
  let runs = 0;
  const step = async () => {
    runs += 1;
    stop.abort();
  };
  const events = { done: () => undefined, failed: () => undefined };
  const parts = { clock: createVirtualClock(), intervalMs: 1_000 };
  await separateSteps({ one: step, two: step }, parts, events)(VIEW, stop.signal);
  assert.equal(runs, 1);
});
