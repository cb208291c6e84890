import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { stopOnSignal } from './stop.ts';
import { fakeIo } from './testing/fake-io.ts';

const log = pino({ level: 'silent' });

test('the first signal asks, the second ends the process at once', async () => {
  const io = fakeIo({ cwd: '/' });
  const stop = stopOnSignal(io, log, 1_000);
  io.signal('SIGTERM');
  await stop.asked;
  assert.deepEqual(io.exits, []);
  io.signal('SIGINT');
  assert.deepEqual(io.exits, [1]);
});

test('closing is waited for, but not for ever, and its failure is not lost', async () => {
  const sleeps: number[] = [];
  const fake = fakeIo({ cwd: '/' });
  // Virtual time: a sleep ends at once unless the signal came first.
  const clock = {
    ...fake.clock,
    sleep: async (ms: number) => {
      sleeps.push(ms);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  const stop = stopOnSignal({ ...fake, clock }, log, 1_000);
  await stop.within(Promise.resolve());
  await assert.rejects(stop.within(new Promise(() => undefined)), /did not close within 7000 ms/);
  await assert.rejects(stop.within(Promise.reject(new Error('disk'))), /disk/);
  assert.deepEqual(sleeps, [7_000, 7_000, 7_000]);
});

test('after the listener was removed, a signal has no effect', () => {
  const io = fakeIo({ cwd: '/' });
  const stop = stopOnSignal(io, log, 1_000);
  stop.forget();
  io.signal('SIGTERM');
  io.signal('SIGTERM');
  assert.deepEqual(io.exits, []);
});
