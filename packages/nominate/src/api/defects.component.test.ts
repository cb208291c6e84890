import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { StorageFault } from '../storage/port.ts';
import { OLD_ROUTES } from './old/table.ts';
import { testSite } from './testing/site.ts';

/**
 * The service checks at intervals for a newer snapshot or round. How often depends on the speed of the
 * machine.
 */
const LOOKS: readonly string[] = ['standings.of', 'rounds.newest'];

/** A server on an invented programme, and how often it asked the database, without those checks. */
async function countingSite(context: TestContext, candidates: number) {
  const asked: string[] = [];
  const wrap = <Part extends object>(part: Part, of = ''): Part =>
    new Proxy(part, {
      get: (target, name, receiver) => {
        const member = Reflect.get(target, name, receiver);
        if (typeof member === 'object' && member !== null) return wrap(member, `${String(name)}.`);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          asked.push(`${of}${String(name)}`);
          return Reflect.apply(member, target, args);
        };
      },
    });
  const { get } = await testSite(context, { candidates, rounds: 1 }, (store) => ({ store: wrap(store) }));
  return { get, count: () => asked.filter((one) => !LOOKS.includes(one)).length };
}

test('defect 27: health is read at each request and was frozen at the start', async (context) => {
  let nowMs = 0;
  let connected = true;
  const { get, filled } = await testSite(context, {}, (_store, { nowMs: at }) => {
    nowMs = at;
    const endpoint = { role: 'staking', name: 'node.example.org', height: 12n, atMs: at };
    return { clock: () => nowMs, endpoints: () => [{ ...endpoint, connected }] };
  });
  const first = await get('/v1/health');
  assert.equal(first.status, 200);
  assert.equal(first.json.healthy, true);
  assert.equal(first.json.said.isWell, true);
  assert.match(
    first.json.said.sentence,
    /^the newest round, of era \d+, ended \d+ [\w ]+ ago and nominated \d+ validators?(; it checks \w+[\w ]* if the next round is due)?$/,
  );
  assert.equal(first.json.snapshot.ageMs, nowMs - filled.snapshot.takenAtMs);
  assert.equal((await get('/healthcheck')).json.connected, true);

  connected = false;
  const cut = await get('/v1/health');
  assert.equal(cut.status, 503);
  assert.equal(cut.json.said.isWell, false);
  assert.match(
    cut.json.said.sentence,
    /^not healthy: staking: 0 of 1 endpoint is connected; the newest round/,
  );
  assert.deepEqual(
    cut.json.checks.filter(({ ok }: { ok: boolean }) => !ok).map(({ name }: { name: string }) => name),
    ['staking'],
  );
  assert.equal((await get('/healthz')).body, cut.body);
  const old = await get('/healthcheck');
  assert.equal(old.status, 503);
  assert.deepEqual(old.json, {
    version: '1.2.3',
    connected: false,
    currentEndpoint: null,
    upSince: filled.nowMs - 3_600_000,
  });

  connected = true;
  nowMs += 31 * 60_000;
  const stale = await get('/v1/health');
  assert.equal(stale.status, 503);
  assert.match(JSON.stringify(stale.json.checks), /the newest is 35 min old, more than 30 min/);
});

test('health shows the age of each head, and fails above the bound, with a connected endpoint', async (context) => {
  const bounds = [null, 3_600_000, 60_000];
  const found = [];
  for (const oldestHeadMs of bounds) {
    const { get, filled } = await testSite(context, {}, (_store, { snapshot }) => {
      const { staking } = snapshot.sources;
      return { clock: () => (staking?.atMs ?? 0) + 600_000, limits: { oldestHeadMs } };
    });
    const { status, json } = await get('/v1/health');
    const { atMs = 0, block } = filled.snapshot.sources.staking ?? {};
    assert.deepEqual(json.heads[0], { role: 'staking', height: String(block?.number), atMs, ageMs: 600_000 });
    const { ok, detail } = json.checks.find(({ name }: { name: string }) => name === 'heads');
    found.push([status, ok, detail.split(',')[0]]);
  }
  assert.deepEqual(found, [
    [200, true, 'no bound is set'],
    [200, true, 'the chains of the snapshot move'],
    [503, false, 'the head of staking is 10 min old'],
  ]);
});

test('defect 27: health reports a lost database, and names neither file nor password', async (context) => {
  const secret = 'postgres://programme:hunter2@db.example.org/programme';
  const { get } = await testSite(context, {}, (store) => ({
    store: {
      ...store,
      ping: () => Promise.reject(new StorageFault('unavailable', `no route to ${secret}`, 'look at it')),
    },
  }));
  const { status, body, json } = await get('/v1/health');
  assert.equal(status, 503);
  assert.equal(json.checks[0].ok, false);
  assert.doesNotMatch(body, /hunter2|db\.example/);
});

test('defect 27: an unknown item is 404 with a problem document, and never 204 or an empty body', async (context) => {
  const { get } = await testSite(context);
  const nobody = `0x${'ab'.repeat(32)}`;
  const round = 'ab'.repeat(32);
  const paths = [
    `/v1/candidates/${nobody}`,
    '/v1/candidates/unlisted',
    '/v1/candidates/999999',
    `/v1/candidates/${nobody}/history`,
    `/v1/candidates/${nobody}/scores`,
    `/v1/candidates/${nobody}/points`,
    `/v1/candidates/${nobody}/payouts`,
    `/v1/rounds/${round}`,
    `/v1/rounds/${round}/snapshot`,
    `/v1/rounds/${round}/explain/1`,
    `/v1/rounds/${round}/replay`,
    `/v1/rounds/newest/explain/${nobody}`,
    `/v1/nominators/${nobody}`,
    `/v1/intents/${'ab'.repeat(16)}`,
    `/candidate/${nobody}`,
    `/nominator/${nobody}`,
    `/score/${nobody}`,
    `/erapoints/${nobody}`,
    `/nominatorstake/${nobody}`,
    `/location/validator/${nobody}`,
    '/v1/nothing',
    '/bull',
  ];
  for (const path of paths) {
    const { status, json, headers } = await get(path);
    assert.equal(status, 404, path);
    assert.match(String(headers['content-type']), /^application\/problem\+json/, path);
    assert.ok(json.code.startsWith('no-such-') || json.code === 'not-in-round', path);
    assert.ok(json.remedy.length > 0, path);
  }
});

test('defect 27: nominations of an account are answered and were always empty', async (context) => {
  const { get, filled } = await testSite(context);
  const nominator = filled.records.at(-1)?.nominators[0];
  assert.ok(nominator);
  const { status, json } = await get(`/nominations/${nominator.stashKey}/5`);
  assert.equal(status, 200);
  assert.equal(json.length, 1);
  assert.equal(json[0].validators.length, nominator.targets.length);
  assert.match(json[0].blockHash, /^0x/);
});

test('defect 27: a page of candidates costs a handful of questions to the database, however many rows it has', async (context) => {
  const costs: number[] = [];
  for (const candidates of [20, 200]) {
    const { get, count } = await countingSite(context, candidates);
    for (const url of ['/v1/candidates?limit=200', '/candidates', '/v1/nominators', '/v1/candidates/3']) {
      assert.equal((await get(url)).status, 200, url);
    }
    costs.push(count());
  }
  const [few = 0, many = 0] = costs;
  assert.ok(many <= few, `${few} questions for 20 candidates, ${many} for 200`);
  assert.ok(many <= 16, `${many} questions for four answers`);
});

test('defect 27: concurrent equal requests share one reading, and none gets the reading of another state', async (context) => {
  const { get, count } = await countingSite(context, 40);
  const answers = await Promise.all(Array.from({ length: 50 }, () => get('/v1/candidates?limit=40')));
  assert.equal(new Set(answers.map(({ body }) => body)).size, 1);
  assert.equal(count(), 1, `${count()} questions for fifty equal requests`);
});

test('defect 27: requests are counted by route and status, and the old counters name their replacement', async (context) => {
  const { get } = await testSite(context);
  await get('/v1/candidates');
  await get('/v1/candidates');
  await get('/v1/candidates/unlisted');
  const { body } = await get('/metrics');
  assert.match(body, /watchbill_nominate_requests_total\{route="\/v1\/candidates",status="200"\} 2/);
  assert.match(body, /watchbill_nominate_requests_total\{route="\/v1\/candidates\/:who",status="404"\} 1/);
  for (const path of ['/stats/totalRequests', '/stats/endpointCounts']) {
    const { status, json } = await get(path);
    assert.equal(status, 410);
    assert.equal(json.instead, '/metrics');
  }
});

test('defect 27: the service answers exactly the old routes of the table', async (context) => {
  const { get, filled } = await testSite(context);
  const key = filled.standings[0]?.stashKey ?? '';
  const nominator = filled.records.at(-1)?.nominators[0]?.stashKey ?? '';
  for (const { path, state, instead } of OLD_ROUTES) {
    const who = path.startsWith('/nominator/') || path.startsWith('/nominations/') ? nominator : key;
    const url = path.replace(/:(stash|address)/, who).replace(/:(last|limit|session|era)/, '3');
    const { status, json } = await get(url);
    if (state === 'gone') {
      assert.equal(status, 410, path);
      assert.equal(json.code, 'gone', path);
      assert.equal(json.instead, instead, path);
      assert.ok(json.detail.includes(instead), path);
    } else
      assert.ok(status === 200 || (status === 302 && ['/', '/docs'].includes(path)), `${path}: ${status}`);
  }
});
