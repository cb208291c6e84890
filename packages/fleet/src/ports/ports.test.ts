import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'node:test';
import { freePort, freePorts, isFree } from './index.ts';

test('ports are different, never given twice, and none that the system gives to connections', async () => {
  const ports = [...(await freePorts(60)), await freePort()];
  assert.equal(new Set(ports).size, 61);
  assert.ok(ports.every((port) => port >= 20_000 && port < 30_000));
});

test('a port that somebody listens on is not free', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  assert.equal(await isFree(port), false);
  server.close();
  await once(server, 'close');
  assert.equal(await isFree(port), true);
});
