import type { StoreFault, Watch, WatchChange, WatchHandlers } from '../port.ts';

/** Watches inside one process: changes come from the adapter's own commits. */
export type Watchers = ReturnType<typeof createWatchers>;

interface Watcher {
  readonly prefix: string;
  readonly handlers: WatchHandlers;
}

export function createWatchers() {
  const watchers = new Set<Watcher>();

  // Each watcher has a separate microtask, so that a handler that throws does not stop reports to the others.
  function tell(watcher: Watcher, deliver: (handlers: WatchHandlers) => void): void {
    queueMicrotask(() => {
      if (watchers.has(watcher)) deliver(watcher.handlers);
    });
  }

  return {
    watch: (prefix: string, handlers: WatchHandlers): Watch => {
      const watcher = { prefix, handlers };
      watchers.add(watcher);
      return { ready: Promise.resolve(), stop: () => void watchers.delete(watcher) };
    },
    /** Report committed changes, in a later microtask, in the order of the calls. */
    changed: (changes: readonly WatchChange[]): void => {
      for (const watcher of watchers) {
        for (const change of changes) {
          if (!change.key.startsWith(watcher.prefix)) continue;
          const own = {
            key: change.key,
            value: change.value === null ? null : Uint8Array.from(change.value),
          };
          tell(watcher, (handlers) => handlers.onChange(own));
        }
      }
    },
    /** Report that anything may have changed. */
    resync: (): void => {
      for (const watcher of watchers) tell(watcher, (handlers) => handlers.onResync());
    },
    /** No reports from now on. */
    close: (): void => watchers.clear(),
  };
}

/** A watch that never began. */
export function failedWatch(fault: StoreFault): Watch {
  const ready = Promise.reject(fault);
  // An unhandled rejection of `ready` must not end the process.
  ready.catch(() => {});
  return { ready, stop: () => {} };
}
