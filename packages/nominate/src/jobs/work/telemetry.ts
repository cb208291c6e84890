import type { Job } from '../job.ts';
import { readNote, writeNote } from '../notes.ts';

export const TELEMETRY_MEMORY = 'telemetry memory';
const MINUTE_MS = 60_000;

/** Keeps what telemetry saw: its memory over a restart, and its report for whichever process takes the snapshot. */
export const telemetryJob: Job = {
  name: 'telemetry',
  everyMs: MINUTE_MS,
  deadlineMs: MINUTE_MS,
  after: ['candidates'],
  run: async ({ store, world: { telemetry } }) => {
    if (telemetry === null) return 'no feed is heard here';
    const candidates = await readNote(store, 'candidates');
    const watched = (candidates?.list ?? []).map(({ stashKey, name }) => ({ key: stashKey, name }));
    telemetry.watch(watched);
    const { atMs, watchedSinceMs, outages, sightings, sources } = telemetry.report();
    await store.notes.put(TELEMETRY_MEMORY, JSON.stringify(telemetry.memory()));
    const plain = outages.map((each) => ({ ...each }));
    await writeNote(store, 'telemetry', { atMs, watchedSinceMs, outages: plain, sightings: [...sightings] });
    const seen = [...sightings.values()].filter((fact) => fact.known && fact.value !== null).length;
    const heard = sources.filter(({ state }) => state === 'hearing').length;
    return `${heard} of ${sources.length} feeds are heard, ${seen} of ${watched.length} candidates were seen`;
  },
};
