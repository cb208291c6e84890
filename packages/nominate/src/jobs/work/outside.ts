import type { Job } from '../job.ts';
import { writeNote } from '../notes.ts';

const MINUTE_MS = 60_000;

/** Releases of the clients, from their feeds. */
export const releasesJob: Job = {
  name: 'releases',
  everyMs: 30 * MINUTE_MS,
  deadlineMs: 2 * MINUTE_MS,
  after: [],
  run: async ({ store, world, nowMs, signal }) => {
    if (world.releases === null) return 'no feed of releases is configured';
    const releases = await world.releases(signal);
    await store.releases.put(releases);
    await writeNote(store, 'releases', { readMs: nowMs() });
    return `${releases.length} releases`;
  },
};

/** The standings of the Kusama programme, all of them in one request. */
export const kusamaJob: Job = {
  name: 'kusama',
  everyMs: 30 * MINUTE_MS,
  deadlineMs: 2 * MINUTE_MS,
  after: [],
  run: async ({ store, world, nowMs, signal }) => {
    if (world.kusama === null) return 'no programme of Kusama is configured';
    const found = [...(await world.kusama(signal))];
    const standings = found.flatMap(([key, standing]): [string, NonNullable<typeof standing>][] =>
      standing === null ? [] : [[key, { ...standing, invalidReasons: [...standing.invalidReasons] }]],
    );
    await writeNote(store, 'kusama', { readMs: nowMs(), standings });
    return `${standings.length} standings`;
  },
};
