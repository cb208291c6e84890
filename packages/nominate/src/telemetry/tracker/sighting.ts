import { type Fact, known, unknown } from '../../facts/fact.ts';
import type { Sighting } from '../../snapshot/record-shapes.ts';
import type { NodeLocation } from '../feed/actions.ts';
import { isCovered } from './outages.ts';
import {
  type Body,
  countedBodies,
  type Interval,
  isPresent,
  type Person,
  rivals,
  STRENGTH,
} from './person.ts';
import type { TrackerRules } from './rules.ts';

const FROM = 'telemetry';

/** The state around a candidate at the moment of the query. */
export interface SightingContext {
  readonly atMs: number;
  readonly rules: TrackerRules;
  readonly outages: readonly Interval[];
  /** Sources that are not connected or not trusted now. */
  readonly deaf: readonly string[];
}

/**
 * The sighting of a candidate for the snapshot. Unknown while a source that might see it is not connected.
 */
export function sightingOf(person: Person, context: SightingContext): Fact<Sighting | null> {
  const { atMs, rules, outages, deaf } = context;
  if (person.status === 'never') {
    if (deaf.length === 0) return known(null, FROM);
    return unknown(`it was not seen yet, and ${deaf.join(', ')} is not heard`, FROM);
  }
  const bodies = countedBodies(person, atMs, rules);
  if (person.status === 'unknown') {
    const seenBy = new Set(bodies.flatMap(({ seats }) => [...seats.keys()]));
    const silent = deaf.filter((name) => seenBy.has(name));
    if (silent.length === 0)
      return unknown('one of several nodes with its name is gone, and it may be the candidate', FROM);
    return unknown(`${silent.join(', ')}, where it was seen, is not heard`, FROM);
  }
  const speaker = speakerOf(bodies);
  const { absences, sinceMs } = absencesOf(person, outages);
  const online = person.status === 'online';
  const stayedSinceMs = Math.min(...wordsFor(bodies, speaker).map((each) => each.firstSeenMs));
  return known(
    {
      ...{ matchedBy: speaker.matchedBy, online },
      // The age is that of the candidate: it keeps it with another node key, and on its standby.
      firstSeenMs: Math.min(...[...person.bodies.values()].map((each) => each.firstSeenMs)),
      // After rivals, it may be another node that stayed.
      sinceMs: online ? Math.max(sinceMs, stayedSinceMs) : sinceMs,
      offline: absences.map((absence) => ({ ...absence })),
      ...saidBy(speaker, rivals(person, atMs, rules)),
    },
    FROM,
  );
}

/** Its software. If several nodes match without a network id, the common value; empty text if they differ. */
function saidBy(speaker: Body, others: readonly Body[]): Pick<Sighting, 'implementation' | 'version'> {
  const { implementation, version } = speaker;
  const differ = others.some((each) => each.implementation !== implementation || each.version !== version);
  return speaker.matchedBy !== 'network-id' && differ
    ? { implementation: '', version: '' }
    : { implementation, version };
}

/**
 * Location and address of the node that speaks for the candidate, while it is online; null if no server has
 * them.
 */
export function whereaboutsOf(
  person: Person,
  { atMs, rules }: Pick<SightingContext, 'atMs' | 'rules'>,
): { readonly location: NodeLocation | null; readonly ip: string | null } {
  const nowhere = { location: null, ip: null };
  if (person.status !== 'online') return nowhere;
  const { matchedBy, location, ip } = speakerOf(countedBodies(person, atMs, rules));
  return matchedBy !== 'network-id' && rivals(person, atMs, rules).length > 0 ? nowhere : { location, ip };
}

/** The node that is present; of several, the one with the strongest match, then the one known longest. */
function speakerOf(bodies: readonly Body[]): Body {
  const away = (body: Body): number => (isPresent(body) ? 0 : 1);
  const [first] = bodies.toSorted(
    (a, b) =>
      away(a) - away(b) ||
      STRENGTH[a.matchedBy] - STRENGTH[b.matchedBy] ||
      (isPresent(a) ? a.firstSeenMs - b.firstSeenMs : b.lastSeenMs - a.lastSeenMs),
  );
  if (first === undefined) throw new Error('a candidate that was seen has a node');
  return first;
}

/**
 * The nodes that count as the speaker for how long it is online: nodes with an id or key of the candidate
 * count for each other, a name only for itself.
 */
function wordsFor(bodies: readonly Body[], speaker: Body): readonly Body[] {
  if (speaker.matchedBy === 'name') return [speaker];
  return bodies.filter(({ matchedBy }) => matchedBy !== 'name');
}

/**
 * Absences with an outage of all feeds between them are one. The outage itself is excused, and the absence
 * keeps its true beginning.
 */
function absencesOf(
  person: Person,
  outages: readonly Interval[],
): { readonly absences: readonly Interval[]; readonly sinceMs: number } {
  const absences = [...person.absences];
  if (person.absentFromMs === null) return { absences, sinceMs: person.onlineSinceMs ?? 0 };
  let sinceMs = person.absentFromMs;
  for (let last = absences.at(-1); last !== undefined; last = absences.at(-1)) {
    if (!isCovered({ fromMs: last.toMs, toMs: sinceMs }, outages)) break;
    sinceMs = last.fromMs;
    absences.pop();
  }
  return { absences, sinceMs };
}
