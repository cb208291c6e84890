import { counted } from '@watchbill/kit';
import { type Fact, unknown } from '../../facts/fact.ts';
import type { Sighting } from '../../snapshot/record-shapes.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { ProgrammeStore } from '../../storage/port.ts';
import { readNote } from '../notes.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Telemetry that is older does not show the current state. */
const FRESH_MS = 5 * MINUTE_MS;
/** If telemetry is noted less often, it stays fresh for a few of its intervals, but at most an hour. */
const INTERVALS = 3;

/** The telemetry that may be used at a given moment. */
export interface LastSeen {
  readonly atMs: number | null;
  readonly telemetry: Snapshot['telemetry'];
  readonly sightingOf: (stashKey: string) => Fact<Sighting | null>;
}

/**
 * A note of telemetry describes the moment at which it was written. For a few minutes it is used as the
 * current state. After that the state of every node is unknown, and the time since is an outage: time without
 * a listening process is not charged to operators.
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
