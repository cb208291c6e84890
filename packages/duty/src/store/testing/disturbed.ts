import { type Store, StoreFault, type TransactionResult } from '../port.ts';

/** Faults that a test gives the next `transact`. */
export type Disturbance =
  /** The transactions never arrive; the answer is `ambiguous`. */
  | 'lose-before-apply'
  /** The transactions are applied; the answer is `ambiguous`. */
  | 'lose-after-apply'
  /** No write is applied; the call is a StoreFault `full`. */
  | 'full';

/** A store whose transactions go wrong. `disturb` is called for every `transact`; null lets it through. */
export function disturbed<Kept extends Store>(store: Kept, disturb: () => Disturbance | null): Kept {
  const lost = (): TransactionResult => {
    const cause = new StoreFault('unavailable', 'the answer of the store was lost', 'read the keys');
    return { outcome: 'ambiguous', cause };
  };
  return {
    ...store,
    transact: async (transactions, call) => {
      const disturbance = disturb();
      if (disturbance === 'lose-before-apply') return transactions.map(lost);
      if (disturbance === 'full') throw new StoreFault('full', 'the store takes no more writes', 'make room');
      const results = await store.transact(transactions, call);
      return disturbance === null ? results : transactions.map(lost);
    },
  };
}
