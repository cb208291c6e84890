import type { Person } from './person.ts';

/** A candidate that was lost within the window, perhaps several times. */
export interface Loss {
  readonly person: Person;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/**
 * Recent losses of a source: one entry per candidate. Other nodes are only counted, by the second, so that a
 * flood takes no memory.
 */
export interface RecentLosses {
  add(person: Person, atMs: number): void;
  addStranger(atMs: number): void;
  forgetBefore(atMs: number): void;
  /** Those whose last loss is no older. */
  since(fromMs: number): readonly Loss[];
  /** Candidates. */
  personCount(): number;
  /** Candidates and other nodes. */
  count(): number;
  clear(): void;
}

const SECOND_MS = 1_000;

export function recentLosses(windowMs: number): RecentLosses {
  const losses = new Map<Person, Loss>();
  const strangers = new Map<number, number>();
  return {
    add: (person, atMs) => {
      const before = losses.get(person);
      const inWindow = [before?.firstAtMs, before?.lastAtMs].find(
        (each) => each !== undefined && each >= atMs - windowMs,
      );
      // The latest losses are last, so that the oldest are at the front.
      losses.delete(person);
      losses.set(person, { person, firstAtMs: inWindow ?? atMs, lastAtMs: atMs });
    },
    addStranger: (atMs) => {
      const second = Math.floor(atMs / SECOND_MS);
      strangers.set(second, (strangers.get(second) ?? 0) + 1);
    },
    forgetBefore: (atMs) => {
      const fromMs = atMs - windowMs;
      for (const [person, loss] of losses) {
        if (loss.lastAtMs >= fromMs) break;
        losses.delete(person);
      }
      for (const second of strangers.keys()) {
        if ((second + 1) * SECOND_MS >= fromMs) break;
        strangers.delete(second);
      }
    },
    since: (fromMs) => [...losses.values()].filter(({ lastAtMs }) => lastAtMs >= fromMs),
    personCount: () => losses.size,
    count: () => losses.size + [...strangers.values()].reduce((sum, count) => sum + count, 0),
    clear: () => {
      losses.clear();
      strangers.clear();
    },
  };
}
