import { type Store, StoreFault, type Transaction, type TransactionResult } from '@watchbill/duty/store';
import type { VirtualClock } from '@watchbill/kit/testing';
import { createFaultyStore, type FaultyStore, type SeededRandom } from '@watchbill/testkit/sim';

/** A service's own way to the store. */
export interface Line extends FaultyStore {
  /**
   * Transactions that write a key with this prefix get no certain answer and are not applied; null ends
   * that.
   */
  refuse(prefix: string | null): void;
}

/**
 * A store that several lines reach, and that can go back. A request that was sent before it went back never
 * reaches it afterwards: the adapters promise that, so the simulation keeps to it.
 */
export interface RestorableStore {
  lineOf(random: SeededRandom): Line;
  /** From now on, requests that were sent earlier are lost. */
  beginAgain(): void;
}

export function createRestorableStore(inner: Store, clock: VirtualClock): RestorableStore {
  const sentIn = new WeakMap<Transaction, number>();
  let generation = 0;

  const reached: Store = {
    ...inner,
    transact: async (transactions, call) => {
      const isLost = transactions.some((transaction) => sentIn.get(transaction) !== generation);
      if (isLost) return new Promise<TransactionResult[]>(() => {});
      return inner.transact(transactions, call);
    },
  };

  return {
    lineOf(random) {
      const faulty = createFaultyStore(reached, { clock, random });
      let refused: string | null = null;
      return {
        ...faulty,
        transact: async (transactions, call) => {
          const taken = transactions.filter((transaction) => !writes(transaction, refused));
          for (const transaction of taken) sentIn.set(transaction, generation);
          const results = taken.length === 0 ? [] : await faulty.transact(taken, call);
          return transactions.map((transaction) => results[taken.indexOf(transaction)] ?? unsure());
        },
        refuse(prefix) {
          refused = prefix;
        },
      };
    },
    beginAgain() {
      generation += 1;
    },
  };
}

function writes({ writes: list }: Transaction, prefix: string | null): boolean {
  return prefix !== null && list.some(({ key }) => key.startsWith(prefix));
}

function unsure(): TransactionResult {
  const cause = new StoreFault(
    'unavailable',
    'the simulated store does not take this record now',
    'Wait until the simulated store takes it.',
  );
  return { outcome: 'ambiguous', cause };
}

/** When each service last renewed its session in the store, by the key of the session record. */
export interface Renewals {
  readonly store: Store;
  /** Monotonic milliseconds; minus infinity if it never did. */
  lastMs(sessionKey: string): number;
}

/**
 * A restore to before the last renewal of a running service is what the protocol assumes. A renewal is a
 * write of the session record.
 */
export function watchRenewals(inner: Store, clock: VirtualClock): Renewals {
  const writtenMs = new Map<string, number>();
  const store: Store = {
    ...inner,
    transact: async (transactions, call) => {
      const results = await inner.transact(transactions, call);
      for (const [index, { writes: list }] of transactions.entries()) {
        if (results[index]?.outcome !== 'applied') continue;
        for (const { key, value } of list)
          if (key.startsWith('session/') && value !== null) writtenMs.set(key, clock.monotonicMs());
      }
      return results;
    },
  };
  return { store, lastMs: (sessionKey) => writtenMs.get(sessionKey) ?? Number.NEGATIVE_INFINITY };
}
