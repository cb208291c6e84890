import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupId } from '@watchbill/coordinate';
import { measureGossip } from '@watchbill/coordinate/testing/measure-gossip';
import { groupOf } from './group.ts';
import { newKeys } from './keys.ts';
import { closeMembers, openMembers } from './members.ts';
import { newProgress } from './progress.ts';
import { measuredGroup } from './windows.ts';

test('four members come to a certificate in each window, with gossip in between', {
  timeout: 180_000,
}, async () => {
  const keys = await newKeys(4);
  const members = await openMembers(groupId(groupOf(keys.keys)), keys.keys);
  const group = measuredGroup(members, keys);
  try {
    for (let i = 0; i < 2; i++) {
      const gossip = await measureGossip(members, { rounds: 1, answerCount: 2, roundDeadlineMs: 60_000 });
      assert.equal(gossip.lostRounds, 0);
      group.listen();
      const certified = await group.window();
      assert.equal(certified.length, 4);
      assert.ok(certified.every((ms) => ms > 0));
    }
  } finally {
    await group.close();
    await closeMembers(members);
  }
});

test('a failure ends all waiting', async () => {
  const progress = newProgress(1);
  const waiting = progress.until('never', () => false);
  progress.failure = 'member 0 stopped';
  progress.changed();
  await assert.rejects(waiting, /member 0 stopped/);
  await assert.rejects(
    progress.until('never', () => false),
    /member 0 stopped/,
  );
});
