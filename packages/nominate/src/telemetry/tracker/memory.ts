import { z } from 'zod';
import { interval, momentMs, words } from '../../snapshot/shapes.ts';
import type { OutageMemory } from './outages.ts';
import { type Body, newPerson, type Person, type Seat } from './person.ts';
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

/** What is worth keeping. An absence that lasts is closed here: what came after it, nobody heard. */
export function rememberTracker(
  people: Iterable<Person>,
  savedAtMs: number,
  { watchedSinceMs, outages }: OutageMemory,
): TrackerMemory {
  const seen = [...people].filter(({ bodies }) => bodies.size > 0);
  return {
    ...{ version: 1, savedAtMs, watchedSinceMs, outages: outages.map((each) => ({ ...each })) },
    people: seen.map((person) => ({
      key: person.watched.key,
      bodies: [...person.bodies.values()].map((body) => rememberBody(body, savedAtMs)),
      onlineSinceMs: person.onlineSinceMs,
      absences: [
        ...person.absences,
        ...(person.absentFromMs === null || person.absentFromMs >= savedAtMs
          ? []
          : [{ fromMs: person.absentFromMs, toMs: savedAtMs }]),
      ],
    })),
  };
}

function rememberBody(body: Body, savedAtMs: number): TrackerMemory['people'][number]['bodies'][number] {
  const { networkId, matchedBy, firstSeenMs, implementation, version, seats } = body;
  const isHere = [...seats.values()].some(({ state }) => state === 'present');
  const lastSeenMs = isHere ? savedAtMs : body.lastSeenMs;
  return {
    ...{ networkId, matchedBy, firstSeenMs, lastSeenMs, implementation, version },
    sources: [...seats.keys()],
  };
}

/** The candidates with what was remembered of them: until its sources are heard again, nothing is known of any. */
export function restorePeople(
  watched: readonly Watched[],
  sources: readonly string[],
  memory: TrackerMemory | undefined,
  rules: TrackerRules,
): Map<string, Person> {
  const remembered = new Map((memory?.people ?? []).map((each) => [each.key, each]));
  return new Map(
    watched.map((each) => {
      const person = newPerson(each);
      const before = remembered.get(each.key);
      if (before === undefined) return [each.key, person];
      for (const { sources: seenBy, ...body } of before.bodies.slice(0, rules.mostNodesPerCandidate)) {
        const seats = seenBy
          .filter((name) => sources.includes(name))
          .map((name): [string, Seat] => [name, { state: 'feed-down', ids: new Set() }]);
        // Of a source that is not asked any more nothing will be heard; the others can say that the node is not there.
        const all = seats.length > 0 ? seats : allDown(sources);
        person.bodies.set(body.networkId ?? '', {
          ...body,
          location: null,
          speaker: null,
          seats: new Map(all),
        });
      }
      const { onlineSinceMs } = before;
      Object.assign(person, { status: 'unknown', onlineSinceMs, absences: before.absences });
      return [each.key, person];
    }),
  );
}

function allDown(sources: readonly string[]): [string, Seat][] {
  return sources.map((name) => [name, { state: 'feed-down', ids: new Set() }]);
}
