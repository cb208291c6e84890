import type { Match } from './matching.ts';
import { type Body, countedBodies, type Person, STRENGTH, updatePerson } from './person.ts';
import type { Listing, Source } from './source.ts';
import { judgeLosses, type Tracking } from './turns.ts';

/** A listed node before it is matched to a candidate. */
export type Listed = Omit<Listing, 'addedAtMs' | 'person' | 'body' | 'impostor' | 'stale'>;

/** A node is listed, or its details have changed. */
export function addListing(tracking: Tracking, source: Source, told: Listed, atMs: number): void {
  const before = source.listings.get(told.id);
  // The number went to another node: the removal of the first was missed.
  if (before !== undefined && before.networkId !== told.networkId)
    removeListing(tracking, source, told.id, atMs);
  const same = source.listings.get(told.id);
  // New details without a place or an address keep the known ones.
  const node = {
    ...told,
    location: told.location ?? same?.location ?? null,
    ip: told.ip ?? same?.ip ?? null,
  };
  const isSpeaker = same?.body?.speaker?.source === source.name && same.body.speaker.id === node.id;
  if (same !== undefined) detach(tracking, source, same);
  const match = tracking.register.match(node);
  const body = list(tracking, source, node, { match, addedAtMs: same?.addedAtMs ?? atMs, atMs });
  if (isSpeaker && body !== null && body === same.body) speak(source, node, body);
  const now = source.listings.get(node.id);
  if (now !== undefined && same?.stale === true) now.stale = true;
  // It may have belonged to another candidate until now.
  if (same?.person == null) return;
  updatePerson(same.person, atMs, tracking.rules);
  noteWhetherHere(tracking, source, same.person, atMs);
}

/** A node is no longer listed. */
export function removeListing(tracking: Tracking, source: Source, id: number, atMs: number): void {
  const listing = source.listings.get(id);
  if (listing === undefined) {
    source.overflowCount = Math.max(0, source.overflowCount - 1);
    return;
  }
  const left = detach(tracking, source, listing, atMs);
  const { person, body } = listing;
  if (person === null || body === null) {
    source.losses.addStranger(atMs);
  } else if (left) {
    updatePerson(person, atMs, tracking.rules);
    const wasHere = source.here.has(person);
    noteWhetherHere(tracking, source, person, atMs);
    if (wasHere && !source.here.has(person)) source.losses.add(person, atMs);
  }
  judgeLosses(tracking, source, atMs);
}

/** The chain is removed after its last node; the feed does not remove the nodes one by one. */
export function removeAll(tracking: Tracking, source: Source, atMs: number): void {
  for (const id of [...source.listings.keys()]) removeListing(tracking, source, id, atMs);
  source.overflowCount = 0;
}

/** The watched candidates changed, so each node is matched again. */
export function relist(tracking: Tracking, source: Source, atMs: number): void {
  const all = [...source.listings.values()];
  for (const listing of all) detach(tracking, source, listing);
  source.here.clear();
  source.strangerCount = 0;
  for (const listing of all) {
    const { addedAtMs } = listing;
    list(tracking, source, listing, { match: tracking.register.match(listing), addedAtMs, atMs });
  }
  for (const person of tracking.people.values()) updatePerson(person, atMs, tracking.rules);
}

interface Place {
  readonly match: Match;
  readonly addedAtMs: number;
  readonly atMs: number;
}

/** Returns the node of the matching candidate; null if there is none. */
function list(
  tracking: Tracking,
  source: Source,
  node: Listed,
  { match, addedAtMs, atMs }: Place,
): Body | null {
  const { rules } = tracking;
  const person = match.kind === 'stranger' ? null : match.person;
  const body = match.kind === 'of' ? bodyFor(tracking, match, node, addedAtMs) : null;
  if (body === null && source.strangerCount >= rules.mostStrangersPerSource) {
    source.overflowCount += 1;
    return null;
  }
  const tooMany = match.kind === 'of' && body === null ? 'too-many-of-the-name' : null;
  const impostor = match.kind === 'impostor' ? match.reason : tooMany;
  const { id, name, networkId, validatorAddress, implementation, version, startedAtMs, ip, location } = node;
  source.listings.set(id, {
    ...{ id, name, networkId, validatorAddress, implementation, version, startedAtMs, ip, location },
    ...{ addedAtMs, person, body, impostor, stale: false },
  });
  if (person === null || body === null) {
    source.strangerCount += 1;
    return null;
  }
  sit(source, node, body);
  updatePerson(person, atMs, rules);
  noteWhetherHere(tracking, source, person, atMs);
  return body;
}

/** Counts the candidates that the source lists, by their speaking nodes. */
function noteWhetherHere({ rules }: Tracking, source: Source, person: Person, atMs: number): void {
  const isHere = countedBodies(person, atMs, rules).some(
    ({ seats }) => seats.get(source.name)?.state === 'present',
  );
  if (isHere) source.here.add(person);
  else source.here.delete(person);
}

/** Null if too many nodes already claim to be the candidate's. */
function bodyFor(
  { rules }: Tracking,
  { person, by }: Match & { readonly kind: 'of' },
  { networkId, implementation, version }: Listed,
  firstSeenMs: number,
): Body | null {
  const found = person.bodies.get(networkId ?? '');
  if (found !== undefined) {
    // A node reports its key some time after it connects. Earlier data of its network id is kept.
    if (STRENGTH[by] < STRENGTH[found.matchedBy]) found.matchedBy = by;
    return found;
  }
  if (person.bodies.size >= rules.mostNodesPerCandidate && !makeRoom(person, by)) return null;
  const body: Body = {
    ...{ networkId, matchedBy: by, firstSeenMs, lastSeenMs: firstSeenMs, implementation, version },
    location: null,
    ip: null,
    speaker: null,
    seats: new Map(),
  };
  person.bodies.set(networkId ?? '', body);
  return body;
}

/**
 * Forgets a node that may be dropped: the one that was away longest; for a node with a key of the candidate,
 * also the newest one that only has the name. Never the one seen first, or false claims could push it out.
 */
function makeRoom(person: Person, by: Body['matchedBy']): boolean {
  const isAway = ({ seats }: Body): boolean => [...seats.values()].every(({ state }) => state === 'gone');
  const [, ...later] = [...person.bodies].sort(([, a], [, b]) => a.firstSeenMs - b.firstSeenMs);
  const away = later
    .filter(([, body]) => isAway(body))
    .sort(([, a], [, b]) => a.lastSeenMs - b.lastSeenMs)[0];
  const named = by === 'name' ? undefined : later.findLast(([, { matchedBy }]) => matchedBy === 'name');
  const [key] = away ?? named ?? [];
  return key !== undefined && person.bodies.delete(key);
}

function sit(source: Source, node: Listed, body: Body): void {
  const seat = body.seats.get(source.name) ?? { state: 'gone', ids: new Set<number>() };
  body.seats.set(source.name, seat);
  seat.state = 'present';
  seat.ids.add(node.id);
  if (body.speaker === null) speak(source, node, body);
}

/** The version of the node comes from this listing, and its place if the server knows it. */
function speak(source: Source, { id, implementation, version, ip, location }: Listed, body: Body): void {
  body.speaker = { source: source.name, id };
  [body.implementation, body.version] = [implementation, version];
  body.location = location ?? body.location;
  body.ip = ip ?? body.ip;
}

/** Detaches the listing from its candidate. Returns whether the node is no longer listed here. */
function detach(tracking: Tracking, source: Source, listing: Listing, lostAtMs?: number): boolean {
  source.listings.delete(listing.id);
  const { body } = listing;
  if (body === null) {
    source.strangerCount -= 1;
    return true;
  }
  const seat = body.seats.get(source.name);
  seat?.ids.delete(listing.id);
  if (body.speaker?.source === source.name && body.speaker.id === listing.id) passWordOn(tracking, body);
  if (seat === undefined || seat.ids.size > 0) return false;
  seat.state = source.doubt === null ? 'gone' : 'feed-doubted';
  if (lostAtMs !== undefined) body.lastSeenMs = lostAtMs;
  return true;
}

/** The next listing of the same node speaks for it, if there is one. */
function passWordOn({ sources }: Tracking, body: Body): void {
  body.speaker = null;
  for (const [name, { ids }] of body.seats) {
    const source = sources.get(name);
    const [id] = ids;
    const listing = id === undefined ? undefined : source?.listings.get(id);
    if (source === undefined || listing === undefined) continue;
    speak(source, listing, body);
    return;
  }
}
