import type { Transaction } from '../port.ts';
import { planGroups } from '../shared/plan.ts';

/** Below TiKV's limit for one entry (8 MiB by default), with room for its own encoding. */
const MAX_GROUP_BYTES = 1_000_000;
/** Keeps one transaction of TiKV short; its locks stand for all of it. */
const MAX_GROUP_KEYS = 2_048;
const BYTES_PER_KEY = 64;

/** Spread transactions over as few transactions of TiKV as possible. */
export function planOf(transactions: readonly Transaction[]): number[][] {
  return planGroups(transactions, {
    fits: (compared, written) => compared + written <= MAX_GROUP_KEYS,
    bytesOf,
    mostBytes: MAX_GROUP_BYTES,
  });
}

function bytesOf({ writes }: Transaction): number {
  return writes.reduce(
    (sum, { key, value }) => sum + BYTES_PER_KEY + 3 * key.length + (value?.length ?? 0),
    0,
  );
}
