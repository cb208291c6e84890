import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROBLEM_HEADER } from '@watchbill/kit/http';
import { PermitFault, type Role } from '../contract.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { claimAnswer, claimBody, DIGEST, KEY, secretOf } from './testing/fixed-values.ts';
import { testApp } from './testing/server.ts';

const bearer = (role: Role) => ({ authorization: `Bearer ${secretOf(role)}` });
const post = (payload: unknown, role: Role = 'node') => ({
  method: 'POST' as const,
  url: '/v1/claims',
  headers: { ...bearer(role), 'content-type': 'application/json' },
  payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
});

test('a grant is answered 200 with the whole reply', async () => {
  const { inject } = await testApp();
  const answer = await inject(post(claimBody()));
  assert.equal(answer.statusCode, 200);
  assert.deepEqual(answer.json(), claimAnswer(claimBody()));
  assert.equal(answer.headers['cache-control'], 'no-store');
});

test('a denial is answered 200', async () => {
  const permit = fakePermit({
    claim: async (claim) => claimAnswer(claim, { outcome: 'denied', reason: 'unit-taken', head: null }),
  });
  const answer = await (await testApp(permit)).inject(post(claimBody()));
  assert.equal(answer.statusCode, 200);
  assert.equal(answer.json().outcome, 'denied');
  assert.equal(answer.json().head, null);
});

test('unknown is a 503 problem that carries the reply', async () => {
  const permit = fakePermit({
    claim: async (claim) => claimAnswer(claim, { outcome: 'unknown', reason: 'store-unavailable' }),
  });
  const { inject, log } = await testApp(permit);
  const answer = await inject(post(claimBody()));
  assert.equal(answer.statusCode, 503);
  assert.doesNotMatch(log.lines.join(''), /already sent/);
  assert.equal(answer.headers['content-type'], PROBLEM_HEADER);
  const body = answer.json();
  assert.equal(body.outcome, 'unknown');
  assert.equal(body.code, 'store-unavailable');
  assert.equal(body.claimId, 'claim-1');
  assert.deepEqual(body.head, { epoch: 'epoch-1', seq: '7', hash: 'ab'.repeat(32) });
  assert.match(body.remedy, /store/);
});

test('an exception in a claim is unknown, with the cause in the log and not in the answer', async () => {
  const permit = fakePermit({ claim: () => Promise.reject(new Error('the innermost cause')) });
  const { inject, log } = await testApp(permit);
  const answer = await inject(post(claimBody()));
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.json().outcome, 'unknown');
  assert.equal(answer.json().code, 'internal');
  assert.doesNotMatch(answer.body, /innermost/);
  assert.match(log.lines.join(''), /innermost cause/);
});

test('a claim that the service itself finds malformed is a 400, any other fault is unknown', async () => {
  for (const [status, answered] of [
    [400, 400],
    [503, 503],
    [500, 503],
  ] as const) {
    const fault = new PermitFault(
      'malformed',
      status,
      'term: enter needs the watch term',
      'Correct the claim.',
    );
    const answer = await (await testApp(fakePermit({ claim: () => Promise.reject(fault) }))).inject(
      post(claimBody()),
    );
    assert.equal(answer.statusCode, answered);
    assert.equal(answer.json().outcome, answered === 503 ? 'unknown' : undefined);
    assert.equal(answer.json().code, answered === 503 ? 'internal' : 'malformed');
  }
});

test('a claim that never settles is unknown after the limit, and the service gets the signal to stop', async () => {
  let signal: AbortSignal | undefined;
  const permit = fakePermit({
    claim: (_claim, _caller, given) => {
      signal = given;
      return new Promise(() => undefined);
    },
  });
  const answer = await (await testApp(permit, { limits: { claimTimeoutMs: 5 } })).inject(post(claimBody()));
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.json().reason, 'deadline');
  assert.equal(signal?.aborted, true);
});

test('the claimant is who the identity says', async () => {
  const seen: string[] = [];
  const permit = fakePermit({
    claim: async (claim, caller) => {
      seen.push(caller.node);
      return claimAnswer(claim);
    },
  });
  await (await testApp(permit)).inject(post(claimBody()));
  assert.deepEqual(seen, ['node-a']);
});

/** A claim with one more member, as text: an object of JavaScript cannot hold each of them. */
function withMember(member: string): string {
  return JSON.stringify(claimBody()).replace('{', `{${member},`);
}

const MALFORMED: readonly (readonly [string, unknown, string])[] = [
  ['no JSON', '{"claimId":', 'malformed-json'],
  ['an empty body', '', 'malformed-json'],
  ['a poisoned prototype', '{"__proto__":{"x":1}}', 'invalid-request'],
  ['a claim inside a prototype', `{"__proto__":${JSON.stringify(claimBody())}}`, 'invalid-request'],
  ['a list', [], 'invalid-request'],
  ['null', 'null', 'invalid-request'],
  ['nothing in it', {}, 'invalid-request'],
  ['a number as unit', { ...claimBody(), unit: 42 }, 'invalid-request'],
  ['a number as text where a number is due', { ...claimBody(), timeoutMs: '5' }, 'invalid-request'],
  ['a huge number', JSON.stringify(claimBody()).replace('}', ',"timeoutMs":1e999}'), 'invalid-request'],
  ['a timeout of nothing', { ...claimBody(), timeoutMs: 0 }, 'invalid-request'],
  ['too long a timeout', { ...claimBody(), timeoutMs: 30_001 }, 'invalid-request'],
  ['a negative unit', claimBody({ unit: '-1' }), 'invalid-request'],
  ['a leading zero', claimBody({ unit: '042' }), 'invalid-request'],
  ['a plus sign', claimBody({ unit: '+42' }), 'invalid-request'],
  ['a huge decimal', claimBody({ unit: '9'.repeat(5_000) }), 'invalid-request'],
  ['a part of no duty', { ...claimBody(), part: 'sing' }, 'invalid-request'],
  ['half a byte', claimBody({ digest: `${DIGEST}0` }), 'invalid-request'],
  ['upper case hex', claimBody({ digest: DIGEST.replaceAll('3', 'A') }), 'invalid-request'],
  ['a short key', claimBody({ key: KEY.slice(0, -2) }), 'invalid-request'],
  ['the name of a key', claimBody({ key: 'alpha' }), 'invalid-request'],
  ['a short chain', claimBody({ chain: '0x11' }), 'invalid-request'],
  ['a long incarnation', claimBody({ incarnation: '4'.repeat(33) }), 'invalid-request'],
  ['a claim id with spaces', claimBody({ claimId: 'a b' }), 'invalid-request'],
  ['an empty word', claimBody({ word: '' }), 'invalid-request'],
  ['a word with a space', claimBody({ word: 'w1.a b' }), 'invalid-request'],
  ['a word beyond ASCII', claimBody({ word: 'w1.\u00e9' }), 'invalid-request'],
  ['a word that is too long', claimBody({ word: 'w'.repeat(513) }), 'invalid-request'],
];

const refusing = fakePermit();
const shared = testApp(refusing);

for (const [name, body, code] of MALFORMED) {
  test(`malformed: ${name}`, async () => {
    const answer = await (await shared).inject(post(body));
    assert.equal(answer.statusCode, 400, answer.body);
    assert.equal(answer.headers['content-type'], PROBLEM_HEADER);
    const document = answer.json();
    assert.equal(document.code, code);
    assert.equal(document.status, 400);
    assert.equal(document.type, `urn:watchbill:problem:${code}`);
    assert.ok(document.remedy.length > 0 && document.detail.length > 0);
    assert.deepEqual(refusing.calls, [], 'nothing reaches the service');
  });
}

test('a member that no claim has says nothing', async () => {
  const permit = fakePermit();
  const { inject } = await testApp(permit);
  for (const member of [
    '"colour":"red"',
    '"__proto__":{"role":"operator"}',
    '"__proto__":null',
    '"\\u005f_proto__":{"role":"operator"}',
    '"constructor":{"prototype":{"role":"operator"}}',
  ])
    assert.equal((await inject(post(withMember(member)))).statusCode, 200, member);
  assert.equal(permit.calls.length, 5);
  assert.equal(({} as { role?: string }).role, undefined);
});

test('a word goes to the service and back as it is', async () => {
  const word = `w1.${'!~'.repeat(254)}x`;
  const seen: unknown[] = [];
  const permit = fakePermit({
    claim: async (claim) => {
      seen.push(claim.word);
      return claimAnswer(claim, { word });
    },
  });
  const { inject } = await testApp(permit);
  for (const sent of [word, null, undefined]) {
    const answer = await inject(post(claimBody({ word: sent })));
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.json().word, word);
  }
  assert.deepEqual(seen, [word, null, undefined]);
  const without = fakePermit({ claim: async (claim) => claimAnswer(claim) });
  const answer = await (await testApp(without)).inject(post(claimBody()));
  assert.equal(answer.json().word, null, 'null, not absent');
});

test('more claims than the service takes are turned away with Retry-After, and logged', async () => {
  const tooMany = new PermitFault('too-many-in-flight', 429, 'many claims are under way', 'Ask again.');
  const { inject, log } = await testApp(fakePermit({ claim: async () => Promise.reject(tooMany) }));
  const answer = await inject(post(claimBody()));
  assert.equal(answer.statusCode, 429);
  assert.equal(answer.json().code, 'too-many-in-flight');
  assert.equal(answer.headers['retry-after'], '1');
  assert.match(log.lines.join(''), /"event":"too-many-in-flight"/);
});
