import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { eventually } from './testing/gateway.ts';
import { openUpstream } from './upstream.ts';

test('a node that does not read is sent no more than may wait for it', async (t) => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  let isConnected = false;
  server.on('connection', (client) => {
    client.pause();
    isConnected = true;
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const limits = { responseBytes: 1_024, bufferedBytes: 65_536 };
  const events = { onText: () => undefined, onEnd: () => undefined };
  const upstream = openUpstream(url, limits, events);
  t.after(() => {
    upstream.terminate();
    for (const client of server.clients) client.terminate();
    server.close();
  });
  upstream.send('before it is open');
  await eventually('it is open', () => isConnected);
  let sent = 0;
  // More than the buffers of two sockets hold.
  while (sent < 64 && upstream.send('x'.repeat(1 << 20))) {
    sent += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(sent < 64, `${sent} MiB were taken`);
});
