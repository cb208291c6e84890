import type { Fork } from './port.ts';

/**
 * Calls every listener with each fork, in a microtask: after the commit, and before the caller of the append
 * goes on. An error of a listener is uncaught and so ends the process: a fork must not be lost.
 */
export function forkAnnouncer() {
  const listeners = new Map<symbol, (fork: Fork) => void>();
  return {
    subscribe(listener: (fork: Fork) => void): () => void {
      const token = Symbol('listener');
      listeners.set(token, listener);
      return () => listeners.delete(token);
    },
    announce(forks: readonly Fork[]): void {
      for (const fork of forks)
        for (const listener of listeners.values()) queueMicrotask(() => listener(fork));
    },
  };
}
