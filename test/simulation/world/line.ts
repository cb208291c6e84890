import type { VirtualClock } from '@watchbill/base/testing';
import { type Store, StoreFault, type Transaction, type TransactionResult } from '@watchbill/store';
import { createFaultyStore, type FaultyStore, type SeededRandom } from '@watchbill/testkit';

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
 * write of the session record. The release before format 2 wrote the record once and then kept its lease
 * alive only.
 */
export function watchRenewals(inner: Store, clock: VirtualClock): Renewals {
  const writtenMs = new Map<string, { ms: number; count: number; lease: string | null }>();
  const keptMs = new Map<string, number>();
  const store: Store = {
    ...inner,
    transact: async (transactions, call) => {
      const results = await inner.transact(transactions, call);
      for (const [index, { writes: list }] of transactions.entries()) {
        if (results[index]?.outcome !== 'applied') continue;
        for (const write of list) {
          if (!write.key.startsWith('session/') || write.value === null) continue;
          const before = writtenMs.get(write.key);
          const lease = write.lease ?? null;
          const count = before?.lease === lease ? before.count + 1 : 1;
          writtenMs.set(write.key, { ms: clock.monotonicMs(), count, lease });
        }
      }
      return results;
    },
    keepLeaseAlive: async (id, call) => {
      const answer = await inner.keepLeaseAlive(id, call);
      if (answer === 'alive') keptMs.set(id, clock.monotonicMs());
      return answer;
    },
  };
  return {
    store,
    lastMs(sessionKey) {
      const written = writtenMs.get(sessionKey);
      if (written === undefined) return Number.NEGATIVE_INFINITY;
      if (written.count > 1 || written.lease === null) return written.ms;
      return Math.max(written.ms, keptMs.get(written.lease) ?? 0);
    },
  };
}
