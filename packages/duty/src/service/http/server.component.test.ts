import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { temporaryFolder } from '@watchbill/kit/testing';
import type { ListenAddress } from './listen.ts';
import { CLAIM, type Client, LIVE, openClient, rawCall, requestOf } from './testing/client.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { claimAnswer } from './testing/fixed-values.ts';
import { serve, testServer } from './testing/server.ts';

const directory = temporaryFolder();

/** A permit whose claims are granted once `answer` is called; `begun` settles with the first claim. */
function fakeSlow() {
  const begun = Promise.withResolvers<AbortSignal | undefined>();
  const { promise, resolve: answer } = Promise.withResolvers<void>();
  const permit = fakePermit({
    claim: async (claim, _caller, signal) => {
      begun.resolve(signal);
      await promise;
      return claimAnswer(claim);
    },
  });
  return { permit, begun: begun.promise, answer };
}

const unix = (path: string) => ({ listen: { kind: 'unix', path } as const });
const refuses = (listen: ListenAddress, code: string) =>
  assert.rejects(testServer(fakePermit(), { listen }), { code });

test('an address that others can reach is refused without TLS', async () => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'validator.example', '127.0.0.1.example', ''])
    await refuses({ kind: 'tcp', host, port: 0 }, 'address-needs-tls');
});

test('a port that is taken is a clear fault', async (context) => {
  const { port } = await serve(context);
  await refuses({ kind: 'tcp', port }, 'address-in-use');
});

test('a unix socket is for its owner alone, answers, and is gone after the end', async () => {
  const path = join(directory, 'own.sock');
  const server = await testServer(fakePermit(), unix(path));
  assert.equal(server.url, `unix:${path}`);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal((await rawCall(path, CLAIM)).status, 200);
  await refuses({ kind: 'unix', path }, 'address-in-use');
  assert.equal((await rawCall(path, LIVE)).status, 200, 'the refused one did no harm');
  await server.close(1_000);
  assert.equal(existsSync(path), false);
});

test('the socket file of a dead process is replaced; another file is not', async (context) => {
  const path = join(directory, 'stale.sock');
  const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', program]);
  assert.equal(existsSync(path), true, 'a killed process leaves its socket file');
  await serve(context, fakePermit(), unix(path));
  assert.equal((await rawCall(path, LIVE)).status, 200);
  const file = join(directory, 'file');
  writeFileSync(file, 'precious');
  await refuses({ kind: 'unix', path: file }, 'socket-path-taken');
  assert.equal(existsSync(file), true);
});

test('a process that is too busy to be asked is not taken for dead', async (context) => {
  const path = join(directory, 'busy.sock');
  const program = `require('node:net').createServer().listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => {
    process.stdout.write('up');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  })`;
  const busy = spawn(process.execPath, ['-e', program]);
  const waiting: Client['socket'][] = [];
  context.after(() => {
    for (const socket of waiting) socket.destroy();
    busy.kill('SIGKILL');
  });
  await new Promise((resolve) => busy.stdout.once('data', resolve));
  // It accepts nothing, so its queue fills up and the next one is turned away, though it lives.
  let full = false;
  while (!full) {
    assert.ok(waiting.length < 100, 'its queue never filled');
    full = await new Promise<boolean>((resolve) => {
      const { socket } = openClient(path);
      socket.once('connect', () => resolve(false)).once('error', () => resolve(true));
      waiting.push(socket);
    });
  }
  await refuses({ kind: 'unix', path }, 'address-in-use');
  assert.equal(existsSync(path), true);
});

test('slow headers and slow bodies are cut with 408', async (context) => {
  const permit = fakePermit();
  const early = await serve(context, permit, { limits: { headersTimeoutMs: 200, requestTimeoutMs: 60_000 } });
  const headers = await rawCall(early.port, 'POST /v1/claims HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  assert.equal(headers.status, 408);
  assert.match(headers.body, /request-timeout/);
  const { port } = await serve(context, permit, { limits: { headersTimeoutMs: 200, requestTimeoutMs: 300 } });
  const half = await rawCall(port, CLAIM.slice(0, -10));
  assert.equal(half.status, 408);
  assert.match(String(half.headers.get('content-type')), /problem\+json/);
  assert.deepEqual(permit.calls, []);
});

test('a request may be given less time than its header has by default', async (context) => {
  const { port } = await serve(context, fakePermit(), { limits: { requestTimeoutMs: 300 } });
  assert.equal((await rawCall(port, 'GET /livez HTTP/1.1\r\n')).status, 408);
});

test('a request that is not HTTP or is too large is a problem and reaches no service', async (context) => {
  const permit = fakePermit();
  const { port } = await serve(context, permit);
  const head = requestOf('POST /v1/claims', 'node', '', 'Content-Type: application/json').slice(0, -2);
  const chunk = `5000\r\n${'x'.repeat(0x5000)}\r\n`;
  for (const [text, status, code] of [
    ['hello\r\n\r\n', 400, 'malformed-http'],
    [requestOf('GET /', undefined, '', `X-Much: ${'x'.repeat(20_000)}`), 431, 'headers-too-large'],
    [`${head}Content-Length: 1000000\r\n\r\n`, 413, 'body-too-large'],
    [`${head}Transfer-Encoding: chunked\r\n\r\n${chunk}`, 413, 'body-too-large'],
  ] as const) {
    const answer = await rawCall(port, text);
    assert.deepEqual([answer.status, JSON.parse(answer.body).code], [status, code]);
  }
  assert.deepEqual(permit.calls, []);
});

test('the service learns of a claimant that goes away', async (context) => {
  const { permit, begun } = fakeSlow();
  const { port } = await serve(context, permit);
  const { socket } = openClient(port, CLAIM);
  const signal = await begun;
  const aborted = new Promise((resolve) => signal?.addEventListener('abort', () => resolve(true)));
  socket.destroy();
  // Well before the limit of the server, which ends every claim.
  assert.equal(await Promise.race([aborted, pause(10_000, false, { ref: false })]), true);
});

test('closing answers what is under way, refuses what is new, and ends in time', async () => {
  const { permit, begun, answer } = fakeSlow();
  const server = await testServer(permit);
  const { socket, text, closed } = openClient(server.port, CLAIM);
  await begun;
  const ended = server.close(60_000);
  await assert.rejects(rawCall(server.port, LIVE), { code: 'ECONNREFUSED' });
  socket.write(CLAIM);
  answer();
  await Promise.all([ended, closed]);
  assert.match(text(), /^HTTP\/1\.1 200[\s\S]*"outcome":"granted"/);
  assert.equal(permit.calls.length, 1, 'nothing new was begun');
});

test('what does not end is cut', async () => {
  const { permit, begun } = fakeSlow();
  const server = await testServer(permit);
  const call = rawCall(server.port, CLAIM).catch((error: NodeJS.ErrnoException) => {
    assert.equal(error.code, 'ECONNRESET', 'cut by the server, not given up by the client');
    return { status: 0 };
  });
  await begun;
  await server.close(50);
  assert.equal((await call).status, 0);
  await server.close(50);
});
