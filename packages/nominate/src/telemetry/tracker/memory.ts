import { z } from 'zod';
import { interval, momentMs, words } from '../../snapshot/shapes.ts';
import type { OutageMemory } from './outages.ts';
import { type Body, newPerson, type Person, type Seat, type SeatState } from './person.ts';
import type { TrackerRules, Watched } from './rules.ts';

const bodyShape = z.strictObject({
  networkId: words.nullable(),
  matchedBy: z.enum(['network-id', 'validator-address', 'name']),
  firstSeenMs: momentMs,
  lastSeenMs: momentMs,
  implementation: words,
  version: words,
  sources: z.array(words).min(1).max(64),
});

/** The memory of a tracker: JSON for storage over a restart. */
export const trackerMemoryShape = z.strictObject({
  version: z.literal(1),
  savedAtMs: momentMs,
  watchedSinceMs: momentMs.nullable(),
  outages: z.array(interval).max(100_000),
  people: z
    .array(
      z.strictObject({
        key: words,
        bodies: z.array(bodyShape).min(1).max(1_000),
        onlineSinceMs: momentMs.nullable(),
        absences: z.array(interval).max(100_000),
      }),
    )
    .max(100_000),
});

export type TrackerMemory = z.output<typeof trackerMemoryShape>;

export type RememberedPerson = TrackerMemory['people'][number];

/** The memory of watched candidates, and of earlier ones. */
export function rememberTracker(
  { people, retired }: { readonly people: Iterable<Person>; readonly retired: Iterable<RememberedPerson> },
  savedAtMs: number,
  { watchedSinceMs, outages }: OutageMemory,
): TrackerMemory {
  const seen = [...people].filter(({ bodies }) => bodies.size > 0);
  return {
    ...{ version: 1, savedAtMs, watchedSinceMs, outages: outages.map((each) => ({ ...each })) },
    people: [...seen.map((person) => rememberPerson(person, savedAtMs)), ...retired],
  };
}

/** A current absence is closed here, because the time after it was not observed. */
export function rememberPerson(person: Person, savedAtMs: number): RememberedPerson {
  const { absences, absentFromMs } = person;
  const lasts = absentFromMs !== null && absentFromMs < savedAtMs;
  return {
    key: person.watched.key,
    bodies: [...person.bodies.values()].map((body) => rememberBody(body, savedAtMs)),
    onlineSinceMs: person.onlineSinceMs,
    absences: [...absences, ...(lasts ? [{ fromMs: absentFromMs, toMs: savedAtMs }] : [])],
  };
}

/** When a node of it was last seen; the memory of an unwatched candidate ages from then on. */
export function lastSeenMsOf({ bodies }: RememberedPerson): number {
  return Math.max(...bodies.map(({ lastSeenMs }) => lastSeenMs));
}

function rememberBody(body: Body, savedAtMs: number): RememberedPerson['bodies'][number] {
  const { networkId, matchedBy, firstSeenMs, implementation, version, seats } = body;
  const isHere = [...seats.values()].some(({ state }) => state === 'present');
  const lastSeenMs = isHere ? savedAtMs : body.lastSeenMs;
  return {
    ...{ networkId, matchedBy, firstSeenMs, lastSeenMs, implementation, version },
    sources: [...seats.keys()],
  };
}

/** The initial state of a node that a source does not list: unknown until the source is connected. */
export type AbsentAt = ReadonlyMap<string, SeatState>;

/** The candidate with its remembered data. */
export function restorePerson(
  watched: Watched,
  { bodies, onlineSinceMs, absences }: RememberedPerson,
  absentAt: AbsentAt,
  rules: TrackerRules,
): Person {
  const person: Person = { ...newPerson(watched), status: 'unknown', onlineSinceMs, absences };
  for (const body of bodies.slice(0, rules.mostNodesPerCandidate))
    person.bodies.set(body.networkId ?? '', restoreBody(body, absentAt));
  return person;
}

export function restoreBody(
  { sources, ...body }: RememberedPerson['bodies'][number],
  absentAt: AbsentAt,
): Body {
  const asked = sources.filter((name) => absentAt.has(name));
  // A source that is no longer configured sends no more data; the others can report that the node is not
  // there.
  const names = asked.length > 0 ? asked : [...absentAt.keys()];
  const seats = names.map((name): [string, Seat] => [
    name,
    { state: absentAt.get(name) ?? 'feed-down', ids: new Set() },
  ]);
  return { ...body, location: null, ip: null, speaker: null, seats: new Map(seats) };
}
