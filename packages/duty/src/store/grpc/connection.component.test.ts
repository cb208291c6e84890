import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http2';
import { test } from 'node:test';
import { dial } from './connection.ts';

test('a connection that ends in the moment in which it begins was none, and harms nothing', async (context) => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  let gone = 0;
  const onGone = (): void => {
    gone += 1;
  };
  const connection = dial(new URL(`http://127.0.0.1:${address.port}`), null, onGone);
  connection.session.prependOnceListener('connect', () => connection.session.destroy());
  await assert.rejects(connection.ready, { name: 'RpcError', message: /no connection to 127\.0\.0\.1/ });
  assert.equal(connection.open, false);
  assert.equal(gone, 1);
});
