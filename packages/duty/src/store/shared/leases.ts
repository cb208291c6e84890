import type { Clock } from '@watchbill/kit';
import { createAlarm } from './alarm.ts';

/**
 * Leases by monotonic time. A lease past its deadline is dead at once, but stays listed until it is dropped.
 */
export type Leases = ReturnType<typeof createLeases>;

interface Entry {
  readonly ttlMs: number;
  deadlineMs: number;
}

/** Between two tries to remove the keys of a dead lease. */
const RETRY_MS = 1_000;

/**
 * `onDead` is called when a lease has died; it must not throw, and is called again while a dead lease is
 * listed.
 */
export function createLeases(clock: Clock, onDead: () => void) {
  const entries = new Map<string, Entry>();
  const alarm = createAlarm(clock, wake);

  const isDead = (entry: Entry) => clock.monotonicMs() >= entry.deadlineMs;
  const dead = () => [...entries].filter(([, entry]) => isDead(entry)).map(([id]) => id);
  const living = () => [...entries].filter(([, entry]) => !isDead(entry));

  function wake(): void {
    if (dead().length > 0) onDead();
    const retryMs = clock.monotonicMs() + RETRY_MS;
    for (const entry of entries.values()) alarm.setFor(isDead(entry) ? retryMs : entry.deadlineMs);
  }

  return {
    add: (id: string, ttlMs: number): void => {
      const deadlineMs = clock.monotonicMs() + ttlMs;
      entries.set(id, { ttlMs, deadlineMs });
      alarm.setFor(deadlineMs);
    },
    alive: (id: string): boolean => {
      const entry = entries.get(id);
      return entry !== undefined && !isDead(entry);
    },
    /** False if the lease has ended; an ended lease does not come back. */
    keepAlive: (id: string): boolean => {
      const entry = entries.get(id);
      if (entry === undefined || isDead(entry)) return false;
      // The alarm stays at the old deadline, finds no dead lease then, and is set for the new one.
      entry.deadlineMs = clock.monotonicMs() + entry.ttlMs;
      return true;
    },
    /** End a lease now, if it is listed. */
    end: (id: string): void => {
      const entry = entries.get(id);
      if (entry === undefined) return;
      entry.deadlineMs = clock.monotonicMs();
      alarm.setFor(entry.deadlineMs + RETRY_MS);
    },
    /** Leases past their deadline whose keys the store still has to remove. */
    dead,
    drop: (id: string): void => {
      entries.delete(id);
      if (entries.size === 0) alarm.clear();
    },
    clear: (): void => {
      entries.clear();
      alarm.clear();
    },
    /** Id and full time of every lease that is alive. */
    all: (): readonly (readonly [id: string, ttlMs: number])[] =>
      living().map(([id, entry]) => [id, entry.ttlMs] as const),
    /** Stop calling `onDead`. */
    close: alarm.close,
  };
}
