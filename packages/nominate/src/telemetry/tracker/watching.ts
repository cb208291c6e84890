import { relist } from './listings.ts';
import { registerOf } from './matching.ts';
import {
  type AbsentAt,
  lastSeenMsOf,
  type RememberedPerson,
  rememberPerson,
  restorePerson,
} from './memory.ts';
import { newPerson, type Person } from './person.ts';
import type { TrackerRules, Watched } from './rules.ts';
import type { Source } from './source.ts';
import type { Tracking } from './turns.ts';

/**
 * Replaces the watched candidates. Others are remembered for `keepMs`, so that a truncated or missing list
 * does not reset their ages.
 */
export function watchOthers(tracking: Tracking, watched: readonly Watched[], atMs: number): void {
  const { people, retired, rules } = tracking;
  const before = new Map(people);
  const keys = new Set(watched.map(({ key }) => key));
  for (const [key, person] of before)
    if (!keys.has(key) && person.bodies.size > 0) retired.set(key, rememberPerson(person, atMs));
  people.clear();
  const absentAt = absentAtOf(tracking.sources);
  for (const each of watched) {
    const person = before.get(each.key) ?? personFrom(each, retired, absentAt, rules);
    person.watched = each;
    people.set(each.key, person);
  }
  forgetRetired(retired, rules, atMs);
  tracking.register = registerOf(people.values());
  for (const source of tracking.sources.values()) relist(tracking, source, atMs);
}

/** Takes it out of the retired, if it is among them. */
export function personFrom(
  watched: Watched,
  retired: Map<string, RememberedPerson>,
  absentAt: AbsentAt,
  rules: TrackerRules,
): Person {
  const before = retired.get(watched.key);
  if (before === undefined) return newPerson(watched);
  retired.delete(watched.key);
  return restorePerson(watched, before, absentAt, rules);
}

export function forgetRetired(
  retired: Map<string, RememberedPerson>,
  rules: TrackerRules,
  atMs: number,
): void {
  for (const [key, person] of retired) {
    if (lastSeenMsOf(person) < atMs - rules.keepMs) retired.delete(key);
  }
}

/** Only a connected and trusted source shows that a node is gone. */
export function absentAtOf(sources: ReadonlyMap<string, Source>): AbsentAt {
  return new Map(
    [...sources].map(([name, { phase, doubt }]) => {
      if (phase !== 'hearing') return [name, 'feed-down'];
      return [name, doubt === null ? 'gone' : 'feed-doubted'];
    }),
  );
}
