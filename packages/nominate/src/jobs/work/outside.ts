import { counted } from '@watchbill/kit';
import { shownTime } from '../../checks/show.ts';
import { closeNotice, openNotice } from '../../notify/notices.ts';
import { kusamaStandingsIn } from '../../releases/kusama.ts';
import type { Job } from '../job.ts';
import { type NoteOf, readNote, writeNote } from '../notes.ts';

const MINUTE_MS = 60_000;
const KUSAMA_NOTICE = 'kusama-list';

type Noted = NoteOf<'kusama'>['standings'][number];

/** Releases of the clients, from their feeds. */
export const releasesJob: Job = {
  name: 'releases',
  everyMs: 30 * MINUTE_MS,
  deadlineMs: 2 * MINUTE_MS,
  after: [],
  run: async ({ store, world, clock, signal }) => {
    if (world.releases === null) return 'no feed of releases is configured';
    const releases = await world.releases(signal);
    await store.releases.put(releases);
    await writeNote(store, 'releases', { readMs: clock.nowMs() });
    return counted(releases.length, 'release');
  },
};

/**
 * The standings of the Kusama programme, all of its pages. A broken or partial list changes no data: the last
 * good one stays in use.
 */
export const kusamaJob: Job = {
  name: 'kusama',
  everyMs: 30 * MINUTE_MS,
  deadlineMs: 2 * MINUTE_MS,
  after: [],
  run: async ({ store, world, settings, clock, signal }) => {
    if (world.kusama === null) {
      await closeNotice(store, clock.nowMs(), KUSAMA_NOTICE);
      return 'no programme of Kusama is configured';
    }
    const list = kusamaStandingsIn(...(await world.kusama(signal)));
    const before = await readNote(store, 'kusama');
    const why = list.ok
      ? whyNotWhole(list.standings.size, before?.standings.length ?? 0, settings.kusamaLeast)
      : `it cannot be used: ${list.why}`;
    if (!list.ok || why !== null) {
      const text = notTaken(why, before === null ? null : clock.nowMs() - before.readMs);
      await openNotice(store, clock.nowMs(), { key: KUSAMA_NOTICE, severity: 'warning', text });
      return text;
    }
    const standings = [...list.standings].map(([key, { ...standing }]): Noted => [key, standing]);
    await writeNote(store, 'kusama', { readMs: clock.nowMs(), standings });
    await closeNotice(store, clock.nowMs(), KUSAMA_NOTICE);
    return counted(standings.length, 'standing');
  },
};

function notTaken(why: string | null, ageMs: number | null): string {
  const stands =
    ageMs === null
      ? 'there is no earlier list'
      : `the earlier list, read ${shownTime(ageMs)} ago, stays in use`;
  return `the list of the Kusama programme is not used, ${stands}: ${why}. Check that the address under \`kusama\` returns the whole list`;
}

/** A candidate that is missing from the list fails its check, so a partial list must not be used. */
function whyNotWhole(size: number, before: number, least: number | null): string | null {
  const has = `it has ${counted(size, 'candidate')}`;
  if (size === 0) return 'it has no candidates';
  if (least !== null) return size < least ? `${has}, but \`kusamaLeast\` is ${least}` : null;
  if (2 * size >= before) return null;
  return `${has}, but had ${before} before; if the list is now that small, write \`kusamaLeast: ${size}\``;
}
