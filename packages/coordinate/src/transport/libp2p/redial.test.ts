import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../fixture-loopback.ts';
import { redial } from './redial.ts';

const LIMITS = { redial: { firstMs: 1, lastMs: 4 } };

test('attempts go on until there is a connection, and begin again when it is lost', async () => {
  const attempts: number[] = [];
  let succeedsAt = 3;
  const dialing = redial(LIMITS, async (index) => {
    attempts.push(index);
    return index >= succeedsAt;
  });
  await until('the fourth attempt', () => attempts.length === 4);
  succeedsAt = 5;
  dialing.lost();
  dialing.lost();
  await until('two more', () => attempts.length === 6);
  dialing.close();
  assert.deepEqual(attempts, [0, 1, 2, 3, 4, 5]);
});

test('a connection that is lost while the attempt still runs is made again', async () => {
  const running: ((isConnected: boolean) => void)[] = [];
  const dialing = redial(LIMITS, () => new Promise((resolve) => void running.push(resolve)));
  dialing.lost();
  running[0]?.(true);
  await until('a second attempt', () => running.length === 2);
  dialing.close();
  running[1]?.(false);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(running.length, 2, 'none after the end');
});
