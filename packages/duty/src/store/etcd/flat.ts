import type { Compare, Transaction, Write } from '../port.ts';
import { sameValue } from '../shared/evaluate.ts';

/** A batch as one transaction: what all of them compare, each key once, and what all of them write. */
export interface Flat {
  readonly compares: readonly [Compare, ...Compare[]];
  readonly writes: readonly Write[];
}

/**
 * The flat form of a batch; null where it could have another result than the nested one, or cannot be sent.
 *
 * **Why the results are the same.** In the nested form etcd evaluates the compares of all transactions on one
 * state, before any write (see `planBatches`), and applies those whose compares hold. The flat form evaluates
 * the same compares on one state. If all hold, both apply every write, and no key is written twice, so the
 * order does not matter. If one does not hold, the flat form applies nothing and says so. Then the batch is
 * sent in the nested form, as if the flat one had never been sent.
 *
 * **When it is null:**
 * - one compares a key that another one writes, or two write the same key: `planBatches` rules this out, and
 *   here it is looked at again, because both forms would have results that no order explains;
 * - two expect different values of one key: the flat form would never hold;
 * - all only write, or all only compare. A transaction that only reads is not in etcd's log; a member answers
 *   it after it has asked the leader, which the nested form relies on already;
 * - more compares or writes than `maxTxnOps`.
 */
export function flatOf(transactions: readonly Transaction[], maxTxnOps: number): Flat | null {
  const writers = new Map<string, number>();
  for (const [index, { writes }] of transactions.entries()) {
    for (const { key } of writes) {
      if (writers.has(key)) return null;
      writers.set(key, index);
    }
  }
  const compared = new Map<string, Compare>();
  for (const [index, { compares }] of transactions.entries()) {
    for (const compare of compares) {
      if ((writers.get(compare.key) ?? index) !== index) return null;
      const known = compared.get(compare.key);
      if (known === undefined) compared.set(compare.key, compare);
      else if (!sameValue(known.value, compare.value)) return null;
    }
  }
  const [first, ...others] = compared.values();
  if (first === undefined || writers.size === 0) return null;
  if (compared.size > maxTxnOps || writers.size > maxTxnOps) return null;
  return { compares: [first, ...others], writes: transactions.flatMap(({ writes }) => writes) };
}

/** Whether the next batch is worth an attempt in the flat form. */
export type FlatTurns = ReturnType<typeof flatTurns>;

/** After a conflict so many batches go in the nested form at once. */
const NESTED_AFTER_CONFLICT = 8;

export function flatTurns() {
  let nested = 0;
  return {
    next: (): boolean => {
      if (nested === 0) return true;
      nested -= 1;
      return false;
    },
    /** A flat batch did not hold. */
    conflicted: (): void => {
      nested = NESTED_AFTER_CONFLICT;
    },
  };
}
