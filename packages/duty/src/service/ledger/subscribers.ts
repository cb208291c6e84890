import type { DecisionRecord } from '../contract.ts';
import type { Fork } from './port.ts';

type Listener = (decision: DecisionRecord) => void;

/**
 * Sends every listener each decision once, in order. A listener that throws is not called again: it is
 * broken.
 */
export function announcer() {
  const listeners = new Map<symbol, Listener>();
  const queue: DecisionRecord[] = [];
  let announcing = false;

  function tell(token: symbol, listener: Listener, decision: DecisionRecord): void {
    try {
      listener(decision);
    } catch {
      listeners.delete(token);
    }
  }

  return {
    subscribe(listener: Listener): () => void {
      const token = Symbol('listener');
      listeners.set(token, listener);
      return () => listeners.delete(token);
    },
    announce(decisions: readonly DecisionRecord[]): void {
      queue.push(...decisions);
      // A listener may cause decisions itself; they wait here, so that every listener gets all decisions in
      // one order.
      if (announcing) return;
      announcing = true;
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        for (const [token, listener] of listeners) tell(token, listener, next);
      }
      announcing = false;
    },
  };
}

/**
 * Calls every listener with each fork, in a microtask: after the commit, and before the caller of the append
 * goes on. An error of a listener is uncaught and so ends the process: a fork must not be lost.
 */
export function forkAnnouncer() {
  const listeners = new Set<(fork: Fork) => void>();
  return {
    subscribe(listener: (fork: Fork) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    announce(forks: readonly Fork[]): void {
      for (const fork of forks) for (const listener of listeners) queueMicrotask(() => listener(fork));
    },
  };
}
