import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { listening } from '@watchbill/kit/testing';
import { openConnection, replyReader } from './connection.ts';

const REPLY = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nx: y\r\n\r\nhello');

test('a reply is whole after its last byte, wherever it was cut, and the next one begins anew', () => {
  for (let cut = 1; cut < REPLY.length; cut++) {
    const read = replyReader();
    for (let round = 0; round < 2; round++) {
      assert.equal(read(REPLY.subarray(0, cut)), null);
      const reply = read(REPLY.subarray(cut));
      assert.equal(reply?.status, 200);
      assert.equal(reply?.body.toString(), 'hello');
    }
  }
});

test('what cannot be read is refused: no length, two answers at once', () => {
  assert.throws(() => replyReader()(Buffer.from('HTTP/1.1 200 OK\r\n\r\n')), /does not read/);
  assert.throws(() => replyReader()(Buffer.concat([REPLY, REPLY])), /more than one/);
});

test('a connection carries one question after another; a refusal and an end are errors', async (context) => {
  const server = createServer((request, response) => {
    if (request.url === '/end') return void request.socket.destroy();
    response.statusCode = request.url === '/no' ? 503 : 200;
    response.end(`you asked ${request.url}`);
  });
  const port = await listening(server, context);
  const open = async () => {
    const connection = await openConnection(port);
    context.after(() => connection.close());
    return connection;
  };
  const ask = (path: string) => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  const first = await open();
  assert.equal((await first.ask(ask('/a'))).toString(), 'you asked /a');
  assert.equal((await first.ask(ask('/b'))).toString(), 'you asked /b');
  const both = await Promise.allSettled([first.ask(ask('/c')), first.ask(ask('/d'))]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  await assert.rejects(first.ask(ask('/no')), /status 503: you asked \/no/);
  const second = await open();
  assert.ok(second.isOpen() && !first.isOpen());
  await assert.rejects(second.ask(ask('/end')), /closed|ECONNRESET/);
  assert.ok(!second.isOpen());
});
