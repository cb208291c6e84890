import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeNote } from '../jobs/notes.ts';
import { testSite } from './testing/site.ts';

/**
 * Whether a list has rows, each with all of these fields, and at least one row in which none of them is null.
 */
const rows =
  (...fields: readonly string[]) =>
  ({ rows: found }: { readonly rows: readonly Record<string, unknown>[] }): void => {
    assert.ok(found.length > 0, 'there are rows');
    for (const row of found) for (const field of fields) assert.ok(field in row, `a row has ${field}`);
    assert.ok(
      found.some((row) => fields.every((field) => row[field] !== null)),
      `a row has all of ${fields.join(', ')}`,
    );
  };

/** Whether fields are there, and neither null nor empty. */
const fields =
  (...names: readonly string[]) =>
  (found: Readonly<Record<string, unknown>>): void => {
    for (const name of names) {
      const value = found[name];
      assert.ok(value !== null && value !== undefined, `${name} is there`);
      if (Array.isArray(value)) assert.ok(value.length > 0, `${name} has something in it`);
    }
  };

/**
 * The purpose of each route, and the content that its answer must have. `WHO` is a candidate that was
 * nominated.
 */
const CONTENT: Readonly<Record<string, (found: never) => void>> = {
  '/v1/candidates?limit=5': rows('stashKey', 'verdict', 'position', 'total', 'rank', 'failed'),
  '/v1/candidates?verdict=invalid&fields=name,failed&sort=rank&order=desc': rows('name', 'failed'),
  '/v1/candidates/WHO': fields('results', 'facts', 'round', 'history', 'nominatedIn', 'score', 'handles'),
  '/v1/candidates/WHO/history': fields('periods'),
  '/v1/candidates/WHO/scores': rows('snapshot', 'takenAtMs', 'total', 'position'),
  '/v1/candidates/WHO/points': rows('era', 'points'),
  '/v1/candidates/WHO/payouts': rows('era', 'page', 'state', 'amount', 'expiresEra'),
  '/v1/nominators': rows('name', 'bonded', 'targets', 'round', 'intents'),
  '/v1/intents': rows('id', 'nominator', 'state', 'era'),
  '/v1/rounds': rows('id', 'era', 'nominatedCount', 'nominators'),
  '/v1/rounds/newest': fields('seed', 'rules', 'decisions', 'nominators'),
  '/v1/rounds/newest/explain/WHO': fields('because', 'lines', 'parts'),
  '/v1/next?limit=3': rows('name', 'position', 'because'),
  '/v1/faults': rows('stashKey', 'kind', 'era', 'reason', 'evidence'),
  '/v1/payouts': rows('stashKey', 'era', 'page', 'amount'),
  '/v1/eras': rows('era', 'total', 'validators', 'median'),
  '/v1/statistics': fields('counts', 'eras', 'round'),
  '/v1/places': fields('located', 'countries', 'cities', 'providers'),
  '/v1/hints': rows('stashKey', 'kind', 'name', 'why'),
  '/v1/releases': rows('client', 'version', 'publishedAtMs'),
  '/v1/jobs': rows('name', 'state', 'runCount'),
  '/v1/notices': rows('key', 'severity', 'text'),
  '/v1/health': fields('checks', 'snapshot', 'round'),
};

test('every route answers with content, not with an empty form', async (context) => {
  const { get, filled, store } = await testSite(context, { candidates: 120 });
  const targets = filled.records.at(-1)?.nominators.flatMap((one) => one.targets) ?? [];
  const payouts = await Promise.all(targets.map((key) => store.payouts.of(key, 1)));
  const who = targets.find((_key, at) => (payouts[at] ?? []).length > 0) ?? '';
  await writeNote(store, 'telemetry flags', [
    {
      kind: 'near-miss',
      key: who,
      source: 'a feed',
      name: 'Nearly ',
      networkId: null,
      sinceMs: 1,
      why: 'blanks',
    },
  ]);
  for (const [route, check] of Object.entries(CONTENT)) {
    const answer = await get(route.replace('WHO', who));
    assert.ok([200, 503].includes(answer.status), `${route}: ${answer.status} ${answer.body}`);
    try {
      check(answer.json as never);
    } catch (error) {
      assert.fail(`${route}: ${(error as Error).message}\n${answer.body.slice(0, 500)}`);
    }
    if (route !== '/v1/health') assert.ok(answer.headers.etag !== undefined, `${route} has an ETag`);
  }
  const { rows: nominators } = (await get('/v1/nominators')).json;
  const page = (await get('/status/nominators')).body;
  assert.match(page, /aria-current="page"/);
  assert.doesNotMatch((await get('/status/none')).body, /aria-current="page"/);
  for (const { stashKey, targets: onChain } of nominators) {
    const [name] = filled.snapshot.candidates.flatMap(({ candidate }) =>
      candidate.stashKey === onChain[0].stashKey ? [candidate.name] : [],
    );
    const own = filled.snapshot.nominators.find((one) => one.stashKey === stashKey);
    assert.ok(own?.targets.known && own.targets.value?.[0] === onChain[0].stashKey);
    assert.equal(onChain[0].name, name);
    assert.match(
      page,
      new RegExp(`backs on chain</dt><dd><a href="/status/candidates/${onChain[0].stashKey}">`),
    );
  }
  const found = await get(`/v1/candidates/${who}`);
  assert.deepEqual(
    found.json.hints.map(({ name }: { readonly name: string }) => name),
    ['Nearly '],
  );
  assert.match((await get(`/status/candidates/${who}`)).body, /Nodes to look at/);
  assert.match((await get('/metrics')).body, /^watchbill_nominate_payouts_unclaimed [1-9]/m);
});

test('places count located and declared nodes, by the newest snapshot', async (context) => {
  const { get, filled } = await testSite(context);
  const placed = filled.snapshot.candidates.filter(({ place }) => place.known && place.value !== null);
  const { json } = await get('/v1/places');
  assert.equal(json.located, placed.length);
  assert.deepEqual([json.declared, json.lookedUp], [0, 0]);
  const total = json.cities.reduce((sum: number, { count }: { readonly count: number }) => sum + count, 0);
  assert.equal(total, placed.length);
});
