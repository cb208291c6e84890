import { counted } from '@watchbill/base';
import { type Fact, unknown } from '../../facts/fact.ts';
import type { Sighting } from '../../snapshot/record-shapes.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { ProgrammeStore } from '../../storage/port.ts';
import { readNote } from '../notes.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** What was heard longer ago says nothing of now. */
const FRESH_MS = 5 * MINUTE_MS;
/** Where telemetry is noted more seldom, a few of its intervals, but no more than an hour. */
const INTERVALS = 3;

/** What telemetry told, as it may be used at a moment. */
export interface LastSeen {
  readonly atMs: number | null;
  readonly telemetry: Snapshot['telemetry'];
  readonly sightingOf: (stashKey: string) => Fact<Sighting | null>;
}

/**
 * The note of telemetry holds for the moment of its writing. A few minutes later it is taken for now; after that nobody knows who is online,
 * and the time since is an outage: whoever does not listen charges nobody with it.
 */
export async function lastSeenAt(store: ProgrammeStore, nowMs: number): Promise<LastSeen> {
  const note = await readNote(store, 'telemetry');
  if (note === null)
    return {
      atMs: null,
      telemetry: { watchedSinceMs: null, outages: [] },
      sightingOf: () => unknown('no feed was heard of it', 'telemetry'),
    };
  const { atMs, watchedSinceMs, outages } = note;
  const sightings = new Map(note.sightings);
  if (nowMs - atMs <= (await freshMs(store)))
    return {
      atMs,
      telemetry: { watchedSinceMs, outages },
      sightingOf: (key) => sightings.get(key) ?? unknown('no feed was heard of it', 'telemetry'),
    };
  const minutes = Math.floor((nowMs - atMs) / MINUTE_MS);
  return {
    atMs,
    telemetry: { watchedSinceMs, outages: [...outages, { fromMs: atMs, toMs: nowMs }] },
    sightingOf: () => unknown(`telemetry was last noted ${counted(minutes, 'minute')} ago`, 'telemetry'),
  };
}

async function freshMs(store: ProgrammeStore): Promise<number> {
  const job = (await store.jobs.all()).find(({ name }) => name === 'telemetry');
  const everyMs = job?.nextMs == null ? 0 : job.nextMs - (job.startedMs ?? job.nextMs);
  return Math.max(FRESH_MS, Math.min(INTERVALS * everyMs, HOUR_MS));
}
