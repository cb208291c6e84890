import { entryHash, type LedgerEntry } from '@watchbill/duty';
import { type EntryRow, entryRow } from '../../entries.ts';
import { entryOf } from '../../testing/entries.ts';
import { BLOCK_BYTES, blockChecksum, encodeBlock, encodeFrame } from '../frames.ts';
import { contentOf } from '../records.ts';

/** For the tests of this folder: the bytes of an entry file with one entry in each frame. */
export const NAME = { file: '0123456789abcdef', service: 'ab'.repeat(16) };

export function rowOf(seq: number, over: Partial<LedgerEntry> = {}): EntryRow {
  const entry = entryOf({ seq: BigInt(seq), ...over });
  return entryRow({ entry, hash: entryHash(entry), decision: null });
}

export interface FileBytes {
  readonly bytes: Buffer;
  /** The offset of each frame, and of the end of the last one. */
  readonly starts: readonly number[];
}

/** Frames with these numbers one behind the other, and zeros after them. */
export function fileOf(numbers: readonly number[], file = NAME.file): FileBytes {
  const bytes = Buffer.alloc(BLOCK_BYTES + 2_000 * (numbers.length + 1));
  encodeBlock({ ...NAME, file }).copy(bytes);
  const starts = [BLOCK_BYTES];
  let before = blockChecksum(NAME);
  for (const number of numbers) {
    const content = contentOf([{ rows: [rowOf(number)], decisions: [], words: [] }]);
    const frame = encodeFrame({ file, number, before }, content);
    const at = starts.at(-1) ?? 0;
    frame.bytes.copy(bytes, at);
    starts.push(at + frame.bytes.length);
    before = frame.checksum;
  }
  return { bytes, starts };
}
