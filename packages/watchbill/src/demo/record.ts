import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
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

/** Appends signatures; a line is with the operating system, and so survives a kill, when `append` returns. */
export interface SigningRecord {
  append(signature: Signature): void;
  close(): void;
}

export function openRecord(file: string): SigningRecord {
  const handle = openSync(file, 'a', 0o600);
  return {
    append: (signature) => {
      const line = Buffer.from(`${JSON.stringify(signature)}\n`);
      // Half a line cannot be taken back, so the process must not go on after one.
      if (writeSync(handle, line) !== line.length)
        throw new Error(`${file}: a signature was written in part`);
    },
    close: () => closeSync(handle),
  };
}

/** The records of one directory. An unreadable line may hide a signature, so it is counted, not skipped. */
export interface Records {
  readonly signatures: readonly Signature[];
  readonly unreadable: readonly string[];
}

const FIELDS = ['node', 'incarnation', 'key', 'duty', 'unit', 'part', 'digest'] as const;

/** Reads the lines of one record; `name` is for error texts. `whole` is false while its writer still runs. */
export function parseRecord(name: string, text: string, whole: boolean): Records {
  const signatures: Signature[] = [];
  const unreadable: string[] = [];
  const lines = text.split('\n');
  const rest = lines.pop() ?? '';
  if (rest !== '' && whole) unreadable.push(`${name}: its last line has no end`);
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

/** Reads every `*.jsonl` record below a directory, sorted by the time of signing. */
export function readRecords(directory: string, whole: boolean): Records {
  const all = readdirSync(directory)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => parseRecord(name, readFileSync(join(directory, name), 'utf8'), whole));
  return together(all);
}

/** The records of several validators, sorted by the time of signing. */
export function together(all: readonly Records[]): Records {
  return {
    signatures: all.flatMap((records) => records.signatures).sort((a, b) => a.atMs - b.atMs),
    unreadable: all.flatMap((records) => records.unreadable),
  };
}
