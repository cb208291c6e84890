import assert from 'node:assert/strict';
import { createServer } from 'node:http2';
import { test } from 'node:test';
import { listening } from '@watchbill/kit/testing';
import { dial } from './connection.ts';

test('a connection that ends in the moment in which it begins was none, and harms nothing', async (context) => {
  const port = await listening(createServer(), context);
  let gone = 0;
  const onGone = (): void => {
    gone += 1;
  };
  const connection = dial(new URL(`http://127.0.0.1:${port}`), null, onGone);
  connection.session.prependOnceListener('connect', () => connection.session.destroy());
  await assert.rejects(connection.ready, { name: 'RpcError', message: /no connection to 127\.0\.0\.1/ });
  assert.equal(connection.open, false);
  assert.equal(gone, 1);
});
