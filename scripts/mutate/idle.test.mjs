import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { unlessIdle } from './idle.mjs';

test('a promise that waits for a timer settles as itself', async () => {
  assert.equal(await unlessIdle(() => sleep(700, 'done')), 'done');
  await assert.rejects(
    unlessIdle(() => Promise.reject(new Error('its own'))),
    /its own/,
  );
});

test('a promise that waits while the process is idle is rejected', async () => {
  await assert.rejects(
    unlessIdle(() => new Promise(() => {})),
    /waits for something that never happens/,
  );
});

test('a promise that waits for many turns of the event loop settles as itself', async () => {
  const turns = async () => {
    for (const untilMs = performance.now() + 700; performance.now() < untilMs; )
      await new Promise((resolve) => setImmediate(resolve));
    return 'done';
  };
  assert.equal(await unlessIdle(turns), 'done');
});
