import { closeSync, existsSync, openSync, readSync } from 'node:fs';

/** Follows a file that is only ever appended to. */
export interface LineFollower {
  /** Deliver every whole line that was added since the last poll. The file may appear later. */
  look(): void;
  close(): void;
}

const CHUNK_BYTES = 65_536;

export function followLines(file: string, onLine: (line: string) => void): LineFollower {
  let descriptor: number | null = null;
  let position = 0;
  let rest = Buffer.alloc(0);
  const chunk = Buffer.alloc(CHUNK_BYTES);

  function look(): void {
    if (descriptor === null && !existsSync(file)) return;
    descriptor ??= openSync(file, 'r');
    for (;;) {
      const length = readSync(descriptor, chunk, 0, CHUNK_BYTES, position);
      if (length === 0) return;
      position += length;
      deliver(Buffer.concat([rest, chunk.subarray(0, length)]));
    }
  }

  function deliver(bytes: Buffer): void {
    const end = bytes.lastIndexOf('\n');
    rest = Buffer.from(bytes.subarray(end + 1));
    for (const line of bytes
      .subarray(0, end + 1)
      .toString('utf8')
      .split('\n')) {
      if (line !== '') onLine(line);
    }
  }

  return {
    look,
    close: () => {
      if (descriptor !== null) closeSync(descriptor);
      descriptor = null;
    },
  };
}
