import type { RoundRecord } from '../../rounds/record.ts';
import type { StoredRound } from '../../rounds/stored.ts';
import { kept } from './kept.ts';
import { readRoundRecord } from './round-record.ts';

/** A stored round and its decoded record. */
export interface ShelvedRound {
  readonly id: string;
  readonly stored: StoredRound;
  /** Null if this release cannot read it; `problem` has the reason. */
  readonly record: RoundRecord | null;
  readonly problem: string;
}

/** A cache of decoded rounds. */
export interface RoundShelf {
  /** Null if the round is not stored. */
  readonly get: (id: string) => Promise<ShelvedRound | null>;
}

/** The texts of a round never change. Its aftermath does, so it is read again after this time. */
const AFTERMATH_FRESH_MS = 60_000;

export function roundShelf(
  load: (id: string) => Promise<StoredRound | null>,
  most: number,
  nowMs: () => number = () => performance.now(),
): RoundShelf {
  const records = kept<Pick<ShelvedRound, 'record' | 'problem'>>(most, () => 1);
  const rounds = kept<{ readonly stored: StoredRound; readonly atMs: number } | null>(most, (found) =>
    found === null ? most + 1 : 1,
  );
  const read = async (id: string) => {
    const stored = await load(id);
    return stored === null ? null : { stored, atMs: nowMs() };
  };
  return {
    get: async (id) => {
      let found = await rounds.get(id, () => read(id));
      if (found !== null && nowMs() - found.atMs > AFTERMATH_FRESH_MS) {
        rounds.forget(id);
        found = await rounds.get(id, () => read(id));
      }
      if (found === null) return null;
      const { stored } = found;
      return { id, stored, ...(await records.get(id, async () => readRoundRecord(stored.record))) };
    },
  };
}
