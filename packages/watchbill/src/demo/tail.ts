import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { parseRecord, type Records, together } from './record.ts';

/** Reads the lines that were added to the records of a directory since the last call. */
export function recordTail(directory: string): () => Records {
  const offsets = new Map<string, number>();
  return () => {
    const names = readdirSync(directory).filter((name) => name.endsWith('.jsonl'));
    return together(names.map((name) => readOn(directory, name, offsets)));
  };
}

function readOn(directory: string, name: string, offsets: Map<string, number>): Records {
  const handle = openSync(join(directory, name), 'r');
  try {
    const from = offsets.get(name) ?? 0;
    const bytes = Buffer.alloc(Math.max(0, fstatSync(handle).size - from));
    const read = readSync(handle, bytes, 0, bytes.length, from);
    // A line that is still being written is left for the next time.
    const end = bytes.subarray(0, read).lastIndexOf(0x0a) + 1;
    offsets.set(name, from + end);
    return parseRecord(name, bytes.subarray(0, end).toString('utf8'), false);
  } finally {
    closeSync(handle);
  }
}
