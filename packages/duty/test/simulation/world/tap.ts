import type { Store, Transaction } from '@watchbill/duty/store';
import type { MemoryStore } from '@watchbill/duty/store/testing/memory-store';
import type { VirtualClock } from '@watchbill/kit/testing';
import type { SimHistory } from './history.ts';
import type { Truth } from './truth.ts';

/** What the services were asked, and what they asked the store. */
export interface Load {
  requests: number;
  reads: number;
}

/**
 * Notes what the store applies: marks, sessions and rollback reports. The memory store applies a call within
 * the turn of its caller, so the records read just before are those that the transactions met.
 */
export function tapStore(
  inner: MemoryStore,
  clock: VirtualClock,
  truth: Truth,
  history: SimHistory,
  load: Load,
): Store {
  const sessions = new Map<string, string>();

  function noteOther({ writes }: Transaction): void {
    for (const { key, value } of writes) {
      if (value === null) continue;
      if (key.startsWith('session/'))
        noteSession(key.slice('session/'.length), Buffer.from(value).toString());
      if (key.startsWith('doubt/'))
        history.add({ kind: 'record', atMs: clock.nowMs(), key, text: Buffer.from(value).toString() });
    }
  }

  function noteSession(service: string, text: string): void {
    const { session } = JSON.parse(text) as { readonly session: string };
    if (sessions.get(service) === session) return;
    sessions.set(service, session);
    history.add({ kind: 'session', atMs: clock.nowMs(), service });
  }

  return {
    ...inner,
    read: (keys, call) => {
      load.reads += 1;
      return inner.read(keys, call);
    },
    transact: async (transactions, call) => {
      const isNoted = transactions.some(({ writes }) => writes.length > 0);
      if (!isNoted) return inner.transact(transactions, call);
      const before = inner.snapshot();
      const results = await inner.transact(transactions, call);
      for (const [index, transaction] of transactions.entries()) {
        if (results[index]?.outcome !== 'applied') continue;
        noteOther(transaction);
        for (const event of truth.applied(transaction, before, clock.nowMs())) history.add(event);
      }
      return results;
    },
  };
}
