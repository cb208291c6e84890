import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DamagedEntry } from '../faults.ts';
import { BLOCK_BYTES, decodeBlock, encodeBlock, HEAD_BYTES } from './frames.ts';
import { workOfContent } from './records.ts';
import { wholeFrames } from './scan.ts';
import { fileOf, NAME, rowOf } from './testing/frames.ts';

const { file } = NAME;

function numbersIn(bytes: Buffer, first = 1, applied = 0): readonly number[] {
  return wholeFrames(bytes, { file, first, applied }).map(({ number }) => number);
}

function damaged(bytes: Buffer, first = 1, applied = 0): void {
  assert.throws(() => numbersIn(bytes, first, applied), DamagedEntry);
}

test('whole frames are read back with their entries', () => {
  const { bytes } = fileOf([1, 2, 3]);
  const frames = wholeFrames(bytes, { file, first: 1, applied: 0 });
  assert.deepEqual(
    frames.map(({ content }) => workOfContent(content).rows),
    [[rowOf(1)], [rowOf(2)], [rowOf(3)]],
  );
});

test('the last frame cut, zeroed or spoiled at any byte is a torn tail: it goes, and no other does', () => {
  const { bytes, starts } = fileOf([1, 2, 3]);
  const [, , from = 0, end = 0] = starts;
  assert.ok(end - from > 500);
  for (let at = from; at < end; at++) {
    const zeroed = Buffer.from(bytes);
    zeroed.fill(0, at, end);
    const garbage = Buffer.from(bytes);
    for (let each = at; each < end; each++) garbage[each] = (each * 151 + 7) & 0xff;
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(at) ^ 0x10, at);
    // A tail of zeros may be the true one: the texts of entries end with a brace.
    for (const harmed of [bytes.subarray(0, at), zeroed, garbage, flipped])
      assert.deepEqual(numbersIn(harmed), [1, 2], `byte ${at}`);
  }
  assert.deepEqual(numbersIn(bytes.subarray(0, end)), [1, 2, 3]);
});

test('a bit that flips anywhere in a frame with a later one is damage, and not the end', () => {
  const { bytes, starts } = fileOf([1, 2, 3]);
  const [from = 0, , to = 0] = starts;
  for (let at = from; at < to; at++) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(at) ^ 0x01, at);
    damaged(flipped);
  }
});

test('frames of an earlier round of the file end the present one', () => {
  const old = fileOf([1, 2, 3, 4]);
  const fresh = fileOf([5, 6]);
  const end = fresh.starts.at(-1) ?? 0;
  const bytes = Buffer.concat([fresh.bytes.subarray(0, end), old.bytes.subarray(end)]);
  assert.deepEqual(numbersIn(bytes, 5, 4), [5, 6]);
  assert.deepEqual(numbersIn(old.bytes, 5, 4), [], 'none was written in this round');
});

test('tables and file of two moments are refused', () => {
  const { bytes } = fileOf([5, 6, 7]);
  damaged(bytes, 1, 0);
  damaged(bytes, 3, 2);
  damaged(bytes, 5, 8);
  damaged(bytes, 5, 3);
  damaged(bytes, 9, 8);
  assert.deepEqual(numbersIn(bytes, 8, 7), [], 'the frame before the next round is there');
  assert.deepEqual(numbersIn(bytes, 5, 4), [5, 6, 7]);
  assert.deepEqual(numbersIn(bytes, 5, 7), [5, 6, 7]);
});

test('a frame that does not follow the one before it is not taken', () => {
  const { bytes, starts } = fileOf([1, 2, 3]);
  const other = fileOf([2, 3]);
  const spliced = Buffer.from(bytes);
  other.bytes.copy(spliced, starts[1], BLOCK_BYTES, other.starts[1]);
  damaged(spliced);
});

test('frames of another file are no frames of this one', () => {
  const { bytes } = fileOf([1, 2], 'fedcba9876543210');
  assert.deepEqual(numbersIn(bytes), []);
});

test('an entry whose text changed under a right checksum is damage', () => {
  const content = Buffer.from(
    wholeFrames(fileOf([1]).bytes, { file, first: 1, applied: 0 })[0]?.content ?? '',
  );
  const at = content.indexOf('node-a');
  content.write('node-b', at);
  assert.throws(() => workOfContent(content), DamagedEntry);
});

test('the first block says whose file it is; any change makes it unreadable', () => {
  const block = encodeBlock(NAME);
  assert.deepEqual(decodeBlock(block), NAME);
  assert.match(block.toString(), /^watchbill ledger entries\n1\n/);
  for (let at = 0; at < 200; at++) {
    const flipped = Buffer.from(block);
    flipped.writeUInt8(flipped.readUInt8(at) ^ 0x04, at);
    assert.equal(decodeBlock(flipped), null, `byte ${at}`);
  }
  assert.equal(decodeBlock(Buffer.alloc(HEAD_BYTES)), null);
});
