// A process of its own: transactions by the store of watchbill in TiKV or in etcd, without the service.

import type { Store, Transaction, TransactionResult } from '@watchbill/duty/store';
import { openEtcdStore } from '@watchbill/duty/store/etcd';
import { openTikvStore } from '@watchbill/duty/store/tikv';
import { systemClock } from '@watchbill/kit';
import { serveJobs } from './jobs.ts';

/** The same as for the reference client, which is told in JSON. */
export interface StepsSetUp {
  /** `host:port` of PD, or addresses of etcd. */
  readonly endpoints: readonly string[];
  readonly prefix: string;
  readonly valueBytes: number;
  /** How many records each transaction compares without writing them; all lanes compare the same ones. */
  readonly shared: number;
  /** How many waiting operations may go into one call of the store. */
  readonly perCall: number;
  /** How many calls may be under way; what comes meanwhile waits and travels together. */
  readonly calls: number;
}

export interface StoreLoadSetUp extends StepsSetUp {
  readonly kind: 'etcd' | 'tikv';
}

interface Waiting {
  readonly transaction: Transaction;
  readonly told: (result: TransactionResult | Error) => void;
}

const SHARED_VALUE = Buffer.from('the same for all');
const TIMEOUT_MS = 20_000;

serveJobs<StoreLoadSetUp>(async (setUp) => {
  const { endpoints, prefix, shared } = setUp;
  const open = setUp.kind === 'tikv' ? openTikvStore : openEtcdStore;
  const store = await open({ endpoints, prefix, clock: systemClock(), callTimeoutMs: TIMEOUT_MS });
  const compares = Array.from({ length: shared }, (_, index) => ({
    key: `shared/${index}`,
    value: SHARED_VALUE,
  }));
  const [made] = await store.transact([{ compares: [], writes: compares }]);
  if (shared > 0 && made?.outcome !== 'applied') throw new Error('the shared records were not written');
  const submit = collector(store, setUp);
  const last = new Map<number, Buffer>();
  let count = 0;
  // One step of a lane: its record from the value of its last step to the next, as grants move marks.
  return async (lane) => {
    const key = `mark/${lane}`;
    const value = Buffer.alloc(setUp.valueBytes, 'v');
    value.write(`${lane}:${count++}`);
    const own = { key, value: last.get(lane) ?? null };
    const result = await submit({ compares: [own, ...compares], writes: [{ key, value }] });
    if (result.outcome !== 'applied') throw new Error(`${key}: ${result.outcome}`);
    last.set(lane, value);
  };
});

/** Puts what waits into one call, as the service does with claims that wait. */
function collector(
  store: Store,
  { calls, perCall }: StepsSetUp,
): (transaction: Transaction) => Promise<TransactionResult> {
  const waiting: Waiting[] = [];
  let underWay = 0;
  let scheduled = false;

  async function send(batch: readonly Waiting[]): Promise<void> {
    underWay += 1;
    try {
      const results = await store.transact(batch.map(({ transaction }) => transaction));
      for (const [index, { told }] of batch.entries()) told(results[index] ?? new Error('no result'));
    } catch (error) {
      for (const { told } of batch) told(error instanceof Error ? error : new Error(String(error)));
    }
    underWay -= 1;
    schedule();
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      while (underWay < calls && waiting.length > 0) void send(waiting.splice(0, perCall));
    });
  }

  return (transaction) =>
    new Promise((resolve, reject) => {
      waiting.push({
        transaction,
        told: (result) => (result instanceof Error ? reject(result) : resolve(result)),
      });
      schedule();
    });
}
