import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PermitFault, type ServedPermit } from '../contract.ts';
import type { Limits } from './context.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { claimAnswer, claimBody } from './testing/fixed-values.ts';
import { NO_CLAIMS } from './testing/odd-claims.ts';
import { problemIn, testApp } from './testing/server.ts';

/** A service whose claims end in this way. */
async function claiming(claim: ServedPermit['claim'], limits: Partial<Limits> = {}) {
  const { ask, log } = await testApp(fakePermit({ claim }), { limits });
  const post = (body: unknown = claimBody()) => ask('POST /v1/claims', body, 'node');
  return { post, log };
}

test('a grant of the node that its identity names is answered 200 with the whole reply', async () => {
  const { post } = await claiming(async (claim, { node }) => {
    assert.equal(node, 'node-a');
    return claimAnswer(claim);
  });
  const answer = await post();
  assert.equal(answer.statusCode, 200);
  assert.deepEqual(answer.json(), claimAnswer(claimBody()));
  assert.equal(answer.headers['cache-control'], 'no-store');
});

test('a denial is answered 200', async () => {
  const denial = { outcome: 'denied', reason: 'unit-taken', head: null } as const;
  const answer = await (await claiming(async (claim) => claimAnswer(claim, denial))).post();
  assert.equal(answer.statusCode, 200);
  assert.deepEqual(answer.json(), claimAnswer(claimBody(), denial));
});

test('unknown is a 503 problem that carries the reply', async () => {
  const reply = { outcome: 'unknown', reason: 'store-unavailable' } as const;
  const { post, log } = await claiming(async (claim) => claimAnswer(claim, reply));
  const body = problemIn(await post(), 503, 'store-unavailable');
  assert.doesNotMatch(log.lines.join(''), /already sent/);
  assert.deepEqual([body.outcome, body.claimId], ['unknown', 'claim-1']);
  assert.deepEqual(body.head, { epoch: 'epoch-1', seq: '7', hash: 'ab'.repeat(32) });
  assert.match(body.remedy, /store/);
});

test('an exception in a claim is unknown, with the cause in the log and not in the answer', async () => {
  const { post, log } = await claiming(() => Promise.reject(new Error('the innermost cause')));
  const answer = await post();
  assert.equal(problemIn(answer, 503, 'internal').outcome, 'unknown');
  assert.doesNotMatch(answer.body, /innermost/);
  assert.match(log.lines.join(''), /innermost cause/);
});

test('a claim that the service itself finds malformed is a 400, any other fault is unknown', async () => {
  for (const [status, answered, code, outcome] of [
    [400, 400, 'malformed', undefined],
    [503, 503, 'internal', 'unknown'],
    [500, 503, 'internal', 'unknown'],
  ] as const) {
    const fault = new PermitFault('malformed', status, 'term: enter needs the watch term', 'Correct it.');
    const { post } = await claiming(() => Promise.reject(fault));
    assert.equal(problemIn(await post(), answered, code).outcome, outcome);
  }
});

test('a claim that never settles is unknown after the limit, and the service gets the signal to stop', async () => {
  let signal: AbortSignal | undefined;
  const { post } = await claiming(
    (_claim, _caller, given) => {
      signal = given;
      return new Promise(() => undefined);
    },
    { claimTimeoutMs: 5 },
  );
  const answer = await post();
  assert.deepEqual([answer.statusCode, answer.json().reason], [503, 'deadline']);
  assert.equal(signal?.aborted, true);
});

/** A claim with one more member, as text: an object of JavaScript cannot hold each of them. */
function withMember(member: string): string {
  return JSON.stringify(claimBody()).replace('{', `{${member},`);
}

test('a body that is no claim is refused with its code, and reaches no service', async () => {
  const permit = fakePermit();
  const { ask } = await testApp(permit);
  for (const [code, bodies] of Object.entries(NO_CLAIMS))
    for (const body of bodies) problemIn(await ask('POST /v1/claims', body, 'node'), 400, code);
  assert.deepEqual(permit.calls, []);
});

test('a member that no claim has says nothing', async () => {
  const { post } = await claiming(async (claim) => claimAnswer(claim));
  for (const member of [
    '"colour":"red"',
    '"__proto__":{"role":"operator"}',
    '"__proto__":null',
    '"\\u005f_proto__":{"role":"operator"}',
    '"constructor":{"prototype":{"role":"operator"}}',
  ])
    assert.deepEqual((await post(withMember(member))).json(), claimAnswer(claimBody()), member);
  assert.equal(({} as { role?: string }).role, undefined);
});

test('a word goes to the service and back as it is', async () => {
  const word = `w1.${'!~'.repeat(254)}x`;
  const seen: unknown[] = [];
  const { post } = await claiming(async (claim) => {
    seen.push(claim.word);
    return claimAnswer(claim, { word });
  });
  for (const sent of [word, null, undefined]) {
    const answer = await post(claimBody({ word: sent }));
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.json().word, word);
  }
  assert.deepEqual(seen, [word, null, undefined]);
});

test('more claims than the service takes are turned away with Retry-After, and logged', async () => {
  const tooMany = new PermitFault('too-many-in-flight', 429, 'many claims are under way', 'Ask again.');
  const { post, log } = await claiming(() => Promise.reject(tooMany));
  const answer = await post();
  problemIn(answer, 429, 'too-many-in-flight');
  assert.equal(answer.headers['retry-after'], '1');
  assert.match(log.lines.join(''), /"event":"too-many-in-flight"/);
});
