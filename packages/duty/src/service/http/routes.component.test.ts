import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROBLEM_HEADER } from '@watchbill/kit/http';
import { RecordError } from '../../rule/index.ts';
import { StoreFault } from '../../store/index.ts';
import { policyOf } from '../claim/testing/claim.ts';
import { PermitFault, type PolicyDocument } from '../contract.ts';
import { LedgerFault } from '../ledger/port.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { CHAIN, decision, HEALTH, KEY, REPORT, secretOf, WATCH } from './testing/fixed-values.ts';
import { problemIn, testApp } from './testing/server.ts';

test('reads answer what the service says', async () => {
  const { ask } = await testApp();
  const get = async (url: string) => (await ask(`GET ${url}`)).json();
  assert.deepEqual(await get('/v1/watch'), { watch: [WATCH] });
  assert.equal((await get('/v1/marks')).marks[0].recent[0].unit, '42');
  assert.deepEqual(await get('/v1/policies'), { policies: [] });
  assert.deepEqual(await get('/v1/health'), HEALTH);
  assert.deepEqual(await get('/v1/decisions?limit=1'), { decisions: [decision(2)], next: null });
  assert.deepEqual(await get('/v1/rollback-reports'), { reports: [REPORT] });
});

test('a rollback report is released by its id with the name of the operator', async () => {
  const freed = 'a'.repeat(32);
  const permit = fakePermit({
    releaseRollbackReport: async (id) => {
      if (id === freed) throw new PermitFault('report-released', 409, 'released already', 'List them.');
    },
  });
  const { ask } = await testApp(permit);
  const release = (id: string) =>
    ask(`POST /v1/rollback-reports/${encodeURIComponent(id)}/release`, { reason: 'a copy' });
  assert.equal((await release(REPORT.id)).statusCode, 204);
  problemIn(await release(freed), 409, 'report-released');
  for (const bad of ['x', '5'.repeat(31), '5'.repeat(33), 'node:a', 'service-1/x'])
    problemIn(await release(bad), 400, 'invalid-request');
  assert.deepEqual(
    permit.given,
    [REPORT.id, freed].map((id) => [id, 'a copy', 'operator-a']),
  );
});

test('the query of decisions is handed on whole', async () => {
  const permit = fakePermit();
  const { ask } = await testApp(permit);
  await ask('GET /v1/decisions');
  await ask('GET /v1/decisions?before=9&limit=3&outcome=denied');
  for (const bad of ['limit=0', 'limit=1001', 'limit=ten', 'before=-1', 'colour=red', 'limit=1&limit=2'])
    problemIn(await ask(`GET /v1/decisions?${bad}`), 400, 'invalid-request');
  const queries = [
    { before: undefined, limit: 100 },
    { outcome: 'denied', before: 9, limit: 3 },
  ];
  assert.deepEqual(
    permit.given,
    queries.map((query) => [query]),
  );
});

test('a policy is completed with its defaults, or refused with every problem', async () => {
  const permit = fakePermit();
  const { ask } = await testApp(permit);
  const roster = [{ name: 'node-a', rank: 0 }];
  const put = (change: object) => {
    const document = { chain: CHAIN, key: KEY, roster, ceilings: { slotMs: 6000 }, ...change };
    return ask('PUT /v1/policies', document);
  };
  const good = await put({ duties: { grandpa: {} } });
  assert.equal(good.statusCode, 200, good.body);
  const [[applied]] = permit.given as [[PolicyDocument]];
  assert.equal(applied.duties.grandpa?.window, 64);
  assert.equal(good.json().duties.grandpa.digestRequired, true);
  const bad = await put({ duties: { sassafras: {}, grandpa: { window: 48 } } });
  const { problems } = problemIn(bad, 400, 'invalid-policy');
  const paths = problems.map((problem: { path: string }) => problem.path);
  assert.deepEqual(paths, ['duties.sassafras', 'duties.grandpa.window']);
  problemIn(await put({ duties: { grandpa: {} }, mode: 'enforce' }), 400, 'invalid-request');
  assert.deepEqual(permit.calls, ['applyPolicy']);
});

test('a freeze names all keys or one key, with a reason', async () => {
  const permit = fakePermit();
  const { ask } = await testApp(permit);
  const reason = 'x';
  const good = [
    { key: KEY, reason },
    { chain: CHAIN, key: KEY, reason },
    { key: 'all', reason },
  ];
  const bad = [
    { reason },
    { chain: CHAIN, reason },
    { key: '', reason },
    { key: KEY },
    { key: KEY, reason: '' },
  ];
  for (const line of ['POST /v1/freezes', 'POST /v1/freezes/lift']) {
    for (const body of good) assert.equal((await ask(line, body)).statusCode, 200, JSON.stringify(body));
    for (const body of bad) problemIn(await ask(line, body), 400, 'invalid-request');
    assert.deepEqual(
      permit.given.splice(0),
      good.map((body) => [body, 'operator-a']),
    );
  }
  assert.deepEqual(permit.calls, [...Array(3).fill('freeze'), ...Array(3).fill('liftFreeze')]);
});

test('a base URL of the original protocol is for nodes', async () => {
  const permit = fakePermit();
  const reader = { role: 'reader', name: 'r', original: { chain: CHAIN, key: KEY } };
  problemIn(await (await testApp(permit)).ask('POST /v1/tokens', reader), 400, 'invalid-token');
  assert.deepEqual(permit.calls, []);
});

test('faults of the service become problems with their code', async () => {
  for (const [fault, status, code] of [
    [new PermitFault('token-unknown', 404, 'there is no such token', 'List them.'), 404, 'token-unknown'],
    [new PermitFault('odd', 500, 'odd', 'Odd.'), 503, 'odd'],
    [new StoreFault('unavailable', 'no quorum', 'Check it.'), 503, 'store-unavailable'],
    [new LedgerFault('disk full', 'Make room.'), 503, 'ledger-unavailable'],
    [new RecordError('the mark', 'it is not JSON'), 503, 'store-unavailable'],
    [new TypeError('secret inner detail'), 503, 'internal'],
  ] as const) {
    const { ask, log } = await testApp(fakePermit({ revokeToken: () => Promise.reject(fault) }));
    const answer = await ask('DELETE /v1/tokens/0123');
    problemIn(answer, status, code);
    assert.doesNotMatch(answer.body, /inner detail/);
    assert.equal(log.lines.join('').includes('inner detail'), code === 'internal');
  }
});

test('unknown routes, and known routes with other methods', async () => {
  const { ask, inject } = await testApp();
  for (const [line, status, code] of [
    ['GET /nothing', 404, 'no-such-route'],
    ['GET /v1/claims', 405, 'method-not-allowed'],
    ['DELETE /v1/policies', 405, 'method-not-allowed'],
    ['PATCH /v1/services/x', 405, 'method-not-allowed'],
    ['OPTIONS /livez', 405, 'method-not-allowed'],
    ['GET /%zz', 400, 'malformed-url'],
    [`DELETE /v1/tokens/${'a'.repeat(200)}`, 414, 'url-too-long'],
    ['DELETE /v1/tokens/a%20b', 400, 'invalid-request'],
  ] as const) {
    const answer = await ask(line);
    problemIn(answer, status, code);
    assert.equal(answer.headers.allow !== undefined, status === 405);
  }
  const { statusCode, headers } = await ask('HEAD /v1/decisions/stream');
  assert.deepEqual([statusCode, headers['content-type']], [405, PROBLEM_HEADER]);
  assert.ok(headers.allow);
  assert.equal((await inject({ method: 'HEAD', url: '/livez' })).statusCode, 200);
});

test('only JSON is read', async () => {
  const { inject } = await testApp();
  for (const type of ['text/plain', 'application/xml', 'nonsense', 'application/x-www-form-urlencoded']) {
    const headers = { authorization: `Bearer ${secretOf('operator')}`, 'content-type': type };
    const answer = await inject({ method: 'POST', url: '/v1/watch/handover', headers, payload: 'a=b' });
    problemIn(answer, 415, 'unsupported-media-type');
  }
});

test('a readiness report sets the clock offset of the node that made it', async () => {
  const { ask } = await testApp();
  const report = { chain: CHAIN, keys: [KEY], syncing: false, peers: 5, finalityLagBlocks: 2 };
  const answer = await ask('POST /v1/readiness', { ...report, clockOffsetMs: -250 }, 'node');
  assert.equal(answer.statusCode, 200, answer.body);
  const text = (await ask('GET /metrics')).body;
  assert.match(text, /^watchbill_node_clock_offset_seconds\{node="node-a"\} -0\.25$/m);
});

test('readiness follows the health of the service, and says why not', async () => {
  const ready = async (health: () => Promise<typeof HEALTH>) =>
    (await testApp(fakePermit({ health }), { limits: { probeTimeoutMs: 5 } })).ask('GET /readyz');
  const well = await ready(async () => HEALTH);
  assert.deepEqual(well.json(), { ready: true, state: 'serving', detail: 'serving' });
  const sick = { ...HEALTH, ready: false, state: 'behind', detail: 'the store went back' } as const;
  const { state, detail } = problemIn(await ready(async () => sick), 503, 'not-ready');
  assert.equal(state, 'behind');
  assert.match(detail, /went back/);
  problemIn(await ready(() => new Promise(() => undefined)), 503, 'not-ready');
});

test('readings for open probes are shared', async () => {
  let readings = 0;
  const permit = fakePermit({
    health: async () => {
      readings++;
      return HEALTH;
    },
  });
  const { ask } = await testApp(permit);
  await Promise.all(Array.from({ length: 20 }, () => ask('GET /readyz')));
  assert.equal(readings, 1);
});

const OTHER = { chain: CHAIN, key: `0x${'e'.repeat(58)}5ac67d`, name: 'alpha' };
const ABROAD = { chain: `0x${'7'.repeat(64)}`, key: KEY };

/** A service with keys of these names; `more` are further policies. */
async function namedStage(...more: readonly object[]) {
  const own = { chain: CHAIN, key: KEY };
  const permit = fakePermit({ policies: async () => [own, OTHER, ABROAD, ...more].map(policyOf) });
  const { ask } = await testApp(permit);
  /** The chain and the key of each call so far; most take them in one object. */
  const asked = () =>
    permit.given.splice(0).map(([first, second]) => {
      const named = typeof first === 'string' ? { chain: first, key: second } : (first as typeof ABROAD);
      return [named.chain, named.key];
    });
  return { ask, permit, asked };
}

test('each route of an operator takes a name, the end of a key or all of it', async () => {
  const { ask, asked } = await namedStage();
  const bodies: Readonly<Record<string, object>> = {
    freezes: { reason: 'x' },
    'freezes/lift': { reason: 'x' },
    adoptions: { floors: {}, confirmation: 'x' },
    'watch/drill': { to: 'b' },
    'watch/handover': { to: 'b' },
  };
  for (const word of ['ALPHA', '5AC67D', OTHER.key.slice(2), `${OTHER.key.slice(0, 9)}…5ac67d`]) {
    const query = `key=${encodeURIComponent(word)}`;
    for (const [route, body] of Object.entries(bodies))
      await ask(`POST /v1/${route}`, { ...body, key: word });
    for (const route of ['marks', 'watch', 'standbys', 'units']) await ask(`GET /v1/${route}?${query}`);
    const keys = asked().map(([, key]) => key);
    assert.deepEqual(keys, Array(9).fill(OTHER.key), word);
    const [policy, ...others] = (await ask(`GET /v1/policies?${query}`)).json().policies;
    assert.deepEqual([policy.name, others], ['alpha', []]);
  }
});

test('a name that two changes gave at one moment, or digits that fit two keys, freeze none', async () => {
  const twin = { ...OTHER, key: `0x${'d'.repeat(57)}15ac67d` };
  const { ask, permit } = await namedStage(twin);
  for (const key of ['alpha', '5ac67d']) {
    const refused = problemIn(await ask('POST /v1/freezes', { key, reason: 'x' }), 409, 'key-ambiguous');
    assert.equal(refused.remedy, 'name one of: alpha (…ee5ac67d); alpha (…d15ac67d)');
  }
  assert.deepEqual(permit.calls, []);
});

test('a key on several chains needs the chain, and a freeze without it means all of them', async () => {
  const { ask, asked } = await namedStage();
  const end = KEY.slice(-6);
  problemIn(await ask('POST /v1/watch/drill', { key: end, to: 'b' }), 409, 'key-ambiguous');
  await ask('POST /v1/watch/drill', { key: end, chain: `0x…${ABROAD.chain.slice(-6)}`, to: 'b' });
  await ask('POST /v1/freezes', { key: 'all', chain: '777777', reason: 'x' });
  assert.deepEqual(asked(), [
    [ABROAD.chain, KEY],
    [ABROAD.chain, 'all'],
  ]);
  const unknown = problemIn(await ask('POST /v1/freezes', { key: 'zulu', reason: 'x' }), 404, 'key-unknown');
  assert.match(unknown.remedy, /^the keys are: .*alpha \(…/);
  assert.deepEqual(asked(), []);
});
