import { updatePerson } from './person.ts';
import type { TrackerRules } from './rules.ts';
import type { Source } from './source.ts';
import { endDoubt, endSettling, type Tracking } from './turns.ts';

interface Due {
  readonly source: Source;
  readonly what: 'settled' | 'believed';
  readonly atMs: number;
}

/**
 * Ends all settling and doubt periods that are over, in the order of time; calls `passed` with each moment.
 */
export function passDue(tracking: Tracking, atMs: number, passed: (dueMs: number) => void): void {
  const { sources, rules } = tracking;
  for (;;) {
    const next = firstDue(sources.values(), rules);
    if (next === null || next.atMs > atMs) return;
    if (next.what === 'settled') endSettling(tracking, next.source, next.atMs);
    else endDoubt(tracking, next.source, next.atMs);
    passed(next.atMs);
  }
}

function firstDue(sources: Iterable<Source>, rules: TrackerRules): Due | null {
  const all = [...sources].flatMap((source): Due[] => [
    ...(source.phase === 'settling'
      ? [{ source, what: 'settled' as const, atMs: source.phaseSinceMs + rules.settleMs }]
      : []),
    ...(source.doubt === null ? [] : [{ source, what: 'believed' as const, atMs: source.doubt.untilMs }]),
  ]);
  return all.sort((a, b) => a.atMs - b.atMs)[0] ?? null;
}

/** A name whose node has been gone for long goes to the next node with that name, at the end of that time. */
export function passNamesOn({ people, rules }: Tracking, beforeMs: number, atMs: number): void {
  for (const person of people.values()) {
    if (person.bodies.size < 2) continue;
    const ends = [...person.bodies.values()]
      .map(({ lastSeenMs }) => lastSeenMs + rules.holdNameMs + 1)
      .filter((endMs) => beforeMs < endMs && endMs <= atMs);
    for (const endMs of ends.sort((a, b) => a - b)) updatePerson(person, endMs, rules);
  }
}
