import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundedQueue } from './queue.ts';

const STAYS = new AbortController().signal;

/** Work that ends when the test says so. */
function work() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const one = { begun: false, end: resolve, run: () => Promise.resolve() };
  one.run = () => {
    one.begun = true;
    return promise;
  };
  return one;
}

test('two run at once, one waits its turn, and one more is refused', async () => {
  const queue = boundedQueue({ atOnce: 2, waiting: 1 });
  const [a, b, c, d] = [work(), work(), work(), work()];
  const running = [a, b, c].map((one) => queue(one.run, STAYS));
  await assert.rejects(queue(d.run, STAYS), /2 threads are busy and 1 tasks wait/);
  assert.deepEqual([a.begun, b.begun, c.begun, d.begun], [true, true, false, false]);
  a.end();
  await running[0];
  await Promise.resolve();
  assert.ok(c.begun);
  b.end();
  c.end();
  await Promise.all(running);
  await queue(async () => undefined, STAYS);
});

test('work that waits leaves the line at its deadline, and work that fails makes room', async () => {
  const queue = boundedQueue({ atOnce: 1, waiting: 1 });
  const first = work();
  const running = queue(first.run, STAYS);
  const stop = new AbortController();
  const late = work();
  const waiting = queue(late.run, stop.signal);
  stop.abort(new Error('the deadline has passed'));
  await assert.rejects(waiting, /the deadline has passed/);
  const next = queue(() => Promise.reject(new Error('it failed')), STAYS);
  first.end();
  await running;
  await assert.rejects(next, /it failed/);
  assert.equal(await queue(async () => 7, STAYS), 7);
  assert.equal(late.begun, false);
  await assert.rejects(queue(late.run, stop.signal), /the deadline has passed/);
});
