import assert from 'node:assert/strict';
import test from 'node:test';
import type { NodeRpc } from '../rpc/port.ts';
import type { AuthoredBlock } from './authored.ts';
import { dueFollower, secondaryAuthor } from './due.ts';

const authorities = [0, 1, 2].map((index) => ({ key: `0x${`0${index}`.repeat(32)}`, weight: 1n }));
const keyOf = (index: number) => authorities[index]?.key ?? '';

function block(
  slot: number,
  parent: string,
  duty: AuthoredBlock['duty'] = 'aura',
  relayParent: bigint | null = null,
): AuthoredBlock {
  return {
    ...{ duty, relayParent },
    key: keyOf(0),
    slot: BigInt(slot),
    digest: '0x',
    number: slot,
    hash: `${slot}`,
    parentHash: parent,
  };
}

/** A node whose Aura authorities are those above. */
function fakeNode(): NodeRpc {
  const list = `0x0c${authorities.map(({ key }) => key.slice(2)).join('')}`;
  return { call: async () => list } as unknown as NodeRpc;
}

test('Aura: each slot after the parent has one owner, and a block without its parent makes no pass', async () => {
  const due = dueFollower(fakeNode());
  assert.deepEqual(await due([block(10, 'unseen')]), []);
  const [pass, next] = await due([block(13, '10'), block(14, '13')]);
  assert.deepEqual(pass, {
    ...{ duty: 'aura', onRelay: false, after: 10n, slot: 13n, author: keyOf(0) },
    due: [11, 12, 13].map((slot) => ({ key: keyOf(slot % 3), slot: BigInt(slot) })),
    next: {
      until: 29n,
      due: Array.from({ length: 16 }, (_, at) => ({ key: keyOf((14 + at) % 3), slot: BigInt(14 + at) })),
    },
  });
  assert.deepEqual(next?.due, [{ key: keyOf(2), slot: 14n }]);
  const [onRelay] = await due([block(15, '14', 'aura', 7n)]);
  assert.equal(onRelay?.onRelay, true);
});

test('after a halt of the chain the newest sixteen slots are due', async () => {
  const due = dueFollower(fakeNode());
  await due([block(10, 'unseen')]);
  const [pass] = await due([block(1_000, '10')]);
  assert.deepEqual(
    [pass?.after, pass?.due.length, pass?.due[0]?.slot, pass?.due.at(-1)?.slot],
    [10n, 16, 985n, 1_000n],
  );
});

test('BABE: the secondary author is drawn from randomness and slot; none without secondary slots', () => {
  const epoch = { authorities, randomness: `0x${'11'.repeat(32)}`, secondarySlots: true };
  const drawn = Array.from({ length: 300 }, (_, slot) => secondaryAuthor(epoch, BigInt(slot)));
  for (const { key } of authorities) {
    const share = drawn.filter((each) => each === key).length;
    assert.ok(share > 60 && share < 140, `${share} of 300`);
  }
  const other = { ...epoch, randomness: `0x${'12'.repeat(32)}` };
  assert.notDeepEqual(
    drawn,
    drawn.map((_, slot) => secondaryAuthor(other, BigInt(slot))),
  );
  assert.equal(secondaryAuthor({ ...epoch, secondarySlots: false }, 1n), undefined);
});
