import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { withApi } from './api.ts';

test('a connection that is closed without a word: https is named where http was asked', async (t) => {
  const server = createServer((socket) => socket.once('data', () => socket.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { readonly port: number };
  const rest = {
    socket: null,
    token: null,
    dataDir: null,
    configured: false,
    caFile: null,
    certFile: null,
    keyFile: null,
  };
  const target = { url: new URL(`http://127.0.0.1:${port}/`), timeoutMs: 60_000, ...rest };
  const asked = withApi(target, (api) => api.get('/v1/status'));
  await assert.rejects(asked, (error: { problems: readonly { remedy: string }[] }) => {
    assert.match(error.problems[0]?.remedy ?? '', /https:\/\//);
    return true;
  });
});
