import { setImmediate as turn } from 'node:timers/promises';
import type { Candidate } from '../../candidates/candidate.ts';
import type { SnapshotExtras } from '../../chain/index.ts';
import { shownTime } from '../../checks/show.ts';
import { known, unknown } from '../../facts/fact.ts';
import { cutHistory } from '../../history/cut.ts';
import type { RankRules } from '../../history/rank-rules.ts';
import type { Earlier, Fault, History, Period } from '../../snapshot/history-shapes.ts';
import { placeOf } from '../../snapshot/place.ts';
import type { JobContext } from '../job.ts';
import { type NoteOf, readNote } from '../notes.ts';
import { allStandings } from './all.ts';
import { lastIdentities, settledAt } from './last-known.ts';
import { lastSeenAt } from './last-seen.ts';

/** The parts of a snapshot that come from the database, not from chains. */
export async function snapshotExtrasFor(
  { store, settings, clock }: Pick<JobContext, 'store' | 'settings' | 'clock'>,
  { readMs, list }: NoteOf<'candidates'>,
): Promise<SnapshotExtras> {
  const keys = list.map(({ stashKey }) => stashKey);
  const [heard, releases, kusama, nominated] = await Promise.all([
    lastSeenAt(store, clock.nowMs()),
    readNote(store, 'releases'),
    readNote(store, 'kusama'),
    readNote(store, 'nominated'),
  ]);
  const [places, lookedUp] = await Promise.all([store.places.all(), store.places.lookedUp()]);
  const histories = await historiesOf(store, keys, new Map(nominated), settings.programme.rank);
  const nowMs = clock.nowMs();
  const settled = new Map((await allStandings(store)).map((one) => [one.stashKey, settledAt(one, nowMs)]));
  const pending = new Map(
    (await store.intents.open()).map(({ state: { intent, targets } }) => [
      intent.nominator,
      // Until a chill is on chain, the stash backs its targets.
      intent.call === 'chill' ? {} : { coming: [...targets] },
    ]),
  );
  const placeMs = Math.max(readMs, ...[...places.values(), ...lookedUp.values()].map(({ atMs }) => atMs));
  return {
    network: settings.network,
    configVersion: settings.configVersion,
    sources: sourcesOf(readMs, heard.atMs, releases?.readMs ?? null, placeMs, kusama),
    releases:
      releases === null
        ? unknown('no feed of releases was read', 'releases')
        : known([...(await store.releases.all())], 'releases'),
    telemetry: heard.telemetry,
    recordOf: (candidate) => {
      const { stashKey } = candidate;
      return {
        lastSettled: settled.get(stashKey) ?? null,
        sighting: heard.sightingOf(stashKey),
        place: placeOf({
          heard: places.get(stashKey) ?? null,
          lookedUp: lookedUp.get(stashKey) ?? null,
          declared: candidate.declared,
        }),
        kusama: kusamaOf(candidate, kusama, clock.nowMs()),
        history: histories.get(stashKey) ?? historyOf({ faults: [], periods: [] }, []),
      };
    },
    lastIdentityOf: await lastIdentities(store, nowMs),
    nominators: settings.nominators.map(({ name, stashKey }) => ({
      name,
      stashKey,
      pending: known(pending.has(stashKey), 'programme'),
      ...pending.get(stashKey),
    })),
    withElection: settings.programme.round.count === 'simulate',
    notes: [],
  };
}

/** When each source of facts outside of chains was read. */
function sourcesOf(
  readMs: number,
  telemetryMs: number | null,
  releasesMs: number | null,
  placeMs: number,
  kusama: NoteOf<'kusama'> | null,
): SnapshotExtras['sources'] {
  return {
    programme: { role: 'programme', block: null, atMs: readMs },
    telemetry: { role: 'telemetry', block: null, atMs: telemetryMs ?? readMs },
    releases: { role: 'releases', block: null, atMs: releasesMs ?? readMs },
    places: { role: 'places', block: null, atMs: placeMs },
    ...(kusama === null ? {} : { kusama: { role: 'kusama' as const, block: null, atMs: kusama.readMs } }),
  };
}

/** Candidates whose histories are cut in one turn of the event loop; about 5 ms. */
const CUT_AT_ONCE = 20;

/** The history of each candidate, cut for a snapshot. */
async function historiesOf(
  store: JobContext['store'],
  keys: readonly string[],
  nominated: ReadonlyMap<string, readonly number[]>,
  rules: RankRules,
): Promise<ReadonlyMap<string, History>> {
  const books = await store.history.of(keys);
  const histories = new Map<string, History>();
  for (const [at, key] of keys.entries()) {
    if (at % CUT_AT_ONCE === 0) await turn();
    const book = books.get(key) ?? { faults: [], periods: [] };
    histories.set(key, cutHistory(historyOf(book, nominated.get(key) ?? []), rules));
  }
  return histories;
}

interface Book {
  readonly periods: readonly Period[];
  readonly faults: readonly Fault[];
  readonly earlier?: Earlier;
}

function historyOf({ periods, faults, earlier }: Book, nominatedEras: readonly number[]): History {
  const nominations = {
    lastNominatedEra: nominatedEras.at(-1) ?? null,
    nominationCount: nominatedEras.length,
  };
  const digest = earlier === undefined ? {} : { earlier };
  return { periods: [...periods], ...digest, faults: [...faults], ...nominations };
}

/** An older list does not show the current standings. */
const KUSAMA_KEEPS_MS = 7 * 24 * 3_600_000;

function kusamaOf({ kusamaStashKey }: Candidate, note: NoteOf<'kusama'> | null, nowMs: number) {
  if (kusamaStashKey === null) return known(null, 'programme');
  if (note === null) return unknown('the programme of Kusama was not read', 'programme');
  const ageMs = nowMs - note.readMs;
  if (ageMs > KUSAMA_KEEPS_MS)
    return unknown(`the programme of Kusama was last read ${shownTime(ageMs)} ago`, 'kusama');
  const standing = note.standings.find(([key]) => key === kusamaStashKey)?.[1];
  return known(standing ?? null, 'kusama');
}
