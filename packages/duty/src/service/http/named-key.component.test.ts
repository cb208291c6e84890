import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyOf } from '../claim/testing/claim.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { CHAIN, claimBody, KEY, secretOf } from './testing/fixed-values.ts';
import { testApp } from './testing/server.ts';

const OTHER = { chain: CHAIN, key: `0x${'e'.repeat(58)}5ac67d`, name: 'alpha' };
const ABROAD = { chain: `0x${'7'.repeat(64)}`, key: KEY };
const headers = { authorization: `Bearer ${secretOf('operator')}` };

/** What reached the service, by the name of its method. */
async function stage() {
  const seen: unknown[] = [];
  const note = <Answer>(answer: Answer) => {
    return async (...given: unknown[]): Promise<Answer> => {
      seen.push(given[0]);
      return answer;
    };
  };
  const permit = fakePermit({
    policies: async () => [policyOf({ chain: CHAIN, key: KEY }), policyOf(OTHER), policyOf(ABROAD)],
    marks: note([]),
    watches: note([]),
    standbys: note([]),
    freeze: note([]),
    liftFreeze: note([]),
    adopt: note([]),
    units: note({ units: [], complete: true }),
    drill: async (...[chain, key]) => {
      seen.push({ chain, key });
      throw new Error('no further');
    },
    handOver: async (...[chain, key]) => {
      seen.push({ chain, key });
      throw new Error('no further');
    },
  });
  const { inject } = await testApp(permit);
  return { inject, seen };
}

test('each route of an operator takes a name, the end of a key or all of it', async () => {
  const { inject, seen } = await stage();
  const bodies: Readonly<Record<string, object>> = {
    '/v1/freezes': { reason: 'x' },
    '/v1/freezes/lift': { reason: 'x' },
    '/v1/adoptions': { floors: {}, confirmation: 'x' },
    '/v1/watch/drill': { to: 'b' },
    '/v1/watch/handover': { to: 'b' },
  };
  for (const word of ['alpha', 'ALPHA', '5AC67D', OTHER.key.slice(2).toUpperCase()]) {
    for (const [url, body] of Object.entries(bodies))
      await inject({ method: 'POST', url, headers, payload: { ...body, key: word } });
    for (const url of ['marks', 'watch', 'standbys', 'units'])
      await inject({ method: 'GET', url: `/v1/${url}?key=${word}`, headers });
    const found = seen.splice(0) as { key: string }[];
    assert.deepEqual(new Set(found.map(({ key }) => key)), new Set([OTHER.key]), word);
    assert.equal(found.length, 9);
    const answer = await inject({ method: 'GET', url: `/v1/policies?key=${word}`, headers });
    assert.deepEqual(
      answer.json().policies.map(({ name }: { name: string }) => name),
      ['alpha'],
    );
  }
});

test('a key on several chains needs the chain, and a freeze without it means all of them', async () => {
  const { inject, seen } = await stage();
  const post = (url: string, payload: object) => inject({ method: 'POST', url, headers, payload });
  const end = KEY.slice(-6);
  const refused = await post('/v1/watch/drill', { key: end, to: 'b' });
  assert.deepEqual([refused.statusCode, refused.json().code], [409, 'key-ambiguous']);
  await post('/v1/watch/drill', { key: end, chain: ABROAD.chain.slice(-6), to: 'b' });
  await post('/v1/freezes', { key: 'all', chain: '777777', reason: 'x' });
  assert.deepEqual(seen.splice(0), [ABROAD, { key: 'all', chain: ABROAD.chain, reason: 'x' }]);
  const unknown = await post('/v1/freezes', { key: 'zulu', reason: 'x' });
  assert.deepEqual([unknown.statusCode, unknown.json().code], [404, 'key-unknown']);
  assert.match(unknown.json().remedy, /^the keys are: .*alpha 0xe/);
  assert.deepEqual(seen, []);
});

test('a claim of a node names the whole key and chain, and nothing else', async () => {
  const { inject } = await stage();
  const claim = { ...claimBody(), chain: CHAIN, key: KEY };
  for (const wrong of [
    { key: 'alpha' },
    { key: KEY.slice(-6) },
    { key: KEY.toUpperCase() },
    { chain: '777777' },
  ]) {
    const answer = await inject({
      method: 'POST',
      url: '/v1/claims',
      headers: { authorization: `Bearer ${secretOf('node')}` },
      payload: { ...claim, ...wrong },
    });
    assert.deepEqual(
      [answer.statusCode, answer.json().code],
      [400, 'invalid-request'],
      JSON.stringify(wrong),
    );
  }
});
