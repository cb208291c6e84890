import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import {
  assertDecided,
  assertFalse,
  assertLogKeepsSecrets,
  assertProblem,
  CHAIN,
  claimBody,
  type Ground,
  leavesNothing,
  putSlot,
  slotOfNow,
  startGround,
  WIRE_KEY,
} from './bad-input-ground.ts';

leaveNothing('bad-input');

const U64_MAX = 18_446_744_073_709_551_615n;
const BODY_LIMIT = 16_384;

/** Whoever asks by the original wire protocol takes the watch that nobody has, soon after it was answered. */
async function untilOnWatch(ground: Ground): Promise<void> {
  for (let holder: string | null = null; holder !== 'a'; ) {
    const { watch } = (await ground.service.admin('GET', `/v1/watch?key=${WIRE_KEY}`)) as {
      watch: { holder: string | null }[];
    };
    holder = watch[0]?.holder ?? null;
  }
}

type Step = (ground: Ground) => Promise<void>;
const steps: [name: string, run: Step][] = [];
const step = (name: string, run: Step) => steps.push([name, run]);

step('what is not JSON, or JSON of another shape', async (ground) => {
  const whole = JSON.stringify(claimBody());
  const malformed = ['', '{', '[1', `${whole}x`, whole.slice(0, -1), '{"a":NaN}', "{'a':1}", 'true false'];
  const shapes = ['null', '[]', '"text"', '7', '{}', `[${whole}]`, `{"__proto__":${whole}}`];
  await leavesNothing(ground, [], async () => {
    for (const body of malformed)
      assertProblem(await ground.send('POST', '/v1/claims', { body }), 400, 'malformed-json', body);
    const bytes = Buffer.from(whole.replace('claim-1', 'claim-\xff'), 'latin1');
    for (const body of [...shapes, bytes, '['.repeat(8_000)]) {
      const answer = await ground.send('POST', '/v1/claims', { body });
      const { code } = JSON.parse(answer.text) as { code: string };
      assert.match(code, /^(invalid-request|malformed-json)$/);
      assertProblem(answer, 400, code, String(body).slice(0, 80));
    }
  });
});

step('members of a wrong type, missing, or not known', async (ground) => {
  await leavesNothing(ground, [], async () => {
    for (const name of Object.keys(claimBody())) {
      const given = claimBody()[name];
      const wrong = [7, true, [], {}, [given], { value: given }, '', ' ', 'x'.repeat(5_000), undefined, null];
      // A digest may be left out; its policy asks for it, which is another refusal.
      const may = name === 'digest' ? [undefined, null] : [];
      for (const value of wrong.filter((each) => !may.includes(each as null)))
        assertProblem(await ground.claim({ [name]: value }), 400, 'invalid-request', `${name} ${value}`);
    }
    for (const extra of [{ timeoutMs: '5' }, { timeoutMs: -1 }, { timeoutMs: 1e9 }])
      assertProblem(await ground.claim(extra), 400, 'invalid-request', JSON.stringify(extra));
  });
});

step('duties, parts and units that there are not', async (ground) => {
  const above = String(U64_MAX + 1n);
  const invalid = ['-1', '+1', '01', '1.0', '1e3', '0x10', ' 1', '1 ', '1/', '/1', '١', '9'.repeat(400)];
  await leavesNothing(ground, [], async () => {
    assertProblem(await ground.claim({ duty: 'parachain' }), 400, 'unknown-duty');
    for (const part of ['enter', 'vote', 'heartbeat'])
      assertProblem(await ground.claim({ part }), 400, 'part-not-of-duty', part);
    for (const unit of [...invalid, -1, 5, 1e300])
      assertProblem(await ground.claim({ unit }), 400, 'invalid-request', String(unit));
    for (const unit of [above, '99999999999999999999', '1/1', '1/1/1/1'])
      assertProblem(await ground.claim({ unit }), 400, 'malformed-unit', unit);
    for (const unit of ['1', `1/${above}`, `${above}/1`]) {
      const vote = { duty: 'grandpa', part: 'prevote', unit };
      assertProblem(await ground.claim(vote), 400, 'malformed-unit', unit);
    }
  });
  await leavesNothing(ground, ['unit-ahead', 'unit-ahead'], async () => {
    for (const unit of [U64_MAX, slotOfNow() + 200n])
      assertDecided(await ground.claim({ unit: String(unit) }), 200, 'denied', 'unit-ahead');
  });
});

step('digests, keys and numbers of a wrong length', async (ground) => {
  const hex = (bytes: number) => `0x${'ab'.repeat(bytes)}`;
  await leavesNothing(ground, [], async () => {
    for (const bytes of [1, 31, 33, 64])
      assertProblem(await ground.claim({ digest: hex(bytes) }), 400, 'digest-length', `${bytes} bytes`);
    for (const digest of ['0x', hex(65), `${hex(31)}a`, hex(32).slice(2), hex(32).toUpperCase()])
      assertProblem(await ground.claim({ digest }), 400, 'invalid-request', digest);
    for (const key of ['0x', hex(31), hex(34), hex(32).slice(2), `${hex(32)}a`])
      assertProblem(await ground.claim({ key }), 400, 'invalid-request', key);
    for (const chain of [hex(31), hex(33), 'polkadot'])
      assertProblem(await ground.claim({ chain }), 400, 'invalid-request', chain);
  });
});

step('a chain, a key or a node that no policy has', async (ground) => {
  const stranger = await ground.secret('node', 'stranger');
  await leavesNothing(ground, ['not-listed', 'not-listed', 'not-listed'], async () => {
    const other = `0x${'99'.repeat(32)}`;
    assertDecided(await ground.claim({ chain: other }), 200, 'denied', 'not-listed');
    assertDecided(await ground.claim({ key: other }), 200, 'denied', 'not-listed');
    assertDecided(await ground.claim({}, stranger), 200, 'denied', 'not-listed');
  });
});

step('identities that are none, wrong, of another kind, or revoked', async (ground) => {
  const reader = await ground.secret('reader', 'r');
  const observer = await ground.secret('observer', 'o');
  const gone = await ground.secret('node', 'gone');
  const { tokens } = (await ground.service.admin('GET', '/v1/tokens')) as {
    tokens: { id: string; name: string }[];
  };
  await ground.service.admin('DELETE', `/v1/tokens/${tokens.find(({ name }) => name === 'gone')?.id}`);
  await leavesNothing(ground, [], async () => {
    const body = JSON.stringify(claimBody());
    const as = (authorization: string) =>
      ground.send('POST', '/v1/claims', { secret: null, body, headers: { authorization } });
    const missing = await ground.send('POST', '/v1/claims', { secret: null, body });
    assertProblem(missing, 401, 'no-identity');
    assert.match(String(missing.headers.get('www-authenticate')), /^Bearer/);
    for (const text of [
      'Bearer',
      'Bearer ',
      `Basic ${ground.node}`,
      ground.node,
      `Bearer ${'x'.repeat(400)}`,
    ])
      assertProblem(await as(text), 401, 'no-identity', text.slice(0, 12));
    for (const secret of ['x', gone, `${ground.node}x`, ground.node.slice(1), `${ground.node}, x`])
      assertProblem(await as(`Bearer ${secret}`), 401, 'identity-unknown');
    assertProblem(await as(`Bearer ${ground.wire}`), 401, 'identity-for-original-wire');
    for (const secret of [reader, observer])
      assertProblem(await ground.claim({}, secret), 403, 'role-forbidden');
    const asNode = await ground.send('POST', '/v1/tokens', { body: '{"role":"operator","name":"x"}' });
    assertProblem(asNode, 403, 'role-forbidden');
    assertProblem(await ground.send('GET', '/v1/tokens', { secret: reader }), 403, 'role-forbidden');
    assertProblem(await ground.send('GET', '/v1/peer/memory'), 403, 'not-a-peer');
  });
});

step('bodies that are too large or of another kind, addresses that are none', async (ground) => {
  const large = JSON.stringify(claimBody({ claimId: 'x'.repeat(BODY_LIMIT) }));
  const chunks = () =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let sent = 0; sent < large.length; sent += 4_096)
          controller.enqueue(Buffer.from(large.slice(sent, sent + 4_096)));
        controller.close();
      },
    });
  await leavesNothing(ground, [], async () => {
    assertProblem(await ground.send('POST', '/v1/claims', { body: large }), 413, 'body-too-large');
    assertProblem(await ground.send('POST', '/v1/claims', { body: chunks() }), 413, 'body-too-large');
    const text = { body: 'hello', headers: { 'content-type': 'text/plain' } };
    assertProblem(await ground.send('POST', '/v1/claims', text), 415, 'unsupported-media-type');
    assertProblem(await ground.send('GET', '/v1/nothing'), 404, 'no-such-route');
    assertProblem(await ground.send('GET', '/v1/claims'), 405, 'method-not-allowed');
    assertProblem(await ground.send('GET', '/v1/%zz'), 400, 'malformed-url');
    assertProblem(await ground.send('DELETE', `/v1/tokens/${'x'.repeat(200)}`), 414, 'url-too-long');
    const long = { headers: { 'x-long': 'x'.repeat(10_000) } };
    assertProblem(await ground.send('GET', '/livez', long), 431, 'headers-too-large');
    for (const query of ['limit=0', 'limit=1001', 'before=-1', 'outcome=maybe', 'unit=x', 'other=1'])
      assertProblem(await ground.send('GET', `/v1/decisions?${query}`), 400, 'invalid-request', query);
  });
});

step('what an operator sends wrong changes nothing', async (ground) => {
  const operator = { secret: ground.secrets[0] ?? '' };
  const put = (policy: unknown) =>
    ground.send('PUT', '/v1/policies', { ...operator, body: JSON.stringify(policy) });
  const policies = (await ground.service.admin('GET', '/v1/policies')) as { policies: { key: string }[] };
  const {
    versionId: _id,
    version: _version,
    mode: _mode,
    ...policy
  } = (policies.policies[0] ?? {}) as Record<string, unknown>;
  await leavesNothing(ground, [], async () => {
    const twice = [
      { name: 'a', rank: 0 },
      { name: 'a', rank: 1 },
    ];
    assertProblem(await put({ ...policy, roster: twice }), 400, 'invalid-policy');
    assertProblem(await put({ ...policy, roster: 'a' }), 400, 'invalid-request');
    assertProblem(await put({ ...policy, mode: 'enforce' }), 400, 'invalid-request');
    const floors = { babe: '1' };
    const adoption = { chain: CHAIN, key: `0x${'99'.repeat(32)}`, floors, confirmation: 'none' };
    const adopted = await ground.send('POST', '/v1/adoptions', {
      ...operator,
      body: JSON.stringify(adoption),
    });
    assert.ok(adopted.status >= 400 && adopted.status < 500, adopted.text);
    assertProblem(adopted, adopted.status, (JSON.parse(adopted.text) as { code: string }).code);
    const body = '{"reason":"lost"}';
    for (const [method, path] of [
      ['POST', '/v1/services/ffff/approve'],
      ['DELETE', '/v1/services/ffff'],
      ['DELETE', '/v1/tokens/ffff'],
    ] as const) {
      const answer = await ground.send(method, path, { ...operator, body });
      assertProblem(answer, 404, (JSON.parse(answer.text) as { code: string }).code, path);
    }
  });
});

step('the original wire protocol answers exactly false', async (ground) => {
  const malformed = [
    '-1',
    '+1',
    '01',
    '1e3',
    '1.0',
    '0x1',
    'x',
    '%31',
    String(U64_MAX + 1n),
    '9'.repeat(200),
  ];
  const recorded = malformed.flatMap(() => ['malformed', 'malformed', 'malformed', 'malformed']);
  await leavesNothing(ground, recorded, async () => {
    for (const number of malformed)
      for (const kind of ['slot/', 'round/', 'session/', ''])
        assertFalse(await ground.put(`/authorize/${kind}${number}`), 400, `${kind}${number}`);
  });
  assertFalse(await ground.put(`/authorize/slot/${U64_MAX}`), 200, 'far ahead');
  await untilOnWatch(ground);
  await leavesNothing(ground, ['unit-ahead'], async () => {
    assertFalse(await ground.put(`/authorize/slot/${U64_MAX}`), 200, 'far ahead');
  });
  await leavesNothing(ground, [], async () => {
    const now = `authorize/slot/${slotOfNow()}`;
    const wrong = async (secret: string) =>
      ground.send('PUT', `/original/${secret}/${now}`, { secret: null });
    for (const secret of ['x', ground.node, ...ground.secrets.filter((each) => each !== ground.wire)])
      assertFalse(await wrong(secret), 401, 'a wrong secret');
    assertFalse(await ground.send('PUT', `/original/${now}`), 404, 'no secret');
    for (const path of ['', '/authorize', '/authorize/slot/1/2', '/permit/slot/1', '/authorize/epoch/1'])
      assertFalse(await ground.put(path), 404, path);
    for (const method of ['GET', 'POST', 'DELETE', 'PATCH']) {
      const answer = await ground.send(method, `/original/${ground.wire}/${now}`, { secret: null });
      assertFalse(answer, 405, method);
      assert.equal(answer.headers.get('allow'), 'PUT');
    }
    assertFalse(await ground.put(`/${now}`, { body: 'x'.repeat(BODY_LIMIT + 1) }), 413, 'a large body');
  });
  const { unit, answer: right } = await putSlot(ground, slotOfNow() - 5n, { body: '{"not": json' });
  assert.deepEqual([right.status, right.text], [200, 'true'], 'the body is not read');
  assertFalse(await ground.put(`/authorize/slot/${unit}`), 200, 'a repeat');
});

step('no secret stands in the log of all this', async (ground) => {
  await assertLogKeepsSecrets(ground);
});

test('bad input to one real service', async (context: TestContext) => {
  const ground = await startGround(context);
  for (const [name, run] of steps) await context.test(name, () => run(ground));
});
