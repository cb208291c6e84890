import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROBLEM_HEADER } from '@watchbill/kit/http';
import { RecordError } from '../../rule/index.ts';
import { StoreFault } from '../../store/index.ts';
import { policyOf } from '../claim/testing/claim.ts';
import { type DecisionQuery, PermitFault, type PolicyDocument } from '../contract.ts';
import { LedgerFault } from '../ledger/port.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { CHAIN, decision, HEALTH, KEY, REPORT, secretOf, WATCH } from './testing/fixed-values.ts';
import { testApp } from './testing/server.ts';

const operator = { authorization: `Bearer ${secretOf('operator')}` };
const json = { ...operator, 'content-type': 'application/json' };

test('reads answer what the service says', async () => {
  const { inject } = await testApp();
  const get = async (url: string) => (await inject({ method: 'GET', url, headers: operator })).json();
  assert.deepEqual(await get('/v1/watch'), { watch: [WATCH] });
  assert.equal((await get('/v1/marks')).marks[0].recent[0].unit, '42');
  assert.deepEqual(await get('/v1/policies'), { policies: [] });
  assert.deepEqual(await get('/v1/health'), HEALTH);
  assert.deepEqual(await get('/v1/decisions?limit=1'), { decisions: [decision(2)], next: null });
});

const RELEASED_ID = 'a'.repeat(32);

test('rollback reports are listed, and released by their id with the name of the operator', async () => {
  const seen: string[][] = [];
  const permit = fakePermit({
    releaseRollbackReport: async (...given) => {
      seen.push(given);
      if (given[0] === RELEASED_ID)
        throw new PermitFault('report-released', 409, 'released already', 'List them.');
    },
  });
  const { inject } = await testApp(permit);
  const listed = await inject({ method: 'GET', url: '/v1/rollback-reports', headers: operator });
  assert.deepEqual(listed.json(), { reports: [REPORT] });
  const release = (id: string) =>
    inject({
      method: 'POST',
      url: `/v1/rollback-reports/${encodeURIComponent(id)}/release`,
      headers: json,
      payload: JSON.stringify({ reason: 'a copy' }),
    });
  assert.equal((await release(REPORT.id)).statusCode, 204);
  const twice = await release(RELEASED_ID);
  assert.deepEqual([twice.statusCode, twice.json().code], [409, 'report-released']);
  assert.deepEqual(seen, [
    [REPORT.id, 'a copy', 'operator-a'],
    [RELEASED_ID, 'a copy', 'operator-a'],
  ]);
  for (const bad of ['x', '5'.repeat(31), '5'.repeat(33), 'node:a', 'service-1/x'])
    assert.equal((await release(bad)).statusCode, 400, bad);
  assert.equal(seen.length, 2);
});

test('the query of decisions is handed on whole', async () => {
  const seen: DecisionQuery[] = [];
  const permit = fakePermit({
    decisions: (query) => {
      seen.push(query);
      return { decisions: [], next: null };
    },
  });
  const { inject } = await testApp(permit);
  await inject({ method: 'GET', url: '/v1/decisions', headers: operator });
  await inject({ method: 'GET', url: '/v1/decisions?before=9&limit=3&outcome=denied', headers: operator });
  assert.deepEqual(seen, [
    { before: undefined, limit: 100 },
    { outcome: 'denied', before: 9, limit: 3 },
  ]);
  for (const bad of ['limit=0', 'limit=1001', 'limit=ten', 'before=-1', 'colour=red', 'limit=1&limit=2']) {
    const answer = await inject({ method: 'GET', url: `/v1/decisions?${bad}`, headers: operator });
    assert.equal(answer.statusCode, 400, bad);
  }
  assert.equal(seen.length, 2);
});

test('a policy is completed with its defaults, or refused with every problem', async () => {
  const applied: PolicyDocument[] = [];
  const permit = fakePermit({
    applyPolicy: async (document) => {
      applied.push(document);
      return { ...document, versionId: 'v1', version: 1, mode: 'idle' };
    },
  });
  const { inject } = await testApp(permit);
  const document = {
    chain: CHAIN,
    key: KEY,
    roster: [{ name: 'node-a', rank: 0 }],
    duties: { grandpa: {} },
    ceilings: { slotMs: 6000 },
  };
  const put = (payload: object) => inject({ method: 'PUT', url: '/v1/policies', headers: json, payload });
  const good = await put(document);
  assert.equal(good.statusCode, 200, good.body);
  assert.equal(applied[0]?.duties.grandpa?.window, 64);
  assert.equal(good.json().duties.grandpa.digestRequired, true);
  const bad = await put({ ...document, duties: { sassafras: {}, grandpa: { window: 48 } } });
  assert.equal(bad.statusCode, 400);
  assert.equal(bad.json().code, 'invalid-policy');
  const paths = bad.json().problems.map((problem: { path: string }) => problem.path);
  assert.deepEqual(paths, ['duties.sassafras', 'duties.grandpa.window']);
  const mode = await put({ ...document, mode: 'enforce' });
  assert.equal(mode.json().code, 'invalid-request');
  assert.equal(applied.length, 1);
});

test('a freeze names all keys or one key, with a reason', async () => {
  const seen: unknown[] = [];
  const note = async (request: unknown, by: string) => {
    seen.push([request, by]);
    return [];
  };
  const { inject } = await testApp(fakePermit({ freeze: note, liftFreeze: note }));
  for (const url of ['/v1/freezes', '/v1/freezes/lift']) {
    const post = (payload: object) => inject({ method: 'POST', url, headers: json, payload });
    const good = [
      { key: KEY, reason: 'x' },
      { chain: CHAIN, key: KEY, reason: 'x' },
      { key: 'all', reason: 'x' },
    ];
    for (const body of good) assert.equal((await post(body)).statusCode, 200, JSON.stringify(body));
    assert.deepEqual(
      seen.splice(0),
      good.map((body) => [body, 'operator-a']),
    );
    for (const body of [
      { reason: 'x' },
      { chain: CHAIN, reason: 'x' },
      { key: '', reason: 'x' },
      { key: KEY },
      { key: KEY, reason: '' },
    ])
      assert.equal((await post(body)).statusCode, 400, JSON.stringify(body));
    assert.deepEqual(seen, []);
  }
});

const reader = { role: 'reader', name: 'r', original: { chain: CHAIN, key: KEY } };
test('a base URL of the original protocol is for nodes', async () => {
  const permit = fakePermit();
  const { inject } = await testApp(permit);
  const answer = await inject({ method: 'POST', url: '/v1/tokens', headers: json, payload: reader });
  assert.equal(answer.json().code, 'invalid-token');
  assert.deepEqual(permit.calls, []);
});

test('faults of the service become problems with their code', async () => {
  const cases: readonly (readonly [Error, number, string])[] = [
    [new PermitFault('token-unknown', 404, 'there is no such token', 'List them.'), 404, 'token-unknown'],
    [new PermitFault('odd', 500, 'odd', 'Odd.'), 503, 'odd'],
    [new StoreFault('unavailable', 'no quorum', 'Check it.'), 503, 'store-unavailable'],
    [new LedgerFault('disk full', 'Make room.'), 503, 'ledger-unavailable'],
    [new RecordError('the mark', 'it is not JSON'), 503, 'store-unavailable'],
    [new TypeError('secret inner detail'), 503, 'internal'],
  ];
  for (const [fault, status, code] of cases) {
    const { inject, log } = await testApp(fakePermit({ revokeToken: () => Promise.reject(fault) }));
    const answer = await inject({ method: 'DELETE', url: '/v1/tokens/0123', headers: operator });
    assert.equal(answer.statusCode, status);
    assert.equal(answer.headers['content-type'], PROBLEM_HEADER);
    assert.equal(answer.json().code, code);
    assert.equal(answer.json().status, status);
    assert.doesNotMatch(answer.body, /inner detail/);
    assert.equal(log.lines.join('').includes('inner detail'), code === 'internal');
  }
});

test('unknown routes, and known routes with other methods', async () => {
  const { inject } = await testApp();
  const cases = [
    ['GET', '/nothing', 404, 'no-such-route'],
    ['GET', '/v1/claims', 405, 'method-not-allowed'],
    ['DELETE', '/v1/policies', 405, 'method-not-allowed'],
    ['PATCH', '/v1/services/x', 405, 'method-not-allowed'],
    ['OPTIONS', '/livez', 405, 'method-not-allowed'],
    ['HEAD', '/v1/decisions/stream', 405, 'method-not-allowed'],
    ['GET', '/%zz', 400, 'malformed-url'],
    ['DELETE', `/v1/tokens/${'a'.repeat(200)}`, 414, 'url-too-long'],
    ['DELETE', '/v1/tokens/a%20b', 400, 'invalid-request'],
  ] as const;
  for (const [method, url, status, code] of cases) {
    const answer = await inject({ method, url, headers: operator });
    assert.equal(answer.statusCode, status, `${method} ${url} ${answer.body}`);
    assert.equal(answer.headers['content-type'], PROBLEM_HEADER);
    if (method !== 'HEAD') assert.equal(answer.json().code, code);
    if (status === 405) assert.ok(answer.headers.allow);
  }
  assert.equal((await inject({ method: 'HEAD', url: '/livez' })).statusCode, 200);
});

test('only JSON is read', async () => {
  const { inject } = await testApp();
  for (const type of ['text/plain', 'application/xml', 'nonsense', 'application/x-www-form-urlencoded']) {
    const headers = { ...operator, 'content-type': type };
    const answer = await inject({ method: 'POST', url: '/v1/watch/handover', headers, payload: 'a=b' });
    assert.equal(answer.statusCode, 415, type);
    assert.equal(answer.json().code, 'unsupported-media-type');
  }
});

test('a readiness report sets the clock offset of the node that made it', async () => {
  const { inject } = await testApp();
  const payload = JSON.stringify({
    chain: CHAIN,
    keys: [KEY],
    syncing: false,
    peers: 5,
    finalityLagBlocks: 2,
    clockOffsetMs: -250,
  });
  const headers = { ...json, authorization: `Bearer ${secretOf('node')}` };
  const answer = await inject({ method: 'POST', url: '/v1/readiness', headers, payload });
  assert.equal(answer.statusCode, 200, answer.body);
  const text = (await inject({ method: 'GET', url: '/metrics' })).body;
  assert.match(text, /^watchbill_node_clock_offset_seconds\{node="node-a"\} -0\.25$/m);
});

test('readiness follows the health of the service, and says why not', async () => {
  const ready = await (await testApp()).inject({ method: 'GET', url: '/readyz' });
  assert.deepEqual(ready.json(), { ready: true, state: 'serving', detail: 'serving' });
  const sick = fakePermit({
    health: async () => ({ ...HEALTH, ready: false, state: 'behind', detail: 'the store went back' }),
  });
  const answer = await (await testApp(sick)).inject({ method: 'GET', url: '/readyz' });
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.json().code, 'not-ready');
  assert.equal(answer.json().state, 'behind');
  assert.match(answer.json().detail, /went back/);
  const mute = fakePermit({ health: () => new Promise(() => undefined) });
  const late = await (await testApp(mute, { limits: { probeTimeoutMs: 5 } })).inject({
    method: 'GET',
    url: '/readyz',
  });
  assert.equal(late.statusCode, 503);
});

test('readings for open probes are shared', async () => {
  let readings = 0;
  const permit = fakePermit({
    health: async () => {
      readings++;
      return HEALTH;
    },
  });
  const { inject } = await testApp(permit);
  await Promise.all(Array.from({ length: 20 }, () => inject({ method: 'GET', url: '/readyz' })));
  assert.equal(readings, 1);
});

const OTHER = { chain: CHAIN, key: `0x${'e'.repeat(58)}5ac67d`, name: 'alpha' };
const ABROAD = { chain: `0x${'7'.repeat(64)}`, key: KEY };

/** A service that notes the requests of its methods; `more` are further policies. */
async function namedStage(...more: readonly object[]) {
  const seen: unknown[] = [];
  const note = <Answer>(answer: Answer) => {
    return async (...given: unknown[]): Promise<Answer> => {
      seen.push(given[0]);
      return answer;
    };
  };
  const moved = async (chain: string, key: string) => {
    seen.push({ chain, key });
    throw new Error('no further');
  };
  const permit = fakePermit({
    policies: async () => [
      policyOf({ chain: CHAIN, key: KEY }),
      policyOf(OTHER),
      policyOf(ABROAD),
      ...more.map(policyOf),
    ],
    marks: note([]),
    watches: note([]),
    standbys: note([]),
    freeze: note([]),
    liftFreeze: note([]),
    adopt: note([]),
    units: note({ units: [], complete: true }),
    drill: moved,
    handOver: moved,
  });
  const { inject } = await testApp(permit);
  return { inject, seen };
}

test('each route of an operator takes a name, the end of a key or all of it', async () => {
  const { inject, seen } = await namedStage();
  const bodies: Readonly<Record<string, object>> = {
    '/v1/freezes': { reason: 'x' },
    '/v1/freezes/lift': { reason: 'x' },
    '/v1/adoptions': { floors: {}, confirmation: 'x' },
    '/v1/watch/drill': { to: 'b' },
    '/v1/watch/handover': { to: 'b' },
  };
  for (const word of ['ALPHA', '5AC67D', OTHER.key.slice(2), `${OTHER.key.slice(0, 9)}…5ac67d`]) {
    for (const [url, body] of Object.entries(bodies))
      await inject({ method: 'POST', url, headers: operator, payload: { ...body, key: word } });
    for (const url of ['marks', 'watch', 'standbys', 'units'])
      await inject({ method: 'GET', url: `/v1/${url}?key=${encodeURIComponent(word)}`, headers: operator });
    const found = seen.splice(0) as { key: string }[];
    assert.deepEqual(new Set(found.map(({ key }) => key)), new Set([OTHER.key]), word);
    assert.equal(found.length, 9);
    const answer = await inject({
      method: 'GET',
      url: `/v1/policies?key=${encodeURIComponent(word)}`,
      headers: operator,
    });
    const [policy, ...others] = answer.json().policies;
    assert.deepEqual([policy.name, others], ['alpha', []]);
  }
});

test('a name that two changes gave at one moment, or digits that fit two keys, freeze none', async () => {
  const twin = { ...OTHER, key: `0x${'d'.repeat(57)}15ac67d` };
  const { inject, seen } = await namedStage(twin);
  for (const key of ['alpha', '5ac67d']) {
    const payload = { key, reason: 'x' };
    const refused = await inject({ method: 'POST', url: '/v1/freezes', headers: operator, payload });
    assert.deepEqual([refused.statusCode, refused.json().code], [409, 'key-ambiguous']);
    assert.equal(refused.json().remedy, 'name one of: alpha (…ee5ac67d); alpha (…d15ac67d)');
  }
  assert.deepEqual(seen, []);
});

test('a key on several chains needs the chain, and a freeze without it means all of them', async () => {
  const { inject, seen } = await namedStage();
  const post = (url: string, payload: object) => inject({ method: 'POST', url, headers: operator, payload });
  const end = KEY.slice(-6);
  const refused = await post('/v1/watch/drill', { key: end, to: 'b' });
  assert.deepEqual([refused.statusCode, refused.json().code], [409, 'key-ambiguous']);
  await post('/v1/watch/drill', { key: end, chain: `0x…${ABROAD.chain.slice(-6)}`, to: 'b' });
  await post('/v1/freezes', { key: 'all', chain: '777777', reason: 'x' });
  assert.deepEqual(seen.splice(0), [ABROAD, { key: 'all', chain: ABROAD.chain, reason: 'x' }]);
  const unknown = await post('/v1/freezes', { key: 'zulu', reason: 'x' });
  assert.deepEqual([unknown.statusCode, unknown.json().code], [404, 'key-unknown']);
  assert.match(unknown.json().remedy, /^the keys are: .*alpha \(…/);
  assert.deepEqual(seen, []);
});
