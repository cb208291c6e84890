import type { EntryDisk } from './disk.ts';
import { BLOCK_BYTES, blockChecksum, encodeBlock, encodeFrame, type FileName, HEAD_BYTES } from './frames.ts';

/** Size of the file; it never grows. About 3,500 grants. */
export const FILE_BYTES = 4 * 1024 * 1024;

/** Appends frames to an entry file, one at a time. */
export interface EntryLog {
  /** Number of the frame that comes next. */
  next(): number;
  /** True if a content of this length fits behind the last frame. */
  fits(length: number): boolean;
  /** The next frame goes to the front. Every frame so far must be durable in the tables. */
  rewind(): void;
  /**
   * Write the next frame now; the promise settles when it survives a power cut. Not to be called again before
   * that. If the write fails, it throws, and the call counts as not made. If the sync fails, no frame may
   * follow: bytes that the system dropped may look like written ones.
   */
  append(content: Buffer): Promise<void>;
  close(): void;
}

/**
 * The longest content that may become a frame. A quarter of the file: then the first frame of a round never
 * overwrites the last one of the round before, by which a reader knows the file.
 */
export function longestContent(fileBytes: number): number {
  return Math.floor((fileBytes - BLOCK_BYTES) / 4) - HEAD_BYTES;
}

/** Make the file, filled with zeros and durable when this returns. Throws EEXIST if the name is taken. */
export function createEntryLog(
  disk: EntryDisk,
  path: string,
  name: FileName,
  fileBytes: number = FILE_BYTES,
): EntryLog {
  const empty = Buffer.alloc(fileBytes);
  encodeBlock(name).copy(empty);
  const handle = disk.create(path, empty);
  let number = 1;
  let at = BLOCK_BYTES;
  let before = blockChecksum(name);
  return {
    next: () => number,
    fits: (length) => at + HEAD_BYTES + length <= fileBytes,
    rewind() {
      at = BLOCK_BYTES;
    },
    append(content) {
      const { bytes, checksum } = encodeFrame({ file: name.file, number, before }, content);
      disk.write(handle, bytes, at);
      number += 1;
      at += bytes.length;
      before = checksum;
      return disk.sync(handle);
    },
    close: () => disk.close(handle),
  };
}
