import { readFileSync } from 'node:fs';
import { replaceFileSync } from '@watchbill/kit/files';

export type Words = ReturnType<typeof fileWords>;

/**
 * The last word of each mark that this machine received, in one small file, which outlives the process. It is
 * sent with claims: it proves what the store must remember. Throws if the file exists and cannot be read.
 */
export function fileWords(file: string) {
  const known = load(file);
  return {
    of: (mark: string): string | null => known.get(mark) ?? null,
    /**
     * Durable when it returns. The word of a reply replaces the one that its claim carried; else the one of
     * the later entry stays, because replies overtake each other.
     */
    keep: (mark: string, word: string, carried: string | null): void => {
      const kept = known.get(mark);
      if (kept === word || (kept !== undefined && kept !== carried && seqOf(kept) >= seqOf(word))) return;
      known.set(mark, word);
      replaceFileSync({ path: file, text: JSON.stringify(Object.fromEntries(known)), mode: 0o600 });
    },
  };
}

/** `w1.<ledger>.<epoch>.<seq>…` */
function seqOf(word: string): bigint {
  return BigInt(word.split('.')[3] ?? 0);
}

function load(file: string): Map<string, string> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>));
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return new Map();
    throw error;
  }
}
