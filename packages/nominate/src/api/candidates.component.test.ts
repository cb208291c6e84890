import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { field } from '@watchbill/kit/testing';
import { testSite } from './testing/site.ts';

type Row = { readonly [field: string]: never } & {
  readonly name: string;
  readonly slotId: number;
  readonly verdict: string;
  readonly position: number | null;
  readonly rank: number;
};

test('pages of candidates join to the whole list, in every order', async (context) => {
  const { get, filled } = await testSite(context);
  for (const sort of ['position', 'name', 'slot', 'rank']) {
    for (const order of ['asc', 'desc']) {
      const rows: Row[] = [];
      let after = '';
      for (let page = 0; page < 10; page += 1) {
        const { json } = await get(`/v1/candidates?limit=7&sort=${sort}&order=${order}${after}`);
        assert.equal(json.total, 60);
        assert.ok(json.rows.length <= 7);
        rows.push(...json.rows);
        if (json.next === null) break;
        after = `&after=${encodeURIComponent(json.next)}`;
      }
      assert.equal(new Set(rows.map(field('slotId'))).size, filled.standings.length, `${sort} ${order}`);
      const ranks = rows.map(({ rank }) => rank);
      if (sort === 'rank')
        assert.deepEqual(
          ranks,
          ranks.toSorted((a, b) => (order === 'asc' ? a - b : b - a)),
        );
    }
  }
});

test('filters select the rows that match, and the total counts them', async (context) => {
  const { get, filled } = await testSite(context);
  const { standings } = filled;
  const cases: readonly [query: string, fits: (one: (typeof standings)[number]) => boolean][] = [
    ['verdict=invalid', ({ verdict }) => verdict === 'invalid'],
    ['active=true', ({ active }) => active === true],
    ['active=false&kyc=true', ({ active, kyc }) => active === false && kyc],
    ['name=KEEL', ({ name }) => name.includes('keel')],
  ];
  for (const [query, fits] of cases) {
    const { json } = await get(`/v1/candidates?limit=200&sort=slot&${query}`);
    const wanted = standings.filter(fits).map(({ slotId }) => slotId);
    assert.ok(wanted.length > 0, query);
    assert.deepEqual(
      json.rows.map(({ slotId }: Row) => slotId),
      wanted.toSorted((a, b) => a - b),
    );
    assert.equal(json.total, wanted.length);
  }
});

test('rows have the fields that were asked for and no others', async (context) => {
  const { get } = await testSite(context);
  const { json } = await get('/v1/candidates?limit=1&fields=name,total,results');
  assert.deepEqual(Object.keys(json.rows[0]), ['name', 'total', 'results']);
  const brief = (await get('/v1/candidates?limit=1')).json.rows[0];
  assert.ok(!('results' in brief) && !('score' in brief) && 'failed' in brief);
});

test('a request in another form than documented is refused, with its place', async (context) => {
  const { get } = await testSite(context);
  for (const [url, says] of [
    ['/v1/candidates?limit=0', /query limit: must be a number from 1 to 200/],
    ['/v1/candidates?limit=201', /query limit: must be a number from 1 to 200/],
    ['/v1/candidates?limit=1e2', /query limit/],
    ['/v1/candidates?limit=5&limit=6', /query limit/],
    ['/v1/candidates?verdict=perhaps', /query verdict/],
    ['/v1/candidates?sort=stash', /query sort/],
    ['/v1/candidates?fields=name,secret', /query fields/],
    ['/v1/candidates?colour=blue', /there is no parameter "colour"/],
    ['/v1/candidates?__proto__=x', /there is no parameter/],
    [`/v1/candidates?name=${'a'.repeat(257)}`, /query name/],
    ['/v1/rounds/..%2f..%2fetc', /path id/],
    ['/v1/intents/1', /path id: must be 32 hex digits/],
    ['/v1/intents?nominator=unlisted', /neither an address nor a public key/],
    ['/v1/faults?limit=1000', /query limit/],
  ] as const) {
    const { status, json } = await get(url);
    assert.equal(status, 400, url);
    assert.equal(json.code, 'invalid-request', url);
    assert.match(json.detail, says, url);
  }
  const stale = await get('/v1/candidates?after=AAAA');
  assert.equal(stale.status, 400);
  assert.equal(stale.json.code, 'stale-page');
  assert.equal((await get('/v1/candidates/%zz')).status, 400);
});

test('one candidate is found by key, address of any prefix, slot and name, with its reasons', async (context) => {
  const { get, filled } = await testSite(context);
  const { writeAddress } = await import('@watchbill/chain/address');
  const invalid = filled.standings.find(({ verdict }) => verdict === 'invalid');
  assert.ok(invalid);
  const { stashKey, slotId, name } = invalid;
  const names = [
    stashKey,
    stashKey.toUpperCase().replace('0X', '0x'),
    writeAddress({ prefix: 0, publicKey: stashKey }),
    writeAddress({ prefix: 2, publicKey: stashKey }),
    writeAddress({ prefix: 42, publicKey: stashKey }),
    String(slotId),
    `%23${slotId}`,
    encodeURIComponent(name),
  ];
  const bodies = new Set<string>();
  for (const who of names) {
    const { status, body } = await get(`/v1/candidates/${who}`);
    assert.equal(status, 200, who);
    bodies.add(body);
  }
  assert.equal(bodies.size, 1);
  const { json } = await get(`/v1/candidates/${stashKey}`);
  assert.equal(json.round.code, 'invalid');
  assert.equal(json.round.round, filled.rounds.at(-1));
  assert.match(json.round.because, /^a check failed: /);
  assert.ok(json.round.remedies.length > 0);
  const failed = json.results.find(({ outcome }: { outcome: string }) => outcome === 'fail');
  assert.ok(failed.evidence[0].source.length > 0);
  assert.equal(json.facts.find(({ fact }: { fact: string }) => fact === 'selfStake').source, 'staking');
});

test('the explanation is the text of the command line', async (context) => {
  const { get, store, filled } = await testSite(context);
  const { explainFromText, explanationLines } = await import('../operations/round.ts');
  const { encodeStored } = await import('../rounds/stored.ts');
  const id = filled.rounds.at(-1) ?? '';
  const stored = await store.rounds.get(id);
  assert.ok(stored);
  for (const who of ['#3', '#4', '#20']) {
    const explained = explainFromText(encodeStored(stored), who);
    assert.ok(explained.ok);
    const { json } = await get(`/v1/rounds/newest/explain/${encodeURIComponent(who)}`);
    assert.deepEqual(json.lines, explanationLines(explained.result));
  }
});

test('an answer that is known is not sent again, and a new snapshot makes it unknown', async (context) => {
  const { get, store, filled } = await testSite(context);
  for (const url of [
    '/v1/candidates?limit=5',
    '/v1/candidates/3',
    '/v1/nominators',
    '/v1/rounds/newest',
    '/candidates',
    '/status/rounds',
    '/openapi.json',
  ]) {
    const first = await get(url);
    const etag = String(first.headers.etag);
    assert.match(etag, /^"[\w-]{27}"$/, url);
    for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get(url, { 'if-none-match': header });
      assert.equal(again.status, 304, `${url} ${header}`);
      assert.equal(again.body, '');
      assert.equal(again.headers.etag, etag);
    }
    assert.equal((await get(url, { 'if-none-match': '"other"' })).status, 200, url);
  }
  const before = (await get('/v1/candidates?limit=5')).headers.etag;
  const of = await store.standings.of();
  assert.ok(of);
  await store.standings.replace({ ...of, takenAtMs: of.takenAtMs + 1 }, filled.standings.slice(0, 10));
  // The service checks for a new snapshot at intervals.
  const again = () => get('/v1/candidates?limit=5', { 'if-none-match': String(before) });
  let after = await again();
  while (after.status === 304) {
    await sleep(20);
    after = await again();
  }
  assert.equal(after.status, 200);
  assert.equal(after.json.total, 10);
});

test('before the first snapshot every route answers that there is no data yet', async (context) => {
  const { openProgrammeStore } = await import('../storage/open.ts');
  const { nominateServer } = await import('../server/server.ts');
  const store = await openProgrammeStore({ file: ':memory:' }, () => 1);
  const app = await nominateServer({ store, version: '1', clock: () => 1_000, upSinceMs: 0 });
  context.after(async () => {
    await app.close();
    await store.close();
  });
  const status = async (url: string) => (await app.inject({ url })).statusCode;
  const { of, rows } = (await app.inject({ url: '/v1/candidates' })).json();
  assert.deepEqual({ of, rows }, { of: null, rows: [] });
  for (const url of [
    '/v1/nominators',
    '/v1/rounds',
    '/v1/statistics',
    '/metrics',
    '/candidates',
    '/erastats',
    '/status',
    '/status/candidates',
    '/status/nominators',
    '/status/jobs',
    '/status/rounds',
  ])
    assert.equal(await status(url), 200, url);
  for (const url of [
    '/v1/rounds/newest',
    '/v1/next',
    '/v1/candidates/1',
    '/status/rounds/newest',
    '/status/candidates/1',
    '/lastnomination',
    '/release',
  ])
    assert.equal(await status(url), 404, url);
  assert.equal(await status('/v1/health'), 503);
});
