import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { createLeases } from './leases.ts';

/** Leases whose dead ones stay listed until the test drops them. */
function leases() {
  const clock = createVirtualClock();
  const startMs = clock.monotonicMs();
  const toldMs: number[] = [];
  return { clock, toldMs, ...createLeases(clock, () => toldMs.push(clock.monotonicMs() - startMs)) };
}

describe('the callback for dead leases', () => {
  test('does not come while no lease is dead', async () => {
    const { clock, toldMs, add, keepAlive } = leases();
    add('a', 1_000);
    await clock.advance(600);
    assert.equal(keepAlive('a'), true);
    await clock.advance(900);
    assert.deepEqual(toldMs, []);
    await clock.advance(100);
    assert.deepEqual(toldMs, [1_600]);
  });

  test('comes for the other leases after one was dropped', async () => {
    const { clock, toldMs, add, drop } = leases();
    add('a', 1_000);
    add('b', 1_000);
    drop('a');
    await clock.advance(1_000);
    assert.deepEqual(toldMs, [1_000]);
  });
});

test('no timer is left without a lease', () => {
  const { clock, add, drop, clear } = leases();
  add('a', 1_000);
  drop('a');
  assert.equal(clock.pending(), 0);
  add('b', 1_000);
  clear();
  assert.equal(clock.pending(), 0);
});

test('a dead lease is listed as dead and not among the living', async () => {
  const { clock, add, all, dead } = leases();
  add('a', 1_000);
  add('b', 2_000);
  await clock.advance(1_000);
  assert.deepEqual([dead(), all()], [['a'], [['b', 2_000]]]);
});
