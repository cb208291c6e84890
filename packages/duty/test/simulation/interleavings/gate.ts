import type { Ledger } from '@watchbill/duty/service';
import type { Store } from '@watchbill/duty/store';

/** A point at which a claim waits until the explorer lets it go on. */
export interface Waiting {
  readonly name: string;
  readonly goOn: () => void;
}

/** Holds back what claims do outside their process, so that a test decides the order of every step. */
export interface Gate {
  /** While false, nothing waits. */
  isClosed: boolean;
  /** Whether writes to disks wait too. Those of one service commute with every step of another. */
  holdsDisks: boolean;
  /** In the order of their arrival. */
  waiting(): readonly Waiting[];
  /** Resolves when the explorer chooses this point. */
  pass(name: string): Promise<void>;
}

export function createGate(): Gate {
  let list: Waiting[] = [];
  const gate: Gate = {
    isClosed: false,
    holdsDisks: true,
    waiting: () => list,
    pass: (name) => {
      if (!gate.isClosed) return Promise.resolve();
      return new Promise((resolve) => {
        const one: Waiting = {
          name,
          goOn: () => {
            list = list.filter((other) => other !== one);
            resolve();
          },
        };
        list.push(one);
      });
    },
  };
  return gate;
}

const concernsMark = (key: string): boolean => key.startsWith('mark/');

/**
 * A request about a mark waits before it takes effect and again before its answer arrives. All else passes.
 */
export function gatedStore(inner: Store, gate: Gate, service: string): Store {
  return {
    ...inner,
    read: async (keys, call) => {
      if (!keys.some(concernsMark)) return inner.read(keys, call);
      await gate.pass(`${service} reads`);
      const found = await inner.read(keys, call);
      await gate.pass(`${service} has read`);
      return found;
    },
    transact: async (transactions, call) => {
      const concerns = transactions.some(({ compares }) => compares.some(({ key }) => concernsMark(key)));
      if (!concerns) return inner.transact(transactions, call);
      await gate.pass(`${service} commits`);
      const results = await inner.transact(transactions, call);
      await gate.pass(`${service} has committed`);
      return results;
    },
  };
}

/** An append waits before it is durable and again before it settles. */
export function gatedLedger(inner: Ledger, gate: Gate, service: string): Ledger {
  return {
    ...inner,
    append: async (items) => {
      if (!gate.holdsDisks) return inner.append(items);
      await gate.pass(`${service} writes to its disk`);
      const result = await inner.append(items);
      await gate.pass(`${service} has written`);
      return result;
    },
  };
}
