import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WINDOWS } from './group-setup.ts';
import type { NetworkCondition } from './network-conditions.ts';
import { settingsOf } from './options.ts';
import { lookAtSlot, slotOf } from './progress.ts';
import { BLOCK_MS } from './simulated-chain.ts';
import { worldOf } from './world.ts';

/** Rank 0 of the first window with four honest members, some of whom are down. */
function rankUnder(condition: NetworkCondition, down: readonly number[] = []) {
  const world = worldOf(settingsOf({ seed: 'progress', windows: 10, byzantine: 0 }));
  for (const member of world.members) if (!down.includes(member.seat)) member.start();
  const { window } = world.now.plan;
  world.now.condition = condition;
  const slot = slotOf(world, 0);
  for (let height = window.block - 1n; height < window.block + WINDOWS.rankBlocks; height++) {
    for (const member of world.members) member.give({ kind: 'height', height });
    world.later.runUntil(world.later.nowMs() + BLOCK_MS);
  }
  lookAtSlot(world, slot);
  return { leader: world.now.plan.leaders[0] ?? -1, ...world.tally.looks('progress') };
}

const QUIET: NetworkCondition = { kind: 'quiet' };

test('members who hear each other agree', () => {
  const { looked, violated } = rankUnder(QUIET);
  assert.deepEqual([looked, violated], [1, 0]);
});

test('members who should hear each other and do not are reported', () => {
  const { looked, violated } = rankUnder({ kind: 'mute', mute: new Set([0, 1, 2, 3]), powerCut: false });
  assert.deepEqual([looked, violated], [1, 1]);
});

test('no agreement is expected without a quorum, or without the leader', () => {
  const { leader } = rankUnder(QUIET);
  const others = [0, 1, 2, 3].filter((seat) => seat !== leader);
  assert.equal(rankUnder(QUIET, [leader]).looked, 0);
  assert.equal(rankUnder(QUIET, others.slice(0, 1)).looked, 1);
  assert.equal(rankUnder(QUIET, others.slice(0, 2)).looked, 0);
});
