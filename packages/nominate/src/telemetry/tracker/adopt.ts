import { after, before, joined } from './cut.ts';
import { type RememberedPerson, restoreBody, type TrackerMemory } from './memory.ts';
import type { Outages } from './outages.ts';
import { type Person, STRENGTH, updatePerson } from './person.ts';
import type { Tracking } from './turns.ts';
import { absentAtOf } from './watching.ts';

/**
 * Adopts the memory of another tracker of the same feeds: it covers the time up to its saving, and the local
 * data covers the time after it. So processes that save in turn give one continuous history.
 */
export function adoptMemory(tracking: Tracking, outages: Outages, memory: TrackerMemory, atMs: number): void {
  const cutMs = cutOf(tracking, outages, memory, atMs);
  outages.adopt(memory, cutMs);
  for (const told of memory.people) {
    const person = tracking.people.get(told.key);
    if (person === undefined) tracking.retired.set(told.key, told);
    else {
      adoptPerson(tracking, person, told, cutMs);
      updatePerson(person, atMs, tracking.rules);
    }
  }
}

/**
 * The cut between both histories. The feed may have caused losses of the last minute, which the other tracker
 * could not know yet, so for those the local judgement counts.
 */
function cutOf({ rules }: Tracking, outages: Outages, { savedAtMs }: TrackerMemory, atMs: number): number {
  const fromMs = savedAtMs - rules.massWindowMs - rules.shutdownMs;
  const watchedSinceMs = outages.watchedSinceMs();
  const wasDeaf = outages.list(atMs).some((each) => each.fromMs <= fromMs && fromMs < each.toMs);
  return wasDeaf || watchedSinceMs === null || watchedSinceMs > fromMs ? savedAtMs : fromMs;
}

function adoptPerson(tracking: Tracking, person: Person, told: RememberedPerson, cutMs: number): void {
  adoptBodies(tracking, person, told);
  const own = person.absences.filter(({ toMs }) => toMs > cutMs);
  person.onlineSinceMs = onlineSinceOf(person, told, own.length > 0, cutMs);
  const absences = joined(before(told.absences, cutMs), after(own, cutMs));
  if (person.absentFromMs !== null && person.absentFromMs <= cutMs) {
    const last = absences.at(-1);
    const goesOn = last?.toMs === cutMs;
    person.absentFromMs = goesOn ? last.fromMs : cutMs;
    if (goesOn) absences.pop();
  }
  person.absences = absences.slice(-tracking.rules.mostAbsencesPerCandidate);
}

/** A candidate that was not away since the cut has been online since the other tracker saw it arrive. */
function onlineSinceOf(
  { status, onlineSinceMs }: Person,
  told: RememberedPerson,
  wasAway: boolean,
  cutMs: number,
): number | null {
  if (status === 'offline' || wasAway) return onlineSinceMs;
  if (told.onlineSinceMs !== null && told.onlineSinceMs <= cutMs) return told.onlineSinceMs;
  return onlineSinceMs === null ? told.onlineSinceMs : Math.max(onlineSinceMs, cutMs);
}

function adoptBodies(tracking: Tracking, person: Person, { bodies }: RememberedPerson): void {
  const absentAt = absentAtOf(tracking.sources);
  for (const told of bodies) {
    const key = told.networkId ?? '';
    const own = person.bodies.get(key);
    if (own === undefined) {
      if (person.bodies.size < tracking.rules.mostNodesPerCandidate)
        person.bodies.set(key, restoreBody(told, absentAt));
      continue;
    }
    own.firstSeenMs = Math.min(own.firstSeenMs, told.firstSeenMs);
    own.lastSeenMs = Math.max(own.lastSeenMs, told.lastSeenMs);
    if (STRENGTH[told.matchedBy] < STRENGTH[own.matchedBy]) own.matchedBy = told.matchedBy;
    for (const name of told.sources) {
      const state = absentAt.get(name);
      if (state !== undefined && !own.seats.has(name)) own.seats.set(name, { state, ids: new Set() });
    }
  }
}
