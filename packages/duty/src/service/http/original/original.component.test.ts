import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import {
  type OriginalCaller,
  type OriginalReply,
  type OriginalRequest,
  PermitFault,
} from '../../contract.ts';
import { rawCall } from '../testing/client.ts';
import { fakePermit } from '../testing/fake-permit.ts';
import { CHAIN, KEY, secretOf, WIRE_SECRET } from '../testing/fixed-values.ts';
import { serve, testServer } from '../testing/server.ts';

const seen: { request: OriginalRequest; caller: OriginalCaller }[] = [];
/** Without it each number of the protocol is granted. */
let reply: OriginalReply | Error | null = null;
const permit = fakePermit({
  claimOriginal: async (request, caller) => {
    seen.push({ request, caller });
    if (reply instanceof Error) throw reply;
    const isNumber = /^(0|[1-9][0-9]{0,18})$/.test(request.number);
    const ruled: OriginalReply = isNumber
      ? { allowed: true, outcome: 'granted', reason: 'new' }
      : { allowed: false, outcome: 'denied', reason: 'malformed' };
    return reply ?? ruled;
  },
});
let server: Awaited<ReturnType<typeof testServer>>;
before(async () => {
  server = await testServer(permit, { demoOrder: ['node1', 'node2', 'node1'] });
});
beforeEach(() => {
  reply = null;
  seen.length = 0;
});
after(() => server.close(1_000));

const AUTHORIZE = `/original/${WIRE_SECRET}/authorize`;
const SLOT = `${AUTHORIZE}/slot/7`;
const textOf = (path: string, rest = '\r\n', method = 'PUT') =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\n${rest}`;

/** The exact form of every answer: one status, these headers, this body, not one byte more. */
async function answers(text: string, status: number, body: string, port = server.port) {
  const answer = await rawCall(port, text);
  assert.equal(answer.status, status, answer.raw);
  assert.equal(answer.body, body);
  assert.equal(answer.headers.get('content-length'), String(body.length));
  assert.match(String(answer.headers.get('content-type')), /^text\/plain/);
  return answer;
}

test('the four paths of the protocol, granted', async () => {
  const caller = { node: 'node-a', chain: CHAIN, key: KEY };
  for (const [path, kind, number] of [
    ['slot/7', 'slot', '7'],
    ['round/8', 'round', '8'],
    ['session/9', 'session', '9'],
    ['10', 'slot', '10'],
  ] as const) {
    await answers(textOf(`${AUTHORIZE}/${path}`), 200, 'true');
    assert.deepEqual(seen.splice(0), [{ request: { kind, number }, caller }]);
  }
});

test('what is no grant is false with its status, also if a reply says allowed', async () => {
  for (const [allowed, outcome, reason, status] of [
    [false, 'denied', 'not-increasing', 200],
    [false, 'unknown', 'store-unavailable', 503],
    [false, 'denied', 'malformed', 400],
    [true, 'unknown', 'deadline', 503],
    [true, 'denied', 'unit-taken', 200],
  ] as const) {
    reply = { allowed, outcome, reason };
    await answers(textOf(`${AUTHORIZE}/slot/007`), status, 'false');
    assert.equal(seen.at(-1)?.request.number, '007', 'the service records the refusal');
  }
});

test('an unexpected exception is false', async () => {
  reply = new Error('inner cause');
  await answers(textOf(SLOT), 503, 'false');
  assert.match(server.log.lines.join(''), /inner cause/);
});

test('the body and its kind do not matter, up to the limit', async () => {
  for (const rest of [
    'Content-Length: 0\r\n\r\n',
    'Content-Length: 3\r\n\r\nabc',
    'Content-Type: application/json\r\nContent-Length: 1\r\n\r\n{',
    'Content-Type: nonsense;;;\r\nContent-Length: 1\r\n\r\n\u0000',
    'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    'Expect: 100-nothing\r\n\r\n',
    'Authorization: Bearer nobody\r\n\r\n',
  ])
    await answers(textOf(SLOT, rest), 200, 'true');
  const much = 'x'.repeat(20_000);
  const length = `Content-Length: ${much.length}\r\n\r\n`;
  const chunks = `Transfer-Encoding: chunked\r\n\r\n${much.length.toString(16)}\r\n${much}\r\n0\r\n\r\n`;
  for (const rest of [length + much, length, chunks]) await answers(textOf(SLOT, rest), 413, 'false');
});

test('a client without a Host header, or with an absolute target, is served', async () => {
  for (const text of [
    `PUT ${SLOT} HTTP/1.1\r\n\r\n`,
    `PUT ${SLOT} HTTP/1.0\r\n\r\n`,
    textOf(`http://elsewhere:8000${SLOT}`),
    textOf(`/original/${WIRE_SECRET}//authorize/slot/7`),
    textOf(`${SLOT}?x=1`),
  ])
    await answers(text, 200, 'true');
});

test('wrong secrets, paths and methods are false and reach nothing', async () => {
  for (const secret of ['wrong', secretOf('node')])
    await answers(textOf(`/original/${secret}/authorize/slot/7`), 401, 'false');
  for (const path of [
    '/original',
    '/original/',
    `/original/${WIRE_SECRET}`,
    AUTHORIZE,
    `${AUTHORIZE}/era/7`,
    `${SLOT}/8`,
    `/original/${WIRE_SECRET}/permit/slot/7`,
    '/original/authorize_fix_order/node1/extra',
    '/original/%zz/%zz',
  ])
    await answers(textOf(path), 404, 'false');
  for (const method of ['GET', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY']) {
    const { headers } = await answers(textOf(SLOT, '\r\n', method), 405, 'false');
    assert.equal(headers.get('allow'), 'PUT');
  }
  assert.deepEqual(seen, []);
});

test('what is no HTTP is false under the prefix', async () => {
  await answers(`PUT ${SLOT} x y HTTP/1.1\r\n\r\n`, 400, 'false');
  await answers(textOf(SLOT, 'Content-Length: nonsense\r\n\r\n'), 400, 'false');
});

test('any path is answered exactly true or false, and true only if it is one of the protocol', async () => {
  const segment = fc.oneof(
    fc.constantFrom('authorize', 'slot', 'round', 'session', 'original', WIRE_SECRET, '', '..', '%2e', '%zz'),
    fc.stringMatching(/^[!-~]{0,24}$/),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
    fc.stringMatching(/^[0-9]{1,60}$/),
  );
  const method = fc.constantFrom('PUT', 'PUT', 'PUT', 'GET', 'POST', 'DELETE', 'PATCH');
  const path = fc.oneof(
    fc.array(segment, { maxLength: 8 }).map((segments) => `/original/${segments.join('/')}`),
    fc
      .tuple(fc.constantFrom('slot/', 'round/', 'session/', ''), segment)
      .map(([kind, number]) => `${AUTHORIZE}/${kind}${number}`),
  );
  const granted = new RegExp(`^PUT ${AUTHORIZE}/((slot|round|session)/)?(0|[1-9][0-9]{0,18})/?$`);
  await fc.assert(
    fc.asyncProperty(method, path, fc.stringMatching(/^[ -~]{0,40}$/), async (verb, target, body) => {
      const text = textOf(target, `Content-Length: ${body.length}\r\n\r\n${body}`, verb);
      const isGranted = granted.test(`${verb} ${target.split(/[?#]/)[0]?.replaceAll(/\/+/g, '/')}`);
      const answer = await rawCall(server.port, text);
      assert.equal(answer.body, String(isGranted), answer.raw);
      assert.equal(answer.headers.get('content-length'), isGranted ? '4' : '5');
      assert.ok([200, 400, 401, 404, 405].includes(answer.status), answer.raw);
      assert.equal(answer.status === 200, isGranted, answer.raw);
    }),
    { numRuns: 400 },
  );
});

test('the order list of the demonstration', async () => {
  for (const [node, isNext] of [
    ['node2', false],
    ['node1', true],
    ['node1', false],
    ['node2', true],
    ['node1', true],
    ['node1', false],
  ] as const)
    await answers(textOf(`/original/authorize_fix_order/${node}`), 200, String(isNext));
});

test('without the option there is no order list', async (context) => {
  const { port } = await serve(context);
  await answers(textOf('/original/authorize_fix_order/node1'), 404, 'false', port);
});

test('late is false, and the service gets the signal', async (context) => {
  let signal: AbortSignal | undefined;
  const late = fakePermit({
    claimOriginal: (_request, _caller, given) => {
      signal = given;
      return new Promise(() => undefined);
    },
  });
  const { port } = await serve(context, late, { limits: { originalTimeoutMs: 10 } });
  await answers(textOf(SLOT), 503, 'false', port);
  assert.equal(signal?.aborted, true);
});

test('more claims than the service takes is false with Retry-After, and no fault', async () => {
  reply = new PermitFault('too-many-in-flight', 429, 'many claims are under way', 'Ask again.');
  server.log.lines.length = 0;
  const refused = await answers(textOf(SLOT), 429, 'false');
  assert.equal(refused.headers.get('retry-after'), '1');
  assert.doesNotMatch(server.log.lines.join(''), /unexpected/);
});

test('a request that never ends is false', async (context) => {
  // Of a connection that the server has accepted and not read from yet it would not know the form of the
  // answer.
  const limits = { headersTimeoutMs: 2_000, requestTimeoutMs: 2_000 };
  const { port } = await serve(context, fakePermit(), { limits });
  const answer = await rawCall(port, textOf(SLOT, 'Content-Length: 5\r\n\r\nab'));
  assert.deepEqual([answer.body, answer.status], ['false', 408]);
});
