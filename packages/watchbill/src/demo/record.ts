import { closeSync, fstatSync, openSync, readdirSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { jsonOrNull } from '@watchbill/kit';

/**
 * One signature as a validator released it. The demonstration makes no real signatures: this line is the
 * signature.
 */
export interface Signature {
  readonly atMs: number;
  readonly node: string;
  readonly incarnation: string;
  readonly key: string;
  readonly duty: string;
  readonly unit: string;
  readonly part: string;
  readonly digest: string;
}

export type SigningRecord = ReturnType<typeof openRecord>;

/** Appends signatures; a line is with the operating system, and so survives a kill, when `append` returns. */
export function openRecord(file: string) {
  const handle = openSync(file, 'a', 0o600);
  return {
    append: (signature: Signature): void => {
      const line = Buffer.from(`${JSON.stringify(signature)}\n`);
      // Half a line cannot be taken back, so the process must not go on after one.
      if (writeSync(handle, line) !== line.length)
        throw new Error(`${file}: a signature was written in part`);
    },
    close: (): void => closeSync(handle),
  };
}

/** The records of one directory. An unreadable line may hide a signature, so it is counted, not skipped. */
export interface Records {
  readonly signatures: readonly Signature[];
  readonly unreadable: readonly string[];
}

const FIELDS = ['node', 'incarnation', 'key', 'duty', 'unit', 'part', 'digest'] as const;

function parseRecord(name: string, text: string): Records {
  const signatures: Signature[] = [];
  const unreadable: string[] = [];
  const lines = text.split('\n');
  if (lines.pop() !== '') unreadable.push(`${name}: its last line has no end`);
  for (const [index, line] of lines.entries()) {
    const signature = parseLine(line);
    if (signature === null) unreadable.push(`${name}:${index + 1}: not a signature`);
    else signatures.push(signature);
  }
  return { signatures, unreadable };
}

function parseLine(line: string): Signature | null {
  const value = jsonOrNull(line) as Record<string, unknown> | null;
  if (typeof value?.atMs !== 'number') return null;
  return FIELDS.every((field) => typeof value[field] === 'string') ? (value as unknown as Signature) : null;
}

/**
 * Reads the records of a directory, sorted by the time of signing: each call the lines that were added since
 * the last one. `whole` is false while their writers run.
 */
export function recordReader(directory: string): (whole: boolean) => Records {
  const offsets = new Map<string, number>();
  return (whole) => {
    const names = readdirSync(directory).filter((name) => name.endsWith('.jsonl'));
    const all = names.sort().map((name) => parseRecord(name, addedText(directory, name, offsets, whole)));
    return {
      signatures: all.flatMap((records) => records.signatures).sort((a, b) => a.atMs - b.atMs),
      unreadable: all.flatMap((records) => records.unreadable),
    };
  };
}

function addedText(directory: string, name: string, offsets: Map<string, number>, whole: boolean): string {
  const handle = openSync(join(directory, name), 'r');
  try {
    const from = offsets.get(name) ?? 0;
    const bytes = Buffer.alloc(Math.max(0, fstatSync(handle).size - from));
    const read = readSync(handle, bytes, 0, bytes.length, from);
    // A line that is still being written is left for the next time.
    const end = whole ? read : bytes.subarray(0, read).lastIndexOf(0x0a) + 1;
    offsets.set(name, from + end);
    return bytes.subarray(0, end).toString('utf8');
  } finally {
    closeSync(handle);
  }
}
