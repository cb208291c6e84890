import type { ImpostorReason } from './matching.ts';
import { type NearMiss, nearMiss, prepareName } from './near-miss.ts';
import { type Body, countedBodies, type Person } from './person.ts';
import type { TrackerRules } from './rules.ts';
import type { Listing, Source } from './source.ts';

/** A hint for a person. Names are as the node sent them: escape them for display. */
export interface Flag {
  readonly kind: 'impostor' | 'same-identity-twice' | 'near-miss';
  /** The candidate. */
  readonly key: string;
  readonly source: string;
  /** As the node sent it. */
  readonly name: string;
  readonly networkId: string | null;
  readonly sinceMs: number;
  readonly why: ImpostorReason | 'second-of-the-name' | 'two-starts' | NearMiss;
}

/** Hints per candidate: the first few show the problem. */
const MOST_NEAR_MISSES = 4;

/**
 * Nodes that impersonate a candidate, then names similar to those of candidates without a visible node. A
 * flag changes no verdict; it asks a person to check. At most `mostFlags` of each kind.
 */
export function flagsOf(
  people: Iterable<Person>,
  sources: readonly Source[],
  rules: TrackerRules,
  atMs: number,
): readonly Flag[] {
  const claims = sources.flatMap((source) => claimsAt(source, rules, atMs));
  const unseen = [...people].filter(({ status }) => status !== 'online');
  return [...claims.slice(0, rules.mostFlags), ...nearMissesOf(unseen, sources).slice(0, rules.mostFlags)];
}

function claimsAt(source: Source, rules: TrackerRules, atMs: number): readonly Flag[] {
  const firstStart = new Map<Body, number | null>();
  const flags: Flag[] = [];
  for (const listing of source.listings.values()) {
    const { person, body, impostor, startedAtMs } = listing;
    if (person === null || flags.length >= rules.mostFlags) continue;
    const { key } = person.watched;
    if (impostor !== null) flags.push(flagOf(source, listing, 'impostor', key, impostor));
    if (body === null) continue;
    if (!countedBodies(person, atMs, rules).includes(body))
      flags.push(flagOf(source, listing, 'impostor', key, 'second-of-the-name'));
    if (firstStart.has(body) && firstStart.get(body) !== startedAtMs)
      flags.push(flagOf(source, listing, 'same-identity-twice', key, 'two-starts'));
    if (!firstStart.has(body)) firstStart.set(body, startedAtMs);
  }
  return flags;
}

function nearMissesOf(unseen: readonly Person[], sources: readonly Source[]): readonly Flag[] {
  const strangers = sources.flatMap((source) =>
    [...source.listings.values()]
      .filter(({ person }) => person === null)
      .map((listing) => ({ source, listing, prepared: prepareName(listing.name) })),
  );
  return unseen.flatMap(({ watched }) => {
    const wanted = prepareName(watched.name);
    const found: Flag[] = [];
    for (const { source, listing, prepared } of strangers) {
      if (found.length >= MOST_NEAR_MISSES) break;
      const why = nearMiss(wanted, prepared);
      if (why !== null) found.push(flagOf(source, listing, 'near-miss', watched.key, why));
    }
    return found;
  });
}

function flagOf(
  source: Source,
  { name, networkId, addedAtMs }: Listing,
  kind: Flag['kind'],
  key: string,
  why: Flag['why'],
): Flag {
  return { kind, key, source: source.name, name, networkId, sinceMs: addedAtMs, why };
}
