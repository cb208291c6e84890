import type { Sighting } from '../../snapshot/record-shapes.ts';
import type { NodeLocation } from '../feed/actions.ts';
import type { TrackerRules, Watched } from './rules.ts';

export type MatchedBy = Sighting['matchedBy'];

/** How much a match says; less is more. */
export const STRENGTH: Readonly<Record<MatchedBy, number>> = {
  'network-id': 0,
  'validator-address': 1,
  name: 2,
};

/** A time from one moment to another, in Unix milliseconds. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What one source says of one node. A source that is down, or doubted after a mass loss, says nothing. */
export type SeatState = 'present' | 'gone' | 'feed-down' | 'feed-doubted';

export interface Seat {
  state: SeatState;
  /** The numbers under which the source lists it: two while an old connection lingers. */
  readonly ids: Set<number>;
}

/** One node, that is one network id, which was taken for the candidate's. */
export interface Body {
  readonly networkId: string | null;
  matchedBy: MatchedBy;
  firstSeenMs: number;
  lastSeenMs: number;
  implementation: string;
  version: string;
  /** Where the server says that it stands; null while it has not said so. */
  location: NodeLocation | null;
  /** From where it reports; null while no server shows it. */
  ip: string | null;
  /** The listing that `implementation`, `version`, `location` and `ip` come from: a later one of the same id cannot change them. */
  speaker: { readonly source: string; readonly id: number } | null;
  /** By source; only those that ever listed it. */
  readonly seats: Map<string, Seat>;
}

export type Status = 'never' | 'online' | 'offline' | 'unknown';

/** A candidate and what became of its nodes. */
export interface Person {
  watched: Watched;
  /** By network id; empty text for a node without one. */
  readonly bodies: Map<string, Body>;
  status: Status;
  /** Null unless online, or unknown after having been so. */
  onlineSinceMs: number | null;
  /** Null unless offline. */
  absentFromMs: number | null;
  /** Absences that are over, oldest first. */
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
 * The nodes that speak for the candidate: those with a network id or key of its own, and the one that has had its name for the longest.
 * A claim made later can so never take the word from a node that was there before; what it can do is cast doubt, see {@link rivals}.
 */
export function countedBodies(person: Person, atMs: number, rules: TrackerRules): readonly Body[] {
  const oldestFirst = [...person.bodies.values()].sort((a, b) => a.firstSeenMs - b.firstSeenMs);
  const holder =
    oldestFirst.find((body) => holdsName(body, atMs, rules)) ??
    oldestFirst.toSorted((a, b) => b.lastSeenMs - a.lastSeenMs)[0];
  return oldestFirst.filter((body) => body.matchedBy !== 'name' || body === holder);
}

/**
 * The nodes that have nothing but the name of the candidate, where they are several within the time for which a name is held: nobody can
 * tell which of them is its own, so whoever came first is believed no more than the others. Empty for none or one.
 */
export function rivals(person: Person, atMs: number, rules: TrackerRules): readonly Body[] {
  const named = [...person.bodies.values()].filter(
    (body) => body.matchedBy === 'name' && holdsName(body, atMs, rules),
  );
  return named.length > 1 ? named : [];
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
  // Whoever saw it might see it now: that the others do not says nothing.
  if (states.some((state) => state !== 'gone')) return 'unknown';
  // It was perhaps another that left.
  return rivals(person, atMs, rules).some(isPresent) ? 'unknown' : 'offline';
}

export function isPresent({ seats }: Body): boolean {
  return [...seats.values()].some(({ state }) => state === 'present');
}

/** Takes over what the seats say now. */
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

/** What was held against it since `fromMs` turned out to be trouble of the feed. */
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
