import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAINNET_ERAS } from './eras.ts';
import { explainWindow } from './explain.ts';
import { GROUP, hashForLeader } from './testing/fake-group.ts';

test('each step leads to the next one', () => {
  const index = 4n;
  const { window, safeBlock, plan, generatorSeed, swaps, leaderSeats, executions } = explainWindow(
    GROUP,
    index,
    hashForLeader('0xA', index),
    MAINNET_ERAS,
  );
  assert.equal(window.block, 3_600n);
  assert.equal(safeBlock, 3_568n);
  const modulus = 2n ** 31n - 1n;
  assert.equal(BigInt(generatorSeed), ((plan.drawSeed % modulus) + modulus) % modulus);
  const order = [...plan.operators];
  for (const { i, j } of swaps) [order[i], order[j]] = [order[j] ?? '', order[i] ?? ''];
  assert.deepEqual(order, plan.order);
  assert.deepEqual(leaderSeats, [3, 4, 9, 10]);
  assert.deepEqual(executions, [
    { action: 'redemption', startBlock: 3_700n, expiryBlock: 4_300n },
    { action: 'deposit-sweep', startBlock: 3_700n, expiryBlock: 4_900n },
    { action: 'moved-funds-sweep', startBlock: 3_700n, expiryBlock: 4_300n },
    { action: 'moving-funds', startBlock: 3_700n, expiryBlock: 4_350n },
  ]);
});
