import { valueOrNull } from '../../facts/fact.ts';
import { json, jsonNow, type Reply } from '../reply.ts';
import { type Call, type Route, route } from '../route.ts';
import { hintList } from '../shapes/candidate.ts';
import {
  healthView,
  jobList,
  noticeList,
  placeView,
  releaseList,
  statisticsView,
} from '../shapes/history.ts';
import { nothing, pageQuery } from '../shapes/parts.ts';
import type { Site } from '../site.ts';
import { versionOf } from '../views/candidate.ts';
import { healthOf } from '../views/health.ts';
import { hintsOf } from '../views/hints.ts';
import { placesOf } from '../views/places.ts';
import { versioned } from './versioned.ts';

const JSON_ANSWER = { type: 'application/json' } as const;
const UNWELL = 503;

export const serviceRoutes: readonly Route[] = [
  route({
    url: '/v1/statistics',
    tag: 'candidates',
    summary: 'How many candidates are valid, active and known; the eras; how points are spread',
    params: nothing,
    query: nothing,
    answer: { description: 'The statistics.', ...JSON_ANSWER, shape: statisticsView },
    problems: [],
    handle: statistics,
  }),
  route({
    url: '/v1/places',
    tag: 'network',
    summary: 'Places of the candidates: countries, regions, cities, providers',
    params: nothing,
    query: nothing,
    answer: { description: 'The places.', ...JSON_ANSWER, shape: placeView },
    problems: [],
    handle: places,
  }),
  route({
    url: '/v1/hints',
    tag: 'network',
    summary: 'Nodes in telemetry that impersonate candidates, and nodes with similar names',
    params: nothing,
    query: nothing,
    answer: { description: 'The nodes to check.', ...JSON_ANSWER, shape: hintList },
    problems: [],
    handle: async ({ reader }) => json({ rows: await hintsOf(reader) }),
  }),
  route({
    url: '/v1/releases',
    tag: 'network',
    summary: 'Releases of clients, from the tracked feeds',
    params: nothing,
    query: nothing,
    answer: { description: 'The releases.', ...JSON_ANSWER, shape: releaseList },
    problems: [],
    handle: async ({ reader }) => json({ rows: await reader.ask(({ releases }) => releases.all()) }),
  }),
  route({
    url: '/v1/jobs',
    tag: 'service',
    summary: 'Jobs with their state and progress',
    params: nothing,
    query: nothing,
    answer: { description: 'The jobs.', ...JSON_ANSWER, shape: jobList },
    problems: [],
    handle: async ({ reader }) => json({ rows: await reader.ask(({ jobs }) => jobs.all()) }),
  }),
  route({
    url: '/v1/notices',
    tag: 'service',
    summary: 'Notices to people, newest first',
    params: nothing,
    query: pageQuery,
    answer: { description: 'A page of notices.', ...JSON_ANSWER, shape: noticeList },
    problems: ['stale-page'],
    handle: async ({ reader }, { query: { limit, after } }) =>
      json(await reader.ask(({ notices }) => notices.list({ limit, after: after ?? null }))),
  }),
  healthRoute('/v1/health', 'Health of the service: database, age of the snapshot, endpoints, telemetry'),
  healthRoute('/healthz', 'The same, at the path that probes use'),
];

function healthRoute(url: string, summary: string): Route {
  return route({
    url,
    tag: 'service',
    summary,
    params: nothing,
    query: nothing,
    answer: { description: 'It is healthy.', ...JSON_ANSWER, shape: healthView },
    alsoStatus: { [UNWELL]: 'It is not healthy; `checks` has the reasons.' },
    problems: [],
    handle: health,
  });
}

async function health(site: Site): Promise<Reply> {
  const found = await healthOf(site);
  return jsonNow(found, found.healthy ? 200 : UNWELL);
}

/** From the newest snapshot; computed once for each. */
async function places(site: Site, call: Call<unknown, unknown>): Promise<Reply> {
  const { reader } = site;
  return versioned(site, call, versionOf(await reader.standingsOf()), async () => {
    const found = (await reader.facts())?.places().values() ?? [];
    return { body: placesOf(found) };
  });
}

async function statistics({ reader }: Site): Promise<Reply> {
  const [of, facts, newest, counts] = await Promise.all([
    reader.standingsOf(),
    reader.facts(),
    reader.newestRound(),
    reader.ask(({ standings }) => standings.counts()),
  ]);
  const record = newest === null ? null : ((await reader.round(newest.id))?.record ?? null);
  const eras = facts?.head.eras;
  return json({
    of,
    counts,
    eras:
      eras === undefined
        ? null
        : {
            active: valueOrNull(eras.active),
            current: valueOrNull(eras.current),
            session: valueOrNull(eras.session),
            activeSinceMs: valueOrNull(eras.activeSinceMs),
          },
    round:
      newest === null || record === null
        ? null
        : { id: newest.id, era: newest.era, spread: record.statistics },
  });
}
