import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Head } from '@watchbill/permit';

/** The highest place of each mark that this machine was ever told. It outlives the process and is sent with claims. */
export interface Heads {
  atLeast(mark: string): Head | null;
  /** Durable when it returns. */
  raise(mark: string, head: Head): void;
}

/** Heads kept in one small file, replaced whole. Throws where the file exists and cannot be read. */
export function fileHeads(file: string): Heads {
  const known = load(file);
  return {
    atLeast: (mark) => known.get(mark) ?? null,
    raise: (mark, head) => {
      if (!isHigher(head, known.get(mark) ?? null)) return;
      known.set(mark, head);
      save(file, JSON.stringify(Object.fromEntries(known)));
    },
  };
}

/** Another epoch is news: only a recovery of the ledger draws one. Inside an epoch the number decides. */
function isHigher(head: Head, before: Head | null): boolean {
  return before === null || head.epoch !== before.epoch || BigInt(head.seq) > BigInt(before.seq);
}

function load(file: string): Map<string, Head> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Head>));
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return new Map();
    throw error;
  }
}

function save(file: string, text: string): void {
  const draft = `${file}.draft`;
  const handle = openSync(draft, 'w', 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, file);
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
