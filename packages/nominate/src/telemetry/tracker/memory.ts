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

/** What a tracker remembers of what it saw: JSON, to be kept over a restart. */
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

/** What is worth keeping: of those that are watched, and of those that were. */
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

/** An absence that lasts is closed here: what came after it, nobody heard. */
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

/** When a node of it was last seen: what is kept of whom nobody watches ages from then on. */
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

/** What each source says of a node that it does not list: nothing, before it is heard. */
export type AbsentAt = ReadonlyMap<string, SeatState>;

/** The candidate with what was remembered of it. */
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
  // Of a source that is not asked any more nothing will be heard; the others can say that the node is not there.
  const names = asked.length > 0 ? asked : [...absentAt.keys()];
  const seats = names.map((name): [string, Seat] => [
    name,
    { state: absentAt.get(name) ?? 'feed-down', ids: new Set() },
  ]);
  return { ...body, location: null, ip: null, speaker: null, seats: new Map(seats) };
}
