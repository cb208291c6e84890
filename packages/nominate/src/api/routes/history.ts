import { z } from 'zod';
import type { Reply } from '../reply.ts';
import { json } from '../reply.ts';
import { type Route, route } from '../route.ts';
import {
  eraList,
  faultList,
  historyView,
  payoutList,
  pointList,
  scoreList,
  unclaimedList,
} from '../shapes/history.ts';
import { limitOf, nothing, pageQuery, who } from '../shapes/parts.ts';
import type { Site } from '../site.ts';
import { standingOf } from '../views/candidate-in-full.ts';
import { noSuchCandidate } from './candidates.ts';

const MOST_POINTS = 1_000;
const newestQuery = z.strictObject({ limit: limitOf(MOST_POINTS, 100) });
const byWho = z.object({ who });
const JSON_ANSWER = { type: 'application/json' } as const;
const pageAsked = ({ limit, after }: { readonly limit: number; readonly after?: string | undefined }) => ({
  limit,
  after: after ?? null,
});

export const historyRoutes: readonly Route[] = [
  route({
    url: '/v1/candidates/:who/history',
    tag: 'history',
    summary: 'Faults and periods of a candidate, from which its rank is computed',
    params: byWho,
    query: nothing,
    answer: { description: 'The history.', ...JSON_ANSWER, shape: historyView },
    problems: ['no-such-candidate'],
    handle: (site, call) =>
      ofCandidate(site, call.params.who, async (stashKey) => {
        const found = (await site.reader.ask(({ history }) => history.of([stashKey]))).get(stashKey);
        const { faults = [], periods = [], earlier = null } = found ?? {};
        return json({ stashKey, faults, periods, earlier });
      }),
  }),
  route({
    url: '/v1/candidates/:who/scores',
    tag: 'history',
    summary: 'Totals and places of a candidate over time, the newest first',
    params: byWho,
    query: newestQuery,
    answer: { description: 'The scores.', ...JSON_ANSWER, shape: scoreList },
    problems: ['no-such-candidate'],
    handle: (site, { params, query: { limit } }) =>
      ofCandidate(site, params.who, async (stashKey) =>
        json({ stashKey, rows: await site.reader.ask(({ standings }) => standings.scores(stashKey, limit)) }),
      ),
  }),
  route({
    url: '/v1/candidates/:who/points',
    tag: 'history',
    summary: 'Era points of a candidate, the newest era first',
    params: byWho,
    query: newestQuery,
    answer: { description: 'The points.', ...JSON_ANSWER, shape: pointList },
    problems: ['no-such-candidate'],
    handle: (site, { params, query: { limit } }) =>
      ofCandidate(site, params.who, async (stashKey) => {
        const rows = await site.reader.ask(({ points }) => points.of(stashKey, limit));
        return json({ stashKey, rows: rows.map(({ era, points }) => ({ era, points })) });
      }),
  }),
  route({
    url: '/v1/candidates/:who/payouts',
    tag: 'history',
    summary: 'Pages of rewards of a candidate, claimed and unclaimed, from the chain',
    params: byWho,
    query: newestQuery,
    answer: { description: 'The payouts.', ...JSON_ANSWER, shape: payoutList },
    problems: ['no-such-candidate'],
    handle: (site, { params, query: { limit } }) =>
      ofCandidate(site, params.who, async (stashKey) =>
        json({ stashKey, rows: await site.reader.ask(({ payouts }) => payouts.of(stashKey, limit)) }),
      ),
  }),
  route({
    url: '/v1/faults',
    tag: 'history',
    summary: 'Faults of all candidates, the newest first, each with its time, reason and evidence',
    params: nothing,
    query: pageQuery,
    answer: { description: 'A page of faults.', ...JSON_ANSWER, shape: faultList },
    problems: ['stale-page'],
    handle: async ({ reader }, { query }) =>
      json(await reader.ask(({ history }) => history.faults(pageAsked(query)))),
  }),
  route({
    url: '/v1/payouts',
    tag: 'history',
    summary: 'Unclaimed pages of rewards',
    params: nothing,
    query: pageQuery,
    answer: { description: 'A page of payouts.', ...JSON_ANSWER, shape: unclaimedList },
    problems: ['stale-page'],
    handle: async ({ reader }, { query }) =>
      json(await reader.ask(({ payouts }) => payouts.unclaimed(pageAsked(query)))),
  }),
  route({
    url: '/v1/eras',
    tag: 'history',
    summary: 'Points of whole eras',
    params: nothing,
    query: nothing,
    answer: { description: 'The eras that are kept.', ...JSON_ANSWER, shape: eraList },
    problems: [],
    handle: async ({ reader }) => json({ rows: await reader.ask(({ points }) => points.eras()) }),
  }),
];

async function ofCandidate(
  site: Site,
  name: string,
  answer: (stashKey: string) => Promise<Reply>,
): Promise<Reply> {
  const standing = await standingOf(site, name);
  return standing === null ? noSuchCandidate(name) : answer(standing.stashKey);
}
