import type { Store } from '@watchbill/duty/store';
import type { Sabotage } from '../plan/plan.ts';

/** A store with one of its promises taken away while `active`, for the controls. */
export function sabotageStore(sabotage: Sabotage, store: Store, active: () => boolean): Store {
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
