import { type Clock, OVER } from '@watchbill/kit';

/**
 * Leases by monotonic time. A lease past its deadline is dead at once, but stays listed until it is dropped.
 */
export type Leases = ReturnType<typeof createLeases>;

interface Entry {
  readonly ttlMs: number;
  deadlineMs: number;
  /** Aborted when the lease is no longer listed. */
  readonly dropped: AbortController;
}

/** Between two tries to remove the keys of a dead lease. */
const RETRY_MS = 1_000;
/** A timer's longest time is about 24 days. */
const LONGEST_NAP_MS = 86_400_000;

/** Calls `onDead` when the lease has died, and again until it is dropped. */
async function attend(clock: Clock, entry: Entry, onDead: () => void): Promise<void> {
  const { signal } = entry.dropped;
  const leftMs = (): number => entry.deadlineMs - clock.monotonicMs();
  for (let napMs = entry.ttlMs; ; ) {
    await clock.sleep(Math.min(napMs, LONGEST_NAP_MS), signal);
    if (signal.aborted) return;
    if (leftMs() <= 0) onDead();
    napMs = leftMs() <= 0 ? RETRY_MS : leftMs();
  }
}

/**
 * `onDead` is called when a lease has died; it must not throw, and is called again while a dead lease is
 * listed.
 */
export function createLeases(clock: Clock, onDead: () => void) {
  const entries = new Map<string, Entry>();

  const isDead = (entry: Entry) => clock.monotonicMs() >= entry.deadlineMs;
  const dead = () => [...entries].filter(([, entry]) => isDead(entry)).map(([id]) => id);
  const living = () => [...entries].filter(([, entry]) => !isDead(entry));

  function drop(id: string): void {
    entries.get(id)?.dropped.abort(OVER);
    entries.delete(id);
  }

  const close = (): void => {
    for (const { dropped } of entries.values()) dropped.abort(OVER);
  };

  return {
    /** In place of a lease of that id that has ended. */
    add: (id: string, ttlMs: number): void => {
      drop(id);
      const entry = { ttlMs, deadlineMs: clock.monotonicMs() + ttlMs, dropped: new AbortController() };
      entries.set(id, entry);
      void attend(clock, entry, onDead);
    },
    alive: (id: string): boolean => {
      const entry = entries.get(id);
      return entry !== undefined && !isDead(entry);
    },
    /** False if the lease has ended; an ended lease does not come back. */
    keepAlive: (id: string): boolean => {
      const entry = entries.get(id);
      if (entry === undefined || isDead(entry)) return false;
      entry.deadlineMs = clock.monotonicMs() + entry.ttlMs;
      return true;
    },
    /** End a lease now, if it is listed. */
    end: (id: string): void => {
      const entry = entries.get(id);
      if (entry !== undefined) entry.deadlineMs = clock.monotonicMs();
    },
    /** Leases past their deadline whose keys the store still has to remove. */
    dead,
    drop,
    clear: (): void => {
      close();
      entries.clear();
    },
    /** Id and full time of every lease that is alive. */
    all: (): readonly (readonly [id: string, ttlMs: number])[] =>
      living().map(([id, entry]) => [id, entry.ttlMs] as const),
    /** Stop calling `onDead`. */
    close,
  };
}
