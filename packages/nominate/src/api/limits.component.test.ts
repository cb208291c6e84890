import assert from 'node:assert/strict';
import test from 'node:test';
import { StorageFault } from '../storage/port.ts';
import { testSite } from './testing/site.ts';

const SECRET = 'password=hunter2';

test('a database that hangs costs a request its deadline and no more', {
  timeout: 60_000,
}, async (context) => {
  const gate = Promise.withResolvers<never>();
  const { get } = await testSite(context, {}, (store) => ({
    limits: { storageTimeoutMs: 30 },
    store: { ...store, jobs: { ...store.jobs, all: () => gate.promise } },
  }));
  const { status, json } = await get('/v1/jobs');
  assert.equal(status, 503);
  assert.equal(json.code, 'storage-unavailable');
  const page = await get('/status/jobs');
  assert.equal(page.status, 503);
  assert.match(page.body, /The database does not answer/);
  assert.equal((await get('/v1/candidates')).status, 200);
  assert.match((await get('/metrics')).body, /watchbill_nominate_storage_up 0/);
});

test('the text of a database error is not sent to clients', async (context) => {
  const { get } = await testSite(context, {}, (store) => ({
    store: {
      ...store,
      releases: {
        ...store.releases,
        all: () => Promise.reject(new StorageFault('refused', `it refused ${SECRET}`, 'look')),
      },
      jobs: { ...store.jobs, all: () => Promise.reject(new Error(`broken ${SECRET}`)) },
    },
  }));
  for (const [url, status, code] of [
    ['/v1/releases', 503, 'storage-unavailable'],
    ['/v1/jobs', 500, 'internal'],
    ['/release', 503, 'storage-unavailable'],
  ] as const) {
    const answer = await get(url);
    assert.equal(answer.status, status, url);
    assert.equal(answer.json.code, code);
    assert.doesNotMatch(answer.body, /hunter2/);
  }
});

test('requests above the limit get a refusal with a time to retry, and the place is free again afterwards', {
  timeout: 60_000,
}, async (context) => {
  const gate = Promise.withResolvers<void>();
  const { get } = await testSite(context, {}, (store) => ({
    limits: { requests: 3 },
    store: {
      ...store,
      jobs: {
        ...store.jobs,
        all: async () => {
          await gate.promise;
          return store.jobs.all();
        },
      },
    },
  }));
  const asked = [1, 2, 3, 4].map(() => get('/v1/jobs'));
  // The order of arrival is not fixed. The other requests wait at the gate.
  const refused = await Promise.race(asked);
  assert.equal(refused.status, 503);
  assert.equal(refused.json.code, 'busy');
  gate.resolve();
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  assert.deepEqual(statuses.sort(), [200, 200, 200, 503]);
  for (let n = 0; n < 10; n += 1) assert.equal((await get('/v1/releases')).status, 200);
});

test('no answer is longer than its page, for any request', async (context) => {
  const { get } = await testSite(context, { candidates: 230, rounds: 1 });
  assert.equal((await get('/v1/candidates?limit=200')).json.rows.length, 200);
  assert.equal((await get('/v1/candidates')).json.rows.length, 50);
  const old = await get('/candidates?limit=100');
  assert.equal(old.json.length, 100);
  const [, next = ''] = /^<([^>]+)>; rel="next"$/.exec(String(old.headers.link)) ?? [];
  const second = await get(next);
  assert.equal(second.json.length, 100);
  assert.notEqual(second.json[0].stash, old.json[0].stash);
  const all = await get('/candidates');
  assert.equal(all.json.length, 230);
  assert.equal(all.headers.link, undefined);
  assert.equal((await get('/candidates?limit=1001')).status, 400);
});
