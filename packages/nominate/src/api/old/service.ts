import { valueOrNull } from '../../facts/fact.ts';
import type { JobState, PageOf, Standing } from '../../storage/port.ts';
import { json, jsonNow, type Reply, refusal } from '../reply.ts';
import type { Site } from '../site.ts';
import { healthOf } from '../views/health.ts';
import { placesOf } from '../views/places.ts';

const UNWELL = 503;
const PAGE = 1_000;
const MOST_PAGES = 10;
const VALID = { verdict: 'valid', sort: 'slot', descending: false } as const;

const OLD_JOB_STATES: Readonly<Record<JobState, string>> = {
  idle: 'finished',
  running: 'running',
  succeeded: 'finished',
  failed: 'errored',
  stopped: 'finished',
};

export async function oldJobs({ reader }: Site): Promise<Reply> {
  const rows = await reader.ask(({ jobs }) => jobs.all());
  return json(
    rows.map(({ name, state, progress, runCount, startedMs, error, detail }) => ({
      name,
      status: OLD_JOB_STATES[state],
      runCount,
      executedAt: startedMs,
      progress: progress === null ? null : Math.round(progress * 100),
      error,
      detail,
    })),
  );
}

/** Four fields as before, all of the current moment. */
export async function oldHealth(site: Site): Promise<Reply> {
  const { healthy, version, endpoints, upSinceMs } = await healthOf(site);
  const connected = endpoints.filter((one) => one.connected);
  return jsonNow(
    {
      version,
      connected: connected.length > 0,
      currentEndpoint: connected[0]?.name ?? null,
      upSince: upSinceMs,
    },
    healthy ? 200 : UNWELL,
  );
}

export async function oldRelease({ reader }: Site): Promise<Reply> {
  const all = await reader.ask(({ releases }) => releases.all());
  const newest = all.toSorted((a, b) => b.publishedAtMs - a.publishedAtMs)[0];
  if (newest === undefined) return refusal('nothing-yet', 'no release is known yet');
  const { version, publishedAtMs, client } = newest;
  return json({ name: version, publishedAt: publishedAtMs, client });
}

export async function oldEraStats({ reader }: Site): Promise<Reply> {
  const [of, facts, counts] = await Promise.all([
    reader.standingsOf(),
    reader.facts(),
    reader.ask(({ standings }) => standings.counts()),
  ]);
  if (of === null) return json([]);
  const { all, valid, active, kyc } = counts;
  const era = facts === null ? null : valueOrNull(facts.head.eras.active);
  return json([{ when: of.takenAtMs, era, totalNodes: all, valid, active, kyc }]);
}

export async function oldEraTotals({ reader }: Site): Promise<Reply> {
  const eras = await reader.ask(({ points }) => points.eras());
  return json(
    eras.map(({ era, total, validators, median }) => ({
      era,
      totalEraPoints: total,
      median,
      average: validators === 0 ? null : total / validators,
    })),
  );
}

export async function oldPlaces(site: Site, only: 'all' | 'valid'): Promise<Reply> {
  const { reader } = site;
  const facts = await reader.facts();
  const wanted = only === 'all' ? null : await validKeys(site);
  const found = [...(facts?.places() ?? [])]
    .filter(([key]) => wanted?.has(key) ?? true)
    .map(([, place]) => place);
  const { countries, regions, cities, providers } = placesOf(found);
  const old = (rows: typeof countries) => rows.map(({ name, count }) => ({ name, numberOfNodes: count }));
  return json({
    session: facts === null ? null : valueOrNull(facts.head.eras.session),
    totalNodes: found.length,
    locations: old(cities),
    regions: old(regions),
    countries: old(countries),
    providers: old(providers),
  });
}

async function validKeys({ reader }: Site): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  let after: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const asked = { limit: PAGE, after };
    const found: PageOf<Standing> = await reader.ask(({ standings }) => standings.list(VALID, asked));
    for (const { stashKey } of found.rows) keys.add(stashKey);
    if (found.next === null) break;
    after = found.next;
  }
  return keys;
}
