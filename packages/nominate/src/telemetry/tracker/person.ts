import type { Sighting } from '../../snapshot/record-shapes.ts';
import type { NodeLocation } from '../feed/actions.ts';
import type { TrackerRules, Watched } from './rules.ts';

export type MatchedBy = Sighting['matchedBy'];

/** The strength of a match; less is stronger. */
export const STRENGTH: Readonly<Record<MatchedBy, number>> = {
  'network-id': 0,
  'validator-address': 1,
  name: 2,
};

/** An interval in Unix milliseconds. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The state of one node at one source. A source that is down, or doubted after a mass loss, has no current
 * state.
 */
export type SeatState = 'present' | 'gone' | 'feed-down' | 'feed-doubted';

export interface Seat {
  state: SeatState;
  /** The numbers under which the source lists it: two while an old connection lingers. */
  readonly ids: Set<number>;
}

/** One node, identified by its network id, that was matched to the candidate. */
export interface Body {
  readonly networkId: string | null;
  matchedBy: MatchedBy;
  firstSeenMs: number;
  lastSeenMs: number;
  implementation: string;
  version: string;
  /** Its location according to the server; null until the server sends one. */
  location: NodeLocation | null;
  /** Its address; null while no server publishes it. */
  ip: string | null;
  /**
   * The listing from which `implementation`, `version`, `location` and `ip` come: a later one of the same id
   * cannot change them.
   */
  speaker: { readonly source: string; readonly id: number } | null;
  /** By source; only those that ever listed it. */
  readonly seats: Map<string, Seat>;
}

export type Status = 'never' | 'online' | 'offline' | 'unknown';

/** A candidate with its nodes. */
export interface Person {
  watched: Watched;
  /** By network id; empty text for a node without one. */
  readonly bodies: Map<string, Body>;
  status: Status;
  /** Null unless it is online, or unknown after it was online. */
  onlineSinceMs: number | null;
  /** Null unless offline. */
  absentFromMs: number | null;
  /** Past absences, oldest first. */
  absences: Interval[];
}

export function newPerson(watched: Watched): Person {
  return {
    watched,
    bodies: new Map(),
    status: 'never',
    onlineSinceMs: null,
    absentFromMs: null,
    absences: [],
  };
}

/**
 * The nodes that speak for the candidate: those with its network id or key, and the one that has had its name
 * longest. A later claim can never replace an earlier node, but it can cause doubt, see {@link rivals}.
 */
export function countedBodies(person: Person, atMs: number, rules: TrackerRules): readonly Body[] {
  const oldestFirst = [...person.bodies.values()].sort((a, b) => a.firstSeenMs - b.firstSeenMs);
  const holder =
    oldestFirst.find((body) => holdsName(body, atMs, rules)) ??
    oldestFirst.toSorted((a, b) => b.lastSeenMs - a.lastSeenMs)[0];
  return oldestFirst.filter((body) => body.matchedBy !== 'name' || body === holder);
}

/**
 * Nodes that match by the candidate's name or key, if there are several within the time for which a name is
 * held. Both are public, so any of them may be the candidate's, and the first has no precedence. Empty for
 * none or one.
 */
export function rivals(person: Person, atMs: number, rules: TrackerRules): readonly Body[] {
  const claims = [...person.bodies.values()].filter(
    (body) => body.matchedBy !== 'network-id' && holdsName(body, atMs, rules),
  );
  return claims.length > 1 ? claims : [];
}

function holdsName(body: Body, atMs: number, rules: TrackerRules): boolean {
  if ([...body.seats.values()].some(({ state }) => state !== 'gone')) return true;
  return atMs - body.lastSeenMs <= rules.holdNameMs;
}

function statusOf(person: Person, atMs: number, rules: TrackerRules): Status {
  const states = countedBodies(person, atMs, rules).flatMap(({ seats }) =>
    [...seats.values()].map(({ state }) => state),
  );
  if (states.length === 0) return 'never';
  if (states.includes('present')) return 'online';
  // A source that saw it may see it now, so its absence at the others is no evidence.
  if (states.some((state) => state !== 'gone')) return 'unknown';
  // Possibly another node left.
  return rivals(person, atMs, rules).some(isPresent) ? 'unknown' : 'offline';
}

export function isPresent({ seats }: Body): boolean {
  return [...seats.values()].some(({ state }) => state === 'present');
}

/** Updates from the current states of the seats. */
export function updatePerson(person: Person, atMs: number, rules: TrackerRules): void {
  const next = statusOf(person, atMs, rules);
  if (next === person.status) return;
  if (person.absentFromMs !== null) {
    addAbsence(person, { fromMs: person.absentFromMs, toMs: atMs }, rules);
    person.absentFromMs = null;
  }
  if (next === 'offline') [person.absentFromMs, person.onlineSinceMs] = [atMs, null];
  if (next === 'online') person.onlineSinceMs ??= atMs;
  person.status = next;
}

/** Absences since `fromMs` were trouble of the feed, so they are removed. */
export function takeBack(person: Person, fromMs: number, rules: TrackerRules, atMs: number): void {
  person.absences = person.absences.filter((absence) => absence.fromMs < fromMs);
  if (person.absentFromMs !== null && person.absentFromMs >= fromMs) person.absentFromMs = null;
  updatePerson(person, atMs, rules);
  if (person.status === 'offline') person.absentFromMs ??= atMs;
}

function addAbsence(person: Person, absence: Interval, rules: TrackerRules): void {
  if (absence.toMs <= absence.fromMs) return;
  person.absences = [...person.absences, absence]
    .filter(({ toMs }) => toMs > absence.toMs - rules.keepMs)
    .slice(-rules.mostAbsencesPerCandidate);
}
