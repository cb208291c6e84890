import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  type OriginalCaller,
  type OriginalReply,
  type OriginalRequest,
  type Permit,
  PermitFault,
} from '../../contract.ts';
import { fakePermit } from '../testing/fake-permit.ts';
import { CHAIN, KEY, secretOf, WIRE_SECRET } from '../testing/fixed-values.ts';
import { rawCall, testServer } from '../testing/server.ts';

type Server = Awaited<ReturnType<typeof testServer>>;

const seen: { request: OriginalRequest; caller: OriginalCaller }[] = [];
let reply: OriginalReply | Error = { allowed: true, outcome: 'granted', reason: 'new' };
const permit = fakePermit({
  claimOriginal: async (request, caller) => {
    seen.push({ request, caller });
    if (reply instanceof Error) throw reply;
    return reply;
  },
});
let server: Server;
before(async () => {
  server = await testServer(permit, { demoOrder: ['node1', 'node2', 'node1'] });
});
after(() => server.close(1_000));

const GRANTED: OriginalReply = { allowed: true, outcome: 'granted', reason: 'new' };
const put = (path: string, rest = '', port = server.port) =>
  rawCall(port, `PUT ${path} HTTP/1.1\r\nHost: x\r\n${rest === '' ? '\r\n' : rest}`);

/** The exact form of every answer: one status, these headers, this body, not one byte more. */
async function answers(call: Promise<Awaited<ReturnType<typeof rawCall>>>, status: number, body: string) {
  const answer = await call;
  assert.equal(answer.status, status, answer.raw);
  assert.equal(answer.body, body);
  assert.equal(answer.headers.get('content-length'), String(body.length));
  assert.match(String(answer.headers.get('content-type')), /^text\/plain/);
  return answer;
}

test('the four paths of the protocol, granted', async () => {
  reply = GRANTED;
  seen.length = 0;
  await answers(put(`/original/${WIRE_SECRET}/authorize/slot/7`), 200, 'true');
  await answers(put(`/original/${WIRE_SECRET}/authorize/round/8`), 200, 'true');
  await answers(put(`/original/${WIRE_SECRET}/authorize/session/9`), 200, 'true');
  await answers(put(`/original/${WIRE_SECRET}/authorize/10`), 200, 'true');
  const caller = { node: 'node-a', chain: CHAIN, key: KEY };
  assert.deepEqual(seen, [
    { request: { kind: 'slot', number: '7' }, caller },
    { request: { kind: 'round', number: '8' }, caller },
    { request: { kind: 'session', number: '9' }, caller },
    { request: { kind: 'slot', number: '10' }, caller },
  ]);
});

test('denied, unknown and malformed are false with their status', async () => {
  const path = `/original/${WIRE_SECRET}/authorize/slot/7`;
  reply = { allowed: false, outcome: 'denied', reason: 'not-increasing' };
  await answers(put(path), 200, 'false');
  reply = { allowed: false, outcome: 'unknown', reason: 'store-unavailable' };
  await answers(put(path), 503, 'false');
  reply = { allowed: false, outcome: 'denied', reason: 'malformed' };
  await answers(put(`/original/${WIRE_SECRET}/authorize/slot/007`), 400, 'false');
  assert.equal(seen.at(-1)?.request.number, '007', 'the service records the refusal');
});

test('a reply that says allowed without a grant is false', async () => {
  reply = { allowed: true, outcome: 'unknown', reason: 'deadline' };
  await answers(put(`/original/${WIRE_SECRET}/authorize/slot/7`), 503, 'false');
  reply = { allowed: true, outcome: 'denied', reason: 'unit-taken' };
  await answers(put(`/original/${WIRE_SECRET}/authorize/slot/7`), 200, 'false');
});

test('an unexpected exception is false', async () => {
  reply = new Error('inner cause');
  await answers(put(`/original/${WIRE_SECRET}/authorize/slot/7`), 503, 'false');
  assert.match(server.log.lines.join(''), /inner cause/);
  reply = GRANTED;
});

test('the body and its kind do not matter, up to the limit', async () => {
  reply = GRANTED;
  const path = `/original/${WIRE_SECRET}/authorize/slot/7`;
  for (const head of [
    'Content-Length: 0\r\n\r\n',
    'Content-Length: 3\r\n\r\nabc',
    'Content-Type: application/json\r\nContent-Length: 1\r\n\r\n{',
    'Content-Type: nonsense;;;\r\nContent-Length: 1\r\n\r\n\u0000',
    'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    'Expect: 100-nothing\r\n\r\n',
    'Authorization: Bearer nobody\r\n\r\n',
  ]) {
    await answers(put(path, head), 200, 'true');
  }
  const much = 20_000;
  await answers(put(path, `Content-Length: ${much}\r\n\r\n${'x'.repeat(much)}`), 413, 'false');
  await answers(put(path, `Content-Length: ${much}\r\n\r\n`), 413, 'false');
  const chunk = `${much.toString(16)}\r\n${'x'.repeat(much)}\r\n0\r\n\r\n`;
  await answers(put(path, `Transfer-Encoding: chunked\r\n\r\n${chunk}`), 413, 'false');
});

test('a client without a Host header, or with an absolute target, is served', async () => {
  const path = `/original/${WIRE_SECRET}/authorize/slot/7`;
  await answers(rawCall(server.port, `PUT ${path} HTTP/1.1\r\n\r\n`), 200, 'true');
  await answers(rawCall(server.port, `PUT ${path} HTTP/1.0\r\n\r\n`), 200, 'true');
  await answers(put(`http://elsewhere:8000${path}`), 200, 'true');
  await answers(put(`/original/${WIRE_SECRET}//authorize/slot/7`), 200, 'true');
  await answers(put(`${path}?x=1`), 200, 'true');
});

test('wrong secrets, paths and methods are false and reach nothing', async () => {
  seen.length = 0;
  await answers(put('/original/wrong/authorize/slot/7'), 401, 'false');
  await answers(put(`/original/${secretOf('node')}/authorize/slot/7`), 401, 'false');
  for (const path of [
    '/original',
    '/original/',
    `/original/${WIRE_SECRET}`,
    `/original/${WIRE_SECRET}/authorize`,
    `/original/${WIRE_SECRET}/authorize/era/7`,
    `/original/${WIRE_SECRET}/authorize/slot/7/8`,
    `/original/${WIRE_SECRET}/permit/slot/7`,
    '/original/authorize_fix_order/node1/extra',
    '/original/%zz/%zz',
  ]) {
    await answers(put(path), 404, 'false');
  }
  const path = `/original/${WIRE_SECRET}/authorize/slot/7`;
  for (const method of ['GET', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY']) {
    const answer = await answers(
      rawCall(server.port, `${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`),
      405,
      'false',
    );
    assert.equal(answer.headers.get('allow'), 'PUT');
  }
  assert.deepEqual(seen, []);
});

test('what is no HTTP is false under the prefix', async () => {
  const path = `/original/${WIRE_SECRET}/authorize/slot/7`;
  await answers(rawCall(server.port, `PUT ${path} x y HTTP/1.1\r\n\r\n`), 400, 'false');
  await answers(put(path, 'Content-Length: nonsense\r\n\r\n'), 400, 'false');
});

test('the order list of the demonstration', async () => {
  const order = (node: string) => put(`/original/authorize_fix_order/${node}`);
  await answers(order('node2'), 200, 'false');
  await answers(order('node1'), 200, 'true');
  await answers(order('node1'), 200, 'false');
  await answers(order('node2'), 200, 'true');
  await answers(order('node1'), 200, 'true');
  await answers(order('node1'), 200, 'false');
});

async function withServer(
  fake: Permit,
  options: Parameters<typeof testServer>[1],
  run: (own: Server) => Promise<void>,
): Promise<void> {
  const own = await testServer(fake, options);
  try {
    await run(own);
  } finally {
    await own.close(0);
  }
}

test('without the option there is no order list', async () => {
  await withServer(fakePermit(), {}, async (own) => {
    await answers(put('/original/authorize_fix_order/node1', '', own.port), 404, 'false');
  });
});

test('late is false, and the service gets the signal', async () => {
  let signal: AbortSignal | undefined;
  const late = fakePermit({
    claimOriginal: (_request, _caller, given) => {
      signal = given;
      return new Promise(() => undefined);
    },
  });
  await withServer(late, { limits: { originalTimeoutMs: 10 } }, async (own) => {
    await answers(put(`/original/${WIRE_SECRET}/authorize/slot/7`, '', own.port), 503, 'false');
    assert.equal(signal?.aborted, true);
  });
});

test('more claims than the service takes is false with Retry-After, and no fault', async () => {
  const busy = new PermitFault('too-many-in-flight', 429, 'many claims are under way', 'Ask again.');
  const full = fakePermit({ claimOriginal: async () => Promise.reject(busy) });
  await withServer(full, {}, async (own) => {
    const refused = await answers(
      put(`/original/${WIRE_SECRET}/authorize/slot/7`, '', own.port),
      429,
      'false',
    );
    assert.equal(refused.headers.get('retry-after'), '1');
    assert.doesNotMatch(own.log.lines.join(''), /unexpected/);
  });
});

test('a request that never ends is false', async () => {
  await withServer(
    fakePermit(),
    // Of a connection that the server has accepted and not read from yet it would not know the form of the
    // answer.
    { limits: { headersTimeoutMs: 2_000, requestTimeoutMs: 2_000 } },
    async (own) => {
      const head = `PUT /original/${WIRE_SECRET}/authorize/slot/7 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab`;
      const answer = await rawCall(own.port, head);
      assert.equal(answer.body, 'false');
      assert.equal(answer.status, 408);
    },
  );
});
