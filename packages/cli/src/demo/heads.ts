import { readFileSync } from 'node:fs';
import { replaceFileSync } from '@watchbill/base/files';
import type { Head } from '@watchbill/permit';

/**
 * The highest place of each mark that this machine ever received. It outlives the process and is sent with
 * claims.
 */
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
      replaceFileSync({ path: file, text: JSON.stringify(Object.fromEntries(known)), mode: 0o600 });
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
