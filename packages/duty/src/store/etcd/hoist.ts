import type { Compare, Transaction } from '../port.ts';

/**
 * The compares that every transaction of one request makes, with the same key and the same expected value or
 * absence. The request makes them once, in its outer If, instead of once for each.
 *
 * **Why this changes no result.** etcd evaluates the outer compares and those of the nested transactions on
 * one state, before any operation runs (see `planBatches`). If the outer If holds, the remaining compares
 * decide each nested transaction. If it does not hold, none of them may be applied, and none is.
 *
 * A key that any of them writes is never hoisted. There are never more hoisted compares than transactions:
 * the outer lists are then no longer than without hoisting, so a batch that fits etcd's limits still fits.
 */
export function sharedCompares(transactions: readonly Transaction[]): readonly Compare[] {
  const [first, ...others] = transactions;
  if (first === undefined || others.length === 0) return [];
  return first.compares
    .filter((compare, place) => others.every((other) => makes(other, compare, place)))
    .filter(({ key }) => !transactions.some(({ writes }) => writes.some((write) => write.key === key)))
    .slice(0, transactions.length);
}

/** The compares that a transaction still makes itself. */
export function withoutShared(transaction: Transaction, shared: ReadonlySet<string>): Transaction {
  return { ...transaction, compares: transaction.compares.filter(({ key }) => !shared.has(key)) };
}

/**
 * The values of all compared keys of a transaction, in its order. Its own compares returned some of them. The
 * shared compares held, and the request does not write their keys, so those keys have the expected values.
 */
export function withShared(
  transaction: Transaction,
  shared: ReadonlySet<string>,
  own: readonly (Uint8Array | null)[],
): (Uint8Array | null)[] {
  const found = own[Symbol.iterator]();
  return transaction.compares.map(({ key, value }) => {
    const held = shared.has(key) ? value : found.next().value;
    return held?.slice() ?? null;
  });
}

/** Transactions of one kind have their compares in one order, so this looks at the same place first. */
function makes(transaction: Transaction, wanted: Compare, place: number): boolean {
  const { compares } = transaction;
  const there = compares[place];
  const found = there?.key === wanted.key ? there : compares.find(({ key }) => key === wanted.key);
  return found !== undefined && sameValue(found.value, wanted.value);
}

/** Whether two values, or absences, are the same. */
export function sameValue(one: Uint8Array | null, other: Uint8Array | null): boolean {
  if (one === null || other === null) return one === other;
  return one === other || Buffer.compare(one, other) === 0;
}
