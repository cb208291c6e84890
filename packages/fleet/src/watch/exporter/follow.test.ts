import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finalizedHead, headerAt } from '@watchbill/chain';
import { blockFollower } from './follow.ts';
import { account, type FakeBlock, fakeAura } from './testing/fake-aura.ts';

const NEVER = new AbortController().signal;

async function followed(blocks: readonly FakeBlock[], start: number, mostBlocks = 100) {
  const follower = blockFollower(mostBlocks);
  const node = fakeAura(blocks, start);
  await follower.follow(node, await headerAt(node, `0x${'0'.repeat(64)}`), NEVER);
  await follower.follow(node, await finalizedHead(node), NEVER);
  const turns = (at: number) => {
    const counts = follower.counts(account(at));
    return counts === null ? null : [counts.authored.turn, counts.missed.turn];
  };
  return { follower, turns };
}

test('blocks are followed from the first head on, with the empty slots between them', async () => {
  const { follower, turns } = await followed([{ slot: 9 }, { slot: 10 }, { slot: 13 }, { slot: 14 }], 3);
  // 10 and 13 are turns of account 1, 14 of account 2; 11 and 12 passed without a block.
  assert.deepEqual(
    [turns(0), turns(1), turns(2)],
    [
      [0, 1],
      [2, 0],
      [1, 1],
    ],
  );
  assert.deepEqual([follower.height(), follower.passedBlocks(), follower.unknownSlots()], [3, 0, 0]);
});

test('a change of authorities counts from the block after it', async () => {
  const { turns } = await followed([{ slot: 2 }, { slot: 4, authorities: 3 }, { slot: 6 }, { slot: 7 }], 2);
  // Slot 3 and 4 by two authorities; 5, 6 and 7 by three.
  assert.deepEqual(
    [turns(0), turns(1), turns(2)],
    [
      [2, 0],
      [1, 1],
      [0, 1],
    ],
  );
});

test('one that is too far behind passes blocks over, says so, and goes on from there', async () => {
  const { follower, turns } = await followed(
    Array.from({ length: 50 }, (_, slot) => ({ slot })),
    3,
    10,
  );
  assert.deepEqual([follower.height(), follower.passedBlocks()], [49, 49]);
  assert.deepEqual(turns(0), [0, 0]);
});

test('a deadline stops it between two blocks, and the next look goes on', async () => {
  const node = fakeAura(
    Array.from({ length: 5 }, (_, slot) => ({ slot })),
    2,
  );
  const follower = blockFollower(100);
  await follower.follow(node, await headerAt(node, `0x${'0'.repeat(64)}`), NEVER);
  await follower.follow(node, await finalizedHead(node), AbortSignal.abort());
  assert.equal(follower.height(), 0);
  await follower.follow(node, await finalizedHead(node), NEVER);
  assert.equal(follower.height(), 4);
});
