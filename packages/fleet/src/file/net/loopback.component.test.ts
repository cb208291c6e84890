import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { type Forward, onLoopback } from './loopback.ts';

/** A way to an echo server. */
async function echo(context: TestContext, taken: Socket[] = []): Promise<Forward> {
  const way = await onLoopback(
    createServer((socket) => {
      taken.push(socket);
      socket.pipe(socket);
    }),
  );
  context.after(way.close);
  return way;
}

function caller(context: TestContext, { port }: Forward): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  context.after(() => socket.destroy());
  return socket;
}

async function saysBack(socket: Socket, word: string): Promise<void> {
  socket.write(word);
  assert.equal(String((await once(socket, 'data'))[0]), word);
}

test('it listens on loopback alone; an error of one connection ends that one', async (context) => {
  const taken: Socket[] = [];
  const way = await echo(context, taken);
  const one = caller(context, way);
  await saysBack(one, 'one');
  const other = caller(context, way);
  await saysBack(other, 'other');
  assert.deepEqual(taken.map(field('localAddress')), ['127.0.0.1', '127.0.0.1']);
  taken[0]?.emit('error', new Error('of a test'));
  await once(one, 'close');
  await saysBack(other, 'still there');
});

test('closing takes its connections with it, and no more come', async (context) => {
  const way = await echo(context);
  const open = caller(context, way);
  await saysBack(open, 'hello');
  const ended = once(open, 'close');
  way.close();
  await ended;
  const [error] = await once(connect(way.port, '127.0.0.1'), 'error');
  assert.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
});

test('no more than 64 are open at once; where one ends, another may come', async (context) => {
  const taken: Socket[] = [];
  const way = await echo(context, taken);
  const all = Array.from({ length: 64 }, () => caller(context, way));
  for (const socket of all) await saysBack(socket, 'in');
  await once(caller(context, way), 'close');
  all[0]?.destroy();
  await Promise.race(taken.map((socket) => once(socket, 'close')));
  await saysBack(caller(context, way), 'in again');
});

test('it takes the port that is asked for, and rejects one that is in use', async (context) => {
  const free = await echo(context);
  free.close();
  const way = await onLoopback(createServer(), free.port);
  context.after(way.close);
  assert.equal(way.port, free.port);
  await assert.rejects(onLoopback(createServer(), free.port), { code: 'EADDRINUSE' });
});
