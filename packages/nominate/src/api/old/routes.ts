import { z } from 'zod';
import { readKey } from '../reading/snapshot-facts.ts';
import { type Reply, redirect, refusal } from '../reply.ts';
import { type Route, route } from '../route.ts';
import { limitOf, nothing, who } from '../shapes/parts.ts';
import type { Site } from '../site.ts';
import {
  byStash,
  ofStash,
  oldCandidates,
  oldLocation,
  oldNominatorStake,
  oldPage,
  oldScore,
  oneOldCandidate,
} from './candidates.ts';
import {
  oldLastNomination,
  oldNominations,
  oldNominators,
  oldProxyTransactions,
  oneOldNominator,
} from './nominators.ts';
import { oldEraStats, oldEraTotals, oldHealth, oldJobs, oldPlaces, oldRelease } from './service.ts';
import { OLD_ROUTES, type OldRoute } from './table.ts';

const BEST_FIRST = { sort: 'position', descending: false } as const;
const MOST_POINTS = 1_000;

/** Handlers that need only the site. */
const PLAIN: Readonly<Record<string, (site: Site) => Promise<Reply>>> = {
  '/nominators': oldNominators,
  '/nominators/status': oldNominators,
  '/nominations': (site) => oldNominations(site, { last: 20 }),
  '/lastnomination': oldLastNomination,
  '/proxytxs': oldProxyTransactions,
  '/totalerapoints': oldEraTotals,
  '/erastats': oldEraStats,
  '/locationstats': (site) => oldPlaces(site, 'all'),
  '/locationstats/valid': (site) => oldPlaces(site, 'valid'),
  '/release': oldRelease,
  '/scorekeeper/jobs': oldJobs,
  '/healthcheck': oldHealth,
  '/docs': async () => redirect('/api'),
  '/': async () => redirect('/status'),
};

const BY_STASH: Readonly<Record<string, (site: Site, stash: string) => Promise<Reply>>> = {
  '/candidate/:stash': oneOldCandidate,
  '/nominator/:stash': oneOldNominator,
  '/score/:stash': oldScore,
  '/location/validator/:stash': oldLocation,
  '/erapoints/:stash': (site, stash) =>
    ofStash(site, stash, async (stashKey) => {
      const rows = await site.reader.ask(({ points }) => points.of(stashKey, MOST_POINTS));
      return rows.map(({ era, points }) => ({ era, address: stash, eraPoints: points }));
    }),
};

const LISTS = {
  '/candidates': BEST_FIRST,
  '/candidates/rank': { sort: 'rank', descending: true },
  '/candidates/valid': { ...BEST_FIRST, verdict: 'valid' },
  '/candidates/invalid': { sort: 'slot', descending: false, verdict: 'invalid' },
} as const;

type Described = Pick<Route, 'url' | 'tag' | 'summary' | 'answer' | 'query' | 'problems'>;

const MAY_BE_MISSING: readonly string[] = ['/lastnomination', '/release'];

const byAddress = z.object({ address: who });
const NOMINATIONS = '/nominations/:address/:last';
const STAKE = '/nominatorstake/:address';

/**
 * A route for each entry of the table: it answers in the old shape, or with 410 and the new address.
 * `/metrics` and `/status` are left out, because the new routes have the same paths.
 */
export const oldRoutes: readonly Route[] = OLD_ROUTES.filter(
  ({ path }) => path !== '/metrics' && path !== '/status',
).map(oldRoute);

function oldRoute(old: OldRoute): Route {
  const described: Described = {
    url: old.path,
    tag: 'old',
    summary: `${old.state === 'gone' ? 'Gone' : 'As in the old backend'}: ${old.note}`,
    answer: { description: 'As in the old backend.', type: 'application/json' },
    problems: old.state === 'gone' ? ['gone'] : [],
    query: nothing,
  };
  if (old.state === 'gone') {
    const detail = `${old.note}; ask ${old.instead}`;
    return route({
      ...described,
      params: z.object({}),
      // The query does not matter: the answer is the same.
      query: z.looseObject({}),
      handle: async () => refusal('gone', detail, { instead: old.instead }),
    });
  }
  const plain = PLAIN[old.path];
  if (plain !== undefined) {
    const problems = MAY_BE_MISSING.includes(old.path) ? (['nothing-yet'] as const) : [];
    return route({ ...described, problems, params: nothing, handle: plain });
  }
  const byOne = BY_STASH[old.path];
  if (byOne !== undefined) {
    return route({
      ...described,
      problems: [old.path.startsWith('/nominator') ? 'no-such-nominator' : 'no-such-candidate'],
      params: byStash,
      handle: (site, { params }) => byOne(site, params.stash),
    });
  }
  const filter = LISTS[old.path as keyof typeof LISTS];
  if (filter !== undefined)
    return route({
      ...described,
      ...{ problems: ['busy'], isDownload: true },
      params: nothing,
      query: oldPage,
      handle: oldCandidates(old.path, filter),
    });
  if (old.path === STAKE) {
    return route({
      ...described,
      problems: ['no-such-candidate'],
      params: byAddress,
      handle: (site, { params }) => oldNominatorStake(site, params.address),
    });
  }
  if (old.path === NOMINATIONS) return nominationsRoute(described);
  throw new Error(`no handler answers the old route ${old.path}`);
}

function nominationsRoute(described: Described): Route {
  return route({
    ...described,
    problems: ['invalid-request'],
    params: z.object({ address: who, last: limitOf(20, 10) }),
    handle: async (site, { params: { address, last } }) => {
      const nominator = readKey(address);
      return nominator === null
        ? refusal('invalid-request', 'path address: it is neither an address nor a public key')
        : oldNominations(site, { nominator, last });
    },
  });
}
