import type { MemoryStore, Store } from '@watchbill/store';
import type { Sabotage } from './plan.ts';

/**
 * A store with one of its promises taken away while `active`, for the controls: a simulation that does not notice it
 * is blind.
 */
export function sabotageStore(sabotage: Sabotage, store: MemoryStore, active: () => boolean): Store {
  if (sabotage !== 'ignore-compares') return store;
  return {
    ...store,
    transact: (transactions, call) =>
      store.transact(
        active() ? transactions.map(({ writes }) => ({ compares: [], writes })) : transactions,
        call,
      ),
  };
}
