import { counted } from '@watchbill/kit';
import type { Candidate } from '../../candidates/candidate.ts';
import { placeOfLocated } from '../../snapshot/place.ts';
import type { ProgrammeStore } from '../../storage/port.ts';
import {
  type TelemetryReport,
  type TrackerMemory,
  trackerMemoryShape,
  type Watched,
} from '../../telemetry/index.ts';
import type { Job } from '../job.ts';
import { type NoteOf, readNote, writeNote } from '../notes.ts';

export const TELEMETRY_MEMORY = 'telemetry memory';
const MINUTE_MS = 60_000;
/** The most stored claims: a flood of them need not be kept in full. */
const MOST_FLAGS = 200;
/**
 * A process without a feed does not overwrite a note of another process, or of the time before a restart, for
 * this long.
 */
const LEAVE_MS = 3 * MINUTE_MS;

/**
 * Stores telemetry: its memory for a restart, its report for the process that takes the snapshot, and the
 * places of nodes.
 */
export const telemetryJob: Job = {
  name: 'telemetry',
  everyMs: MINUTE_MS,
  deadlineMs: MINUTE_MS,
  after: ['candidates'],
  run: async ({ store, world: { telemetry } }) => {
    if (telemetry === null) return 'no feed is connected';
    const kept = await telemetryMemory(store);
    if (kept !== null) telemetry.adopt(kept);
    const watched = await watchedNow(store);
    telemetry.watch(watched);
    const report = telemetry.report();
    const { atMs, watchedSinceMs, outages, sightings, sources } = report;
    const heard = sources.filter(({ state }) => state === 'hearing').length;
    // The place of a node is known as soon as the node is listed.
    await keepPlaces(store, report);
    const told = await readNote(store, 'telemetry');
    if (heard === 0 && told !== null && atMs - told.atMs < LEAVE_MS)
      return 'no feed is connected now, and the recent report of another process stays';
    await store.notes.put(TELEMETRY_MEMORY, JSON.stringify(telemetry.memory()));
    const plain = outages.map((each) => ({ ...each }));
    const flags = telemetry
      .flags()
      .slice(0, MOST_FLAGS)
      .map((each) => ({ ...each }));
    await writeNote(store, 'telemetry', { atMs, watchedSinceMs, outages: plain, sightings: [...sightings] });
    await writeNote(store, 'telemetry flags', flags);
    const seen = [...sightings.values()].filter((fact) => fact.known && fact.value !== null).length;
    const looks = flags.length === 0 ? '' : `, ${counted(flags.length, 'node')} to check`;
    return `${heard} of ${counted(sources.length, 'feed is', 'feeds are')} heard, ${seen} of ${counted(watched.length, 'candidate was', 'candidates were')} seen${looks}`;
  },
};

/** The last stored memory; null if there is none, or if another release stored it. */
export async function telemetryMemory(store: ProgrammeStore): Promise<TrackerMemory | null> {
  const text = await store.notes.get(TELEMETRY_MEMORY);
  if (text === null) return null;
  const read = trackerMemoryShape.safeParse(JSON.parse(text));
  return read.success ? read.data : null;
}

/** All candidates of the last list. */
export async function watchedNow(store: ProgrammeStore): Promise<readonly Watched[]> {
  const candidates = await readNote(store, 'candidates');
  return watchedOf(candidates?.list ?? [], await readNote(store, 'validator keys'));
}

/** By declared network ids, then by the keys on chain, then by name. */
export function watchedOf(
  list: readonly Pick<Candidate, 'stashKey' | 'name' | 'networkIds'>[],
  keys: NoteOf<'validator keys'> | null,
): readonly Watched[] {
  const keysOf = new Map(keys);
  return list.map(({ stashKey, name, networkIds = [] }) => ({
    key: stashKey,
    name,
    networkIds,
    validatorKeys: keysOf.get(stashKey) ?? [],
  }));
}

/** The last place of each node is kept while it is away, with the time of its observation. */
async function keepPlaces(store: ProgrammeStore, { locations, atMs }: TelemetryReport): Promise<void> {
  const before = await store.places.all();
  for (const [stashKey, location] of locations) {
    const place = placeOfLocated(location);
    const stored = before.get(stashKey);
    if (place === null) continue;
    const isSame = stored !== undefined && JSON.stringify(stored.place) === JSON.stringify(place);
    // Ages are shown in minutes, so an unchanged place is written once an hour.
    if (!isSame || atMs - stored.atMs > 60 * MINUTE_MS) await store.places.put(stashKey, place, atMs);
  }
}
