import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawHeader } from '@watchbill/chain';
import { blockBook } from './collator-blocks.ts';

const ZEROS = '0'.repeat(64);

/** A block of a collator: slot in eight bytes, and the hash of the relay parent. */
function header(slot: number, number: number, relayParent: string, stateRoot = '00'): RawHeader {
  const slotBytes = Buffer.alloc(8);
  slotBytes.writeBigUInt64LE(BigInt(slot));
  const preRuntime = `0x06${Buffer.from('aura').toString('hex')}20${slotBytes.toString('hex')}`;
  const parent = `0x04${Buffer.from('CMLS').toString('hex')}8400${relayParent.padStart(64, '0')}`;
  return {
    parentHash: `0x${ZEROS}`,
    number: `0x${number.toString(16)}`,
    stateRoot: `0x${stateRoot.padStart(64, '0')}`,
    extrinsicsRoot: `0x${ZEROS}`,
    digest: { logs: [preRuntime, parent] },
  };
}

const FIRST = `01${'0'.repeat(62)}`;
const SECOND = `02${'0'.repeat(62)}`;
const ALL = { fromMs: 0, untilMs: 100 };

test('a second block on one relay parent is an equivocation, one on another relay parent is none', () => {
  const book = blockBook();
  book.add(header(7, 3, FIRST), 10);
  // Another node has the same block.
  book.add(header(7, 3, FIRST), 12);
  book.add(header(7, 3, SECOND), 20);
  const legal = { blocks: 2, heights: 1, onForks: 1, twice: 0, longestGapMs: 80 };
  assert.deepEqual(book.count(ALL), legal);
  book.add(header(7, 3, FIRST, '99'), 30);
  assert.deepEqual(book.count(ALL), { ...legal, blocks: 3, twice: 1, longestGapMs: 70 });
});

test('another number in the slot, or another slot, is another unit', () => {
  const book = blockBook();
  for (const [slot, number] of [
    [7, 3],
    [7, 4],
    [8, 4],
  ] as const)
    book.add(header(slot, number, FIRST), 10);
  const { twice, onForks, heights } = book.count(ALL);
  assert.deepEqual({ twice, onForks, heights }, { twice: 0, onForks: 0, heights: 2 });
});

test('a stretch has the blocks that came in it', () => {
  const book = blockBook();
  book.add(header(7, 3, FIRST), 10);
  book.add(header(8, 4, SECOND), 40);
  book.add(header(8, 3, SECOND), 50);
  const counts = book.count({ fromMs: 20, untilMs: 60 });
  assert.deepEqual(counts, { blocks: 2, heights: 1, onForks: 0, twice: 0, longestGapMs: 20 });
});
