/** A route of the Thousand Validators backend, and its state here. */
export interface OldRoute {
  readonly path: string;
  /** `answered` in the old shape; `gone` with 410. */
  readonly state: 'answered' | 'gone';
  /** How the answer differs from the old one, or why the route is gone. */
  readonly note: string;
  /** The route of this API that has the same data, or most of it. */
  readonly instead: string;
}

const answered = (path: string, instead: string, note: string): OldRoute => ({
  path,
  state: 'answered',
  note,
  instead,
});
const gone = (path: string, instead: string, note: string): OldRoute => ({
  path,
  state: 'gone',
  note,
  instead,
});

const SHAPE =
  'fields that can no longer be computed are left out; `valid` is null if a check could not be decided';
const SET = 'the programme reads its candidates, not the whole validator set';
const FIAT =
  'sums were counted twice, and prices came from elsewhere; pages and their state are read from the chain';

/** Every route of the old backend, in the order of its documentation. */
export const OLD_ROUTES: readonly OldRoute[] = [
  answered('/candidate/:stash', '/v1/candidates/{who}', `also takes a slot or a name; ${SHAPE}`),
  answered(
    '/candidates',
    '/v1/candidates',
    `best first; at most 1,000, then a \`Link\` to the next; ${SHAPE}`,
  ),
  answered('/candidates/rank', '/v1/candidates?sort=rank&order=desc', 'as `/candidates`'),
  answered('/candidates/valid', '/v1/candidates?verdict=valid', 'as `/candidates`'),
  answered(
    '/candidates/invalid',
    '/v1/candidates?verdict=invalid',
    'as `/candidates`; undecided candidates are in neither list',
  ),
  answered('/nominators', '/v1/nominators', 'without `avgStake` and `rewardDestination`'),
  answered('/nominator/:stash', '/v1/nominators/{who}', 'as `/nominators`'),
  answered(
    '/nominators/status',
    '/v1/nominators',
    'an array, where it used to be a text with an array in it',
  ),
  answered('/nominations', '/v1/intents', 'the newest 20 that were finalised and read back from the chain'),
  answered('/nominations/:address/:last', '/v1/intents?nominator={address}', 'it used to be empty'),
  answered('/lastnomination', '/v1/rounds/newest', 'the newest that was finalised'),
  answered(
    '/proxytxs',
    '/v1/intents?open=true',
    'announcements that the chain has; `number` is a relay block',
  ),
  answered('/nominatorstake/:address', '/v1/candidates/{who}', 'of the newest snapshot'),
  gone(
    '/nominatorstake/:address/:era',
    '/v1/rounds/{id}/snapshot',
    'stakes of past eras are in the snapshots of rounds',
  ),
  gone(
    '/nominatorstake/:address/last/:limit',
    '/v1/rounds/{id}/snapshot',
    'stakes of past eras are in the snapshots of rounds',
  ),
  answered('/score/:stash', '/v1/candidates/{who}', '`randomness` is the draw of the round, 0 to 1'),
  gone(
    '/score/:stash/:session',
    '/v1/candidates/{who}/scores',
    'for past sessions, only the total and the place are kept',
  ),
  gone('/scoremetadata', '/v1/statistics', 'it described inputs; only the distribution of points is kept'),
  gone('/scoremetadata/:session', '/v1/rounds/{id}', 'every round keeps its own distribution'),
  answered('/erapoints/:stash', '/v1/candidates/{who}/points', 'as before'),
  answered('/totalerapoints', '/v1/eras', 'without `max` and `min`'),
  answered('/erastats', '/v1/statistics', 'an array of one, as before'),
  answered(
    '/locationstats',
    '/v1/places',
    'without variances; candidates without a known place are not counted',
  ),
  answered('/locationstats/valid', '/v1/places', 'as `/locationstats`'),
  gone(
    '/locationstats/:session',
    '/v1/rounds/{id}/snapshot',
    'places of the past are in the snapshots of rounds',
  ),
  answered(
    '/location/validator/:stash',
    '/v1/candidates/{who}',
    'an array, as before; without address and hardware',
  ),
  gone('/location/currentvalidatorset', '/v1/places', SET),
  gone('/validators', '/v1/candidates', SET),
  gone('/validators/current', '/v1/candidates?active=true', SET),
  gone('/validator/:address', '/v1/candidates/{who}', SET),
  gone('/validators/activeeras/:address', '/v1/candidates/{who}/points', SET),
  gone('/validators/beefy', '/v1/candidates/{who}', SET),
  gone(
    '/validators/beefy/dummy',
    '/v1/candidates?verdict=invalid',
    'see the check `beefy` of each candidate',
  ),
  gone('/rewards/validator/:address', '/v1/candidates/{who}/payouts', FIAT),
  gone('/rewards/validator/:address/total', '/v1/candidates/{who}/payouts', FIAT),
  gone('/rewards/validator/:address/stats', '/v1/candidates/{who}/payouts', FIAT),
  gone('/rewards/validators/total', '/v1/payouts', FIAT),
  gone('/rewards/validators/stats', '/v1/payouts', FIAT),
  gone('/rewards/nominator/:address', '/v1/payouts', FIAT),
  gone('/rewards/nominator/:address/total', '/v1/payouts', FIAT),
  gone('/rewards/nominators/total', '/v1/payouts', FIAT),
  answered('/release', '/v1/releases', 'the newest of all clients'),
  gone('/blockindex', '/v1/health', 'no blocks are scanned: points and claims are read from state'),
  gone(
    '/stats/totalRequests',
    '/metrics',
    'it never counted requests; `watchbill_nominate_requests_total` does',
  ),
  gone(
    '/stats/endpointCounts',
    '/metrics',
    'it never counted requests; `watchbill_nominate_requests_total` does',
  ),
  answered('/scorekeeper/jobs', '/v1/jobs', 'without `frequency` and `iteration`'),
  answered('/healthcheck', '/v1/health', 'read at each request; 503 if the service is not healthy'),
  answered('/metrics', '/metrics', 'other series'),
  answered('/status', '/status', 'other pages'),
  answered('/docs', '/api', 'leads to `/api`'),
  answered('/', '/status', 'leads to `/status`'),
];
