import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hostProxy } from './host-proxy.ts';

const HOST = '127.0.0.1:9944';
let folder: string;
let port = 0;

/** Answers as the RPC of a node does: only to requests for its own address. */
const node = createServer((request, response) => {
  let body = '';
  request.on('data', (part) => {
    body += part;
  });
  request.on('end', () => {
    if (request.headers.host !== HOST) return response.writeHead(403).end('not whitelisted');
    return response.end(`${request.method} ${request.url} ${body}`);
  });
});
node.on('upgrade', (request, socket, head) => {
  const line = request.headers.host === HOST ? '101 Switching Protocols' : '403 Forbidden';
  socket.write(`HTTP/1.1 ${line}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  socket.write(head);
  socket.pipe(socket);
});
let proxy: ReturnType<typeof hostProxy>;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'watchbill-proxy-'));
  const path = join(folder, 's');
  proxy = hostProxy({ socketPath: path }, HOST);
  await new Promise<void>((resolve) => node.listen(path, resolve));
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
after(() => {
  for (const server of [node, proxy]) {
    server.close();
    server.closeAllConnections();
  }
  rmSync(folder, { recursive: true, force: true });
});

test('a call comes through under the name that the node knows, again and again', async () => {
  for (const body of ['first', 'x'.repeat(200_000)]) {
    const answer = await fetch(`http://127.0.0.1:${port}/a?b`, { method: 'POST', body });
    assert.equal(await answer.text(), `POST /a?b ${body}`);
  }
});

test('so does a WebSocket, with its messages in both directions', async () => {
  const socket = connect(port, '127.0.0.1');
  const host = `127.0.0.1:${port}`;
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello`);
  let said = '';
  for await (const part of socket) {
    said += part;
    if (said.includes('hello')) break;
  }
  assert.match(said, /^HTTP\/1\.1 101 /);
});

test('a node that is away ends the call, and not the way to it', async () => {
  await new Promise((resolve) => {
    node.close(resolve);
    node.closeAllConnections();
  });
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x' }));
  await new Promise<void>((resolve) => node.listen(join(folder, 's'), resolve));
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
});

test('who calls it by another name is refused, as the node refuses', async () => {
  for (const upgrade of ['', 'Connection: Upgrade\r\nUpgrade: websocket\r\n']) {
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET / HTTP/1.1\r\nHost: evil.example:${port}\r\n${upgrade}\r\n`);
    let said = '';
    for await (const part of socket) said += String(part);
    assert.match(said, /^HTTP\/1\.1 403 /);
  }
});
