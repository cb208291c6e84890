import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'node:test';
import { freePorts } from './ports.ts';

test('ports are different, below those the system hands out, and not one that is in use', async () => {
  const first = await freePorts(5);
  assert.equal(new Set(first).size, 5);
  assert.ok(first.every((port) => port >= 10_000 && port < 20_000));
  const taken = (first.at(-1) ?? 0) + 1;
  const server = createServer().listen(taken, '127.0.0.1');
  await once(server, 'listening');
  const more = await freePorts(3);
  server.close();
  assert.ok(!more.includes(taken));
  assert.ok(more.every((port) => !first.includes(port)));
});

test('more ports than a process has are refused', async () => {
  await assert.rejects(freePorts(1_000), /not found/);
});
