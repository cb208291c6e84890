import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { temporaryFolder } from '@watchbill/kit/testing';
import { fakePermit } from './testing/fake-permit.ts';
import { claimAnswer, claimBody, secretOf } from './testing/fixed-values.ts';
import { rawCall, testServer } from './testing/server.ts';

const directory = temporaryFolder();

const body = JSON.stringify(claimBody());
const CLAIM = `POST /v1/claims HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secretOf('node')}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const LIVE = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n';

test('an address that others can reach is refused without TLS', async () => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'validator.example', '127.0.0.1.example', '']) {
    await assert.rejects(testServer(fakePermit(), { listen: { kind: 'tcp', host, port: 0 } }), {
      code: 'address-needs-tls',
    });
  }
});

test('a port that is taken is a clear fault', async () => {
  const server = await testServer();
  const again = testServer(fakePermit(), { listen: { kind: 'tcp', port: server.port } });
  await assert.rejects(again, { code: 'address-in-use' });
  await server.close(1_000);
});

test('a unix socket is for its owner alone, answers, and is gone after the end', async () => {
  const path = join(directory, 'own.sock');
  const server = await testServer(fakePermit(), { listen: { kind: 'unix', path } });
  assert.equal(server.url, `unix:${path}`);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal((await rawCall(path, CLAIM)).status, 200);
  await assert.rejects(testServer(fakePermit(), { listen: { kind: 'unix', path } }), {
    code: 'address-in-use',
  });
  assert.equal((await rawCall(path, LIVE)).status, 200, 'the refused one did no harm');
  await server.close(1_000);
  assert.equal(existsSync(path), false);
});

test('the socket file of a dead process is replaced; another file is not', async () => {
  const path = join(directory, 'stale.sock');
  const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', program]);
  assert.equal(existsSync(path), true, 'a killed process leaves its socket file');
  const server = await testServer(fakePermit(), { listen: { kind: 'unix', path } });
  assert.equal((await rawCall(path, LIVE)).status, 200);
  await server.close(1_000);
  const file = join(directory, 'file');
  writeFileSync(file, 'precious');
  await assert.rejects(testServer(fakePermit(), { listen: { kind: 'unix', path: file } }), {
    code: 'socket-path-taken',
  });
  assert.equal(existsSync(file), true);
});

test('a process that is too busy to be asked is not taken for dead', async () => {
  const path = join(directory, 'busy.sock');
  const program = `require('node:net').createServer().listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => {
    process.stdout.write('up');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  })`;
  const busy = spawn(process.execPath, ['-e', program]);
  const waiting: Socket[] = [];
  try {
    await new Promise((resolve) => busy.stdout.once('data', resolve));
    // It accepts nothing, so its queue fills up and the next one is turned away, though it lives.
    let full = false;
    while (!full) {
      assert.ok(waiting.length < 100, 'its queue never filled');
      full = await new Promise<boolean>((resolve) => {
        const socket = connect(path, () => resolve(false)).once('error', () => resolve(true));
        waiting.push(socket);
      });
    }
    const again = testServer(fakePermit(), { listen: { kind: 'unix', path } });
    await assert.rejects(again, { code: 'address-in-use' });
    assert.equal(existsSync(path), true);
  } finally {
    for (const socket of waiting) socket.destroy();
    busy.kill('SIGKILL');
  }
});

test('slow headers and slow bodies are cut with 408', async () => {
  const permit = fakePermit();
  const early = await testServer(permit, { limits: { headersTimeoutMs: 200, requestTimeoutMs: 60_000 } });
  const headers = await rawCall(early.port, 'POST /v1/claims HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  await early.close(1_000);
  const server = await testServer(permit, { limits: { headersTimeoutMs: 200, requestTimeoutMs: 300 } });
  assert.equal(headers.status, 408);
  assert.match(headers.body, /request-timeout/);
  const half = await rawCall(server.port, CLAIM.slice(0, -10));
  assert.equal(half.status, 408);
  assert.match(String(half.headers.get('content-type')), /problem\+json/);
  assert.deepEqual(permit.calls, []);
  await server.close(1_000);
});

test('a request may be given less time than its header has by default', async () => {
  const server = await testServer(fakePermit(), { limits: { requestTimeoutMs: 300 } });
  assert.equal((await rawCall(server.port, 'GET /livez HTTP/1.1\r\n')).status, 408);
  await server.close(1_000);
});

test('what is no HTTP, and too large a header, are problems', async () => {
  const server = await testServer();
  const noise = await rawCall(server.port, 'hello\r\n\r\n');
  assert.equal(noise.status, 400);
  assert.equal(JSON.parse(noise.body).code, 'malformed-http');
  const large = await rawCall(server.port, `GET / HTTP/1.1\r\nX-Much: ${'x'.repeat(20_000)}\r\n\r\n`);
  assert.equal(large.status, 431);
  assert.equal(JSON.parse(large.body).code, 'headers-too-large');
  await server.close(1_000);
});

test('an oversized body is refused by its announcement, and by its bytes', async () => {
  const permit = fakePermit();
  const server = await testServer(permit);
  const head = CLAIM.slice(0, CLAIM.indexOf('Content-Length'));
  const announced = await rawCall(server.port, `${head}Content-Length: 1000000\r\n\r\n`);
  assert.equal(announced.status, 413);
  const chunk = `5000\r\n${'x'.repeat(0x5000)}\r\n`;
  const counted = await rawCall(server.port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}`);
  assert.equal(counted.status, 413);
  assert.equal(JSON.parse(counted.body).code, 'body-too-large');
  assert.deepEqual(permit.calls, []);
  await server.close(1_000);
});

test('a connection is kept for many requests', async () => {
  const server = await testServer();
  const socket = connect(server.port, '127.0.0.1');
  let text = '';
  const answered = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (text.split('HTTP/1.1 200').length === 4) resolve();
    });
  });
  socket.write(LIVE + CLAIM + LIVE);
  await answered;
  socket.destroy();
  await server.close(1_000);
});

test('the service learns of a claimant that goes away', async () => {
  const aborted = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const permit = fakePermit({
    claim: (_claim, _caller, signal) => {
      signal?.addEventListener('abort', () => aborted.resolve());
      begun.resolve();
      return new Promise(() => undefined);
    },
  });
  const server = await testServer(permit);
  const socket = connect(server.port, '127.0.0.1');
  socket.write(CLAIM);
  await begun.promise;
  socket.destroy();
  // Well before the limit of the server, which ends every claim.
  const seen = await Promise.race([aborted.promise.then(() => true), pause(10_000, false, { ref: false })]);
  assert.equal(seen, true);
  await server.close(0);
});

test('closing answers what is under way, refuses what is new, and ends in time', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const permit = fakePermit({
    claim: async (claim) => {
      begun.resolve();
      await promise;
      return claimAnswer(claim);
    },
  });
  const server = await testServer(permit);
  const socket = connect(server.port, '127.0.0.1');
  let text = '';
  const done = new Promise<void>((end) => socket.once('close', () => end()));
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  socket.write(CLAIM);
  await begun.promise;
  const closed = server.close(60_000);
  await assert.rejects(rawCall(server.port, LIVE), { code: 'ECONNREFUSED' });
  socket.write(CLAIM);
  resolve();
  await closed;
  await done;
  assert.match(text, /^HTTP\/1\.1 200[\s\S]*"outcome":"granted"/);
  assert.equal(permit.calls.length, 1, 'nothing new was begun');
});

test('what does not end is cut', async () => {
  const begun = Promise.withResolvers<void>();
  const permit = fakePermit({
    claim: () => {
      begun.resolve();
      return new Promise(() => undefined);
    },
  });
  const server = await testServer(permit);
  const call = rawCall(server.port, CLAIM).catch((error: NodeJS.ErrnoException) => {
    assert.equal(error.code, 'ECONNRESET', 'cut by the server, not given up by the client');
    return { status: 0 };
  });
  await begun.promise;
  await server.close(50);
  assert.equal((await call).status, 0);
  await server.close(50);
});
