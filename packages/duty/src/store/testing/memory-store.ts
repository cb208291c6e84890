import type { Clock } from '@watchbill/kit';
import { type CallOptions, type Store, StoreFault } from '../port.ts';
import { checkKey, checkOpen, checkPrefix, checkTtl } from '../shared/checks.ts';
import { failedWatch } from '../shared/watchers.ts';
import { type Content, createContent, type MemorySnapshot } from './memory-content.ts';

export type { MemorySnapshot } from './memory-content.ts';

/** A {@link Store} whose content a test can save and restore: a store that went back in time. */
export interface MemoryStore extends Store {
  snapshot(): MemorySnapshot;
  /** Leases begin again with their full time; watches get `onResync`. */
  restore(snapshot: MemorySnapshot): void;
}

const KIND = 'memory';

/**
 * The port over a Map, for simulations and unit tests; the records end with the process. A
 * call takes effect at once, within the caller's turn, and answers in a later microtask, so that runs repeat
 * exactly. Leases end by the monotonic time of the clock; no other part uses time.
 */
export function createMemoryStore({ clock }: { readonly clock: Clock }): MemoryStore {
  const content = createContent(clock);
  let closed = false;

  function begin(call: CallOptions | undefined): void {
    checkOpen(KIND, closed, call);
    content.removeDead();
  }

  return {
    kind: KIND,
    read: async (keys, call) => {
      begin(call);
      keys.forEach(checkKey);
      return keys.map(content.current);
    },
    list: async (prefix, page, call) => {
      begin(call);
      checkPrefix(prefix);
      return content.list(prefix, page);
    },
    transact: async (transactions, call) => {
      begin(call);
      return content.transact(transactions);
    },
    watch: (prefix, handlers) => {
      try {
        checkOpen(KIND, closed, undefined);
        checkPrefix(prefix);
      } catch (fault) {
        if (fault instanceof StoreFault) return failedWatch(fault);
        throw fault;
      }
      return content.watchers.watch(prefix, handlers);
    },
    ...leaseCalls(content, begin),
    health: async () => ({
      ok: !closed,
      detail: closed ? 'the memory store is closed' : `${content.size()} records in memory`,
      members: [],
      quorumMargin: null,
      term: null,
    }),
    close: async () => {
      closed = true;
      content.leases.close();
      content.watchers.close();
    },
    snapshot: () => {
      content.removeDead();
      return content.snapshot();
    },
    restore: content.restore,
  };
}

function leaseCalls(
  content: Content,
  begin: (call: CallOptions | undefined) => void,
): Pick<Store, 'grantLease' | 'keepLeaseAlive' | 'revokeLease'> {
  let leaseCount = 0;
  return {
    grantLease: async (ttlMs, call) => {
      begin(call);
      checkTtl(ttlMs);
      // The count never goes back, not even with `restore`, so an id names the same lease for ever.
      leaseCount++;
      const id = `lease-${leaseCount}`;
      content.leases.add(id, ttlMs);
      return { id, ttlMs };
    },
    keepLeaseAlive: async (id, call) => {
      begin(call);
      return content.leases.keepAlive(id) ? 'alive' : 'expired';
    },
    revokeLease: async (id, call) => {
      begin(call);
      content.removeLease(id);
    },
  };
}
