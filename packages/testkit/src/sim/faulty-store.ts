import type { Store, WatchHandlers } from '@watchbill/duty/store';
import type { VirtualClock } from '@watchbill/kit/testing';
import { askOver, transactOver } from './faulty-calls.ts';
import type { SeededRandom } from './seeded-random.ts';
import { type Cut, delayMs, NO_FAULTS, type StoreFaults, type StoreLine } from './store-line.ts';

export interface FaultyStore extends Store {
  /** Change the faults from now on. */
  setFaults(faults: StoreFaults): void;
  cut(cut: Cut | null): void;
}

export interface FaultyStoreOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly faults?: StoreFaults;
}

/**
 * A store over a bad network that does only what the port permits: a transaction whose answer is lost is
 * `ambiguous` and may take effect later; a StoreFault means that no write was applied; leases and reads fail
 * as `unavailable`.
 */
export function createFaultyStore(inner: Store, options: FaultyStoreOptions): FaultyStore {
  const { clock, random } = options;
  const line: StoreLine = { clock, random, faults: options.faults ?? NO_FAULTS, cut: null };
  const resyncs = new Set<() => void>();
  return {
    kind: inner.kind,
    read: (keys, call) => askOver(line, () => inner.read(keys), call),
    list: (prefix, page, call) => askOver(line, () => inner.list(prefix, page), call),
    transact: (transactions, call) => transactOver(line, inner, transactions, call),
    watch: (prefix, handlers) => {
      const { handlers: delayed, forget } = delayedHandlers(line, resyncs, handlers);
      const watch = inner.watch(prefix, delayed);
      return {
        ready: watch.ready,
        stop() {
          forget();
          watch.stop();
        },
      };
    },
    grantLease: (ttlMs, call) => askOver(line, () => inner.grantLease(ttlMs), call),
    keepLeaseAlive: (id, call) => askOver(line, () => inner.keepLeaseAlive(id), call),
    revokeLease: (id, call) => askOver(line, () => inner.revokeLease(id), call),
    health: (call) => inner.health(call),
    close: async () => {},
    setFaults(next) {
      line.faults = next;
    },
    cut(next) {
      line.cut = next;
      if (next === null) for (const resync of resyncs) resync();
    },
  };
}

/**
 * Changes come late and in order. Changes during a cut are missed, and its end reports that. `resyncs`: all
 * that must be called at the end of a cut.
 */
function delayedHandlers(
  line: StoreLine,
  resyncs: Set<() => void>,
  handlers: WatchHandlers,
): { handlers: WatchHandlers; forget(): void } {
  const { clock } = line;
  let lastMs = 0;
  let stopped = false;
  const later = (act: () => void) => {
    lastMs = Math.max(lastMs, clock.monotonicMs() + delayMs(line));
    clock.after(lastMs - clock.monotonicMs(), () => {
      if (line.cut === null && !stopped) act();
    });
  };
  const resync = () => later(() => handlers.onResync());
  resyncs.add(resync);
  const forget = () => {
    stopped = true;
    resyncs.delete(resync);
  };
  return {
    handlers: { onChange: (change) => later(() => handlers.onChange(change)), onResync: resync },
    forget,
  };
}
