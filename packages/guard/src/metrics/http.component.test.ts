import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveMetrics } from './http.ts';
import { guardMetrics } from './metrics.ts';

test('only metrics are served, on loopback', async (t) => {
  const metrics = guardMetrics(['gran'], () => 0);
  const server = await serveMetrics(0, metrics);
  t.after(() => server.close());
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  const reply = await fetch(server.url);
  assert.equal(reply.status, 200);
  assert.match(reply.headers.get('content-type') ?? '', /^text\/plain/);
  assert.match(await reply.text(), /^watchbill_guard_node_up 0$/m);
  assert.equal((await fetch(new URL('/', server.url))).status, 404);
  assert.equal((await fetch(server.url, { method: 'POST' })).status, 404);
  const port = Number(new URL(server.url).port);
  await assert.rejects(serveMetrics(port, metrics), /another process uses that address/);
});
