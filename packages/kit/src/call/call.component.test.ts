import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { systemClock } from '../index.ts';
import { listening, temporaryFolder } from '../testing/index.ts';
import { type CallCode, CallFault, call, openCaller } from './index.ts';

const LIMITS = { deadlineMs: 20_000, mostBytes: 1_000 };
const shape = z.object({ peers: z.number() });

/** The address of a server that answers as the test says. */
async function serving(t: TestContext, listener: RequestListener, path?: string): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(path ?? { port: 0, host: '127.0.0.1' }, resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return path === undefined
    ? `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    : 'http://localhost';
}

const fails = (code: CallCode, about: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CallFault, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, about);
  assert.notEqual(error.problems[0]?.remedy ?? '', '');
  return true;
};

test('a call gives the value of the answer, with its identity and its body as JSON', async (t) => {
  const url = await serving(t, async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const { authorization, 'accept-encoding': encoding = 'none' } = request.headers;
    const said = { authorization, encoding, method: request.method, body: String(Buffer.concat(parts)) };
    response.end(JSON.stringify({ peers: 4, ...said }));
  });
  const all = z.record(z.string(), z.unknown());
  const sent = await call(url, { ...LIMITS, token: 'secret', body: { a: 1 }, shape: all });
  assert.deepEqual(sent, {
    ...{ peers: 4, authorization: 'Bearer secret', encoding: 'none' },
    ...{ method: 'POST', body: '{"a":1}' },
  });
  const removed = await call(url, { ...LIMITS, method: 'DELETE', body: '{"b":2}', shape: all });
  assert.deepEqual([removed.method, removed.body, removed.authorization], ['DELETE', '{"b":2}', undefined]);
  assert.match(await call(url, LIMITS), /^\{"peers":4/);
});

test('a unix socket is called by its path, and named in a fault', async (t) => {
  const folder = temporaryFolder(t);
  const socket = join(folder, 's');
  const url = await serving(t, (_, response) => void response.end('{"peers":1}'), socket);
  assert.deepEqual(await call(url, { ...LIMITS, socket, shape }), { peers: 1 });
  const absent = call(url, { ...LIMITS, socket: `${socket}2`, shape });
  await assert.rejects(absent, fails('unreachable', /^unix socket .*s2 cannot be reached: /));
});

test('kept connections carry one call after another, and end with the caller', async (t) => {
  const ports = new Set<number | undefined>();
  const url = await serving(t, (request, response) => {
    ports.add(request.socket.remotePort);
    response.end('{"peers":1}');
  });
  const via = openCaller({ kept: true });
  for (let turn = 0; turn < 3; turn += 1) await call(url, { ...LIMITS, via, shape });
  via.close();
  assert.equal(ports.size, 1);
  await call(url, { ...LIMITS, shape });
  await call(url, { ...LIMITS, shape });
  assert.equal(ports.size, 3);
});

test('an address that is not HTTP, and one where no program listens, give two codes', async () => {
  for (const bad of ['ftp://x', 'nonsense', '', 'file:///etc/passwd'])
    await assert.rejects(call(bad, LIMITS), fails('address-invalid', /not an http or https URL/));
  await assert.rejects(call('http://127.0.0.1:1', LIMITS), (error: CallFault) => {
    assert.ok(fails('unreachable', /no program listens on that port/)(error));
    assert.equal(error.sent, false);
    return true;
  });
});

test('a server that closes at once is asked about TLS', async (t) => {
  const url = await serving(t, (request) => void request.socket.destroy());
  await assert.rejects(call(url, LIMITS), (error: CallFault) => {
    assert.ok(fails('unreachable', /closed the connection/)(error));
    assert.equal(error.sent, true);
    assert.match(error.remedy, /https:\/\//);
    return true;
  });
});

test('silence, a head without a body and a slow drip end with the deadline', async (t) => {
  const timers = new Set<NodeJS.Timeout>();
  t.after(() => timers.forEach((timer) => void clearInterval(timer)));
  const listeners: readonly RequestListener[] = [
    () => undefined,
    (_, response) => void response.write('{'),
    (_, response) => void timers.add(setInterval(() => response.write(' '), 5)),
  ];
  for (const listener of listeners) {
    const url = await serving(t, listener);
    const asked = call(url, { ...LIMITS, deadlineMs: 60 });
    await assert.rejects(asked, fails('timeout', /did not answer within 60 ms$/));
  }
  const clock = { ...systemClock(), sleep: async () => undefined };
  const late = call(await serving(t, () => undefined), { ...LIMITS, clock });
  await assert.rejects(late, (error: CallFault) => {
    assert.ok(fails('unreachable', /no connection was made in time/)(error));
    assert.equal(error.sent, false);
    return true;
  });
});

test('an endless body is given up at the bound, and its connection ends', async (t) => {
  const ended = Promise.withResolvers<void>();
  const url = await serving(t, async (request, response) => {
    request.socket.once('close', () => ended.resolve());
    while (!response.destroyed)
      if (!response.write('x'.repeat(500))) await new Promise((resolve) => setImmediate(resolve));
  });
  const asked = call(url, { ...LIMITS, via: openCaller({ kept: true }) });
  await assert.rejects(asked, fails('answer-too-large', /with more than 1000 bytes$/));
  await ended.promise;
});

test('a body that ends in the middle, and bytes that are not HTTP, are no answer', async (t) => {
  const url = await serving(t, (_, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('{"peers":', () => response.destroy());
  });
  await assert.rejects(call(url, { ...LIMITS, shape }), fails('broken', /broke off: /));
  const other = createSocketServer((socket) => void socket.end('220 mail.example ESMTP\r\n'));
  const mail = `http://127.0.0.1:${await listening(other, t)}`;
  await assert.rejects(call(mail, LIMITS), fails('unreachable', /the answer is not HTTP/));
  const secure = mail.replace('http:', 'https:');
  await assert.rejects(
    call(secure, LIMITS),
    fails('unreachable', /does not speak TLS|closed the connection/),
  );
});

test('a redirect is not followed, and shows no secret to the other place', async (t) => {
  const asked: unknown[] = [];
  const other = await serving(t, (request, response) => {
    asked.push(request.headers.authorization);
    response.end('{"peers":1}');
  });
  for (const status of [301, 302, 307, 308]) {
    const url = await serving(t, (_, response) => void response.writeHead(status, { location: other }).end());
    const sent = call(url, { ...LIMITS, token: 'secret', shape });
    await assert.rejects(sent, fails('status', new RegExp(`with status ${status}$`)));
  }
  assert.deepEqual(asked, []);
});

test('a compressed body is refused before a byte of it is unpacked', async (t) => {
  const bomb = gzipSync(Buffer.alloc(1_000_000, ' '));
  const url = await serving(t, (_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
  });
  await assert.rejects(call(url, { ...LIMITS, mostBytes: 10_000 }), fails('answer-invalid', /encoding/));
});

test('an answer that is not JSON, or has another form, says so', async (t) => {
  const answers = ['<html>', '', '{"peers":"4"}', '[]', 'null'];
  const url = await serving(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(answers.shift());
  });
  const asked = () => call(url, { ...LIMITS, shape });
  await assert.rejects(asked(), fails('answer-invalid', /with text\/html, not with JSON$/));
  await assert.rejects(asked(), fails('answer-invalid', /not with JSON$/));
  await assert.rejects(asked(), fails('answer-invalid', /in another form: peers: /));
  await assert.rejects(asked(), fails('answer-invalid', /in another form/));
  await assert.rejects(asked(), fails('answer-invalid', /in another form/));
});

test('a problem document gives its words, without hidden characters', async (t) => {
  const problem = { title: 'Frozen', detail: 'the key\u001b[2J is frozen', remedy: 'lift the freeze' };
  const url = await serving(t, (_, response) => void response.writeHead(409).end(JSON.stringify(problem)));
  await assert.rejects(call(url, { ...LIMITS, shape }), (error: CallFault) => {
    assert.ok(fails('status', /with status 409: the key\\u001b\[2J is frozen$/)(error));
    assert.deepEqual([error.remedy, error.answer?.status], ['lift the freeze', 409]);
    return true;
  });
});

test('a stream gives chunks without a bound, and fails if it breaks off or pauses', async (t) => {
  const read = async (url: string, more = {}) => {
    let bytes = 0;
    for await (const chunk of openCaller().stream(url, { ...LIMITS, ...more })) bytes += chunk.length;
    return bytes;
  };
  const long = await serving(t, (_, response) => void response.end('x'.repeat(5_000)));
  assert.equal(await read(long), 5_000);
  const refused = await serving(t, (_, response) => void response.writeHead(403).end('{"title":"no"}'));
  await assert.rejects(read(refused), fails('status', /with status 403: no$/));
  const paused = await serving(t, (_, response) => void response.write('x'));
  await assert.rejects(read(paused, { stallMs: 20 }), fails('broken', /no answer came in time/));
  await assert.rejects(read(paused, { signal: AbortSignal.timeout(20) }), fails('stopped', /given up/));
});
