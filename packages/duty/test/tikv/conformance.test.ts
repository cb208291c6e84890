import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '@watchbill/duty/store';
import { conformance, type Harness, type Opened } from '@watchbill/duty/store/testing/conformance';
import { openTikvStore } from '@watchbill/duty/store/tikv';
import { systemClock } from '@watchbill/kit';
import { type StoreFaults, startTikvCluster, type TikvCluster } from '@watchbill/testkit/tikv';

let cluster: TikvCluster;
before(async () => {
  cluster = await startTikvCluster();
});
after(() => cluster?.close());

/**
 * Whatever a client could ask to find out how its transaction ended. A client that may ask is never left in
 * doubt, so a lost answer is told as `applied`: the laws of lost answers need that it finds no answer before
 * its deadline.
 */
const NOBODY_TELLS: StoreFaults = {
  KvCheckTxnStatus: 'lose-request',
  KvBatchRollback: 'lose-request',
  KvResolveLock: 'lose-request',
};
const ANSWER_LOST: StoreFaults = { ...NOBODY_TELLS, KvCommit: 'lose-answer' };
const REQUEST_LOST: StoreFaults = { ...NOBODY_TELLS, KvCommit: 'lose-request' };

let spaces = 0;
const openSpace = (prefix: string): Promise<Store> =>
  openTikvStore({ endpoints: cluster.endpoints, prefix, clock: systemClock() });

/** The store, whose next transaction meets the faults that were armed and no other call does. */
function disturbed(store: Store, armed: () => StoreFaults | null): Store {
  return {
    ...store,
    transact: async (transactions, options) => {
      const faults = armed();
      if (faults === null) return store.transact(transactions, options);
      await cluster.faults(faults);
      try {
        return await store.transact(transactions, options);
      } finally {
        await cluster.faults({});
      }
    },
  };
}

async function open(): Promise<Opened> {
  spaces += 1;
  const prefix = `/space-${spaces}/`;
  let next: StoreFaults | null = null;
  const take = (): StoreFaults | null => {
    const taken = next;
    next = null;
    return taken;
  };
  let inner = await openSpace(prefix);
  return {
    store: disturbed(inner, take),
    reopen: async () => {
      await inner.close();
      inner = await openSpace(prefix);
      return disturbed(inner, take);
    },
    letTimePass: (ms) => sleep(ms),
    faults: {
      loseAnswerAfterApply: async () => {
        next = ANSWER_LOST;
      },
      loseAnswerBeforeApply: async () => {
        next = REQUEST_LOST;
      },
      stall: async () => {
        for (const pd of cluster.pds) pd.pause();
        await cluster.faults({ '*': 'hold' });
      },
      resume: async () => {
        for (const pd of cluster.pds) pd.resume();
        await cluster.faults({});
      },
      failWrites: () => cluster.faults({ KvPrewrite: 'disk-full', KvCommit: 'disk-full' }),
      healWrites: () => cluster.faults({}),
    },
    close: async () => {
      for (const pd of cluster.pds) pd.resume();
      await cluster.faults({});
      await inner.close();
    },
  };
}

const harness: Harness = {
  open,
  // A machine that stands still for a moment ends no lease that is kept alive, and no call before it was
  // sent.
  leaseTtlMs: 5_000,
  lostCallTimeoutMs: 3_000,
  lawTimeoutMs: 120_000,
  without: {
    stepClock: "the wall clock is the machine's; leases end by the timestamps of PD, which never go back",
  },
};
conformance('tikv', harness);
