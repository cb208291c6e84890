import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { parseNodeUrl } from './address.ts';
import { NodeFault } from './fault.ts';
import { socketNode } from './socket-node.ts';
import { fakeSockets } from './testing/fake-socket.ts';

function start(timeoutMs: number) {
  const clock = createVirtualClock();
  const sockets = fakeSockets();
  const settings = { address: parseNodeUrl('ws://node:9944'), timeoutMs, clock, maxPending: 8 };
  return { clock, sockets, client: socketNode(settings, sockets.open) };
}

const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'answered',
    (error: unknown) => (error instanceof NodeFault ? error.code : error),
  );

test('pauses between attempts grow to five seconds and no further; without a wish there is no attempt', async () => {
  const { clock, sockets, client } = start(60_000);
  const call = codeOf(client.call('any'));
  const pauses: number[] = [];
  for (let attempt = 0; attempt < 10; attempt += 1) {
    sockets.tried[attempt]?.events.onEnd();
    const fromMs = clock.monotonicMs();
    while (sockets.tried.length === attempt + 1) await clock.advance(100);
    pauses.push(clock.monotonicMs() - fromMs);
  }
  assert.deepEqual(pauses, [200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000, 5_000, 5_000]);
  await clock.advance(60_000);
  assert.equal(await call, 'unreachable');
  const tried = sockets.tried.length;
  sockets.tried.at(-1)?.events.onEnd();
  await clock.advance(60_000);
  assert.equal(sockets.tried.length, tried);
  client.close();
});

test('a connection that does not open in ten seconds is given up for another', async () => {
  const { clock, sockets, client } = start(60_000);
  const call = codeOf(client.call('any'));
  await clock.advance(9_999);
  assert.equal(sockets.tried[0]?.closed, false);
  await clock.advance(1);
  assert.equal(sockets.tried[0]?.closed, true);
  await clock.advance(1_000);
  assert.equal(sockets.tried.length, 2);
  client.close();
  assert.equal(await call, 'closed');
});

test('a call that was never sent is not sent after its deadline', async () => {
  const { clock, sockets, client } = start(1_000);
  const call = codeOf(client.call('any'));
  await clock.advance(1_000);
  assert.equal(await call, 'unreachable');
  sockets.tried[0]?.events.onOpen();
  assert.deepEqual(sockets.tried[0]?.sent, []);
  client.close();
});

test('a connection that is dead without a word is dropped; one that says something is kept', async () => {
  const { clock, sockets, client } = start(1_000);
  const late = codeOf(client.call('slow'));
  const [first] = sockets.tried;
  first?.events.onOpen();
  await clock.advance(500);
  first?.events.onMessage('{"jsonrpc":"2.0","id":99,"result":1}');
  await clock.advance(500);
  assert.equal(await late, 'timeout');
  assert.equal(first?.closed, false);
  const dead = codeOf(client.call('slow'));
  await clock.advance(1_000);
  assert.equal(await dead, 'timeout');
  assert.equal(first?.closed, true);
  client.close();
});

test('a reader that only listens asks a silent node whether it is there, and leaves it where it is not', async () => {
  const { clock, sockets, client } = start(1_000);
  const subscribed = client.subscribe('s', [], 'u', () => undefined);
  const [first] = sockets.tried;
  first?.events.onOpen();
  first?.events.onMessage('{"jsonrpc":"2.0","id":1,"result":"abc"}');
  await subscribed;
  await clock.advance(15_000);
  assert.match(first?.sent.at(-1) ?? '', /system_name/);
  await clock.advance(1_000);
  assert.equal(first?.closed, true);
  await clock.advance(1_000);
  assert.equal(sockets.tried.length, 2);
  client.close();
});

/** One subscription that the node calls `abc`, and a lost connection after it. */
async function lostSubscription() {
  const { clock, sockets, client } = start(1_000);
  const items: unknown[] = [];
  const subscribing = client.subscribe('s', [], 'u', (item) => items.push(item));
  sockets.tried[0]?.events.onOpen();
  sockets.tried[0]?.events.onMessage('{"id":1,"result":"abc"}');
  const subscription = await subscribing;
  sockets.tried[0]?.events.onEnd();
  await clock.advance(500);
  const again = sockets.tried[1];
  again?.events.onOpen();
  assert.match(again?.sent[0] ?? '', /"id":2,"method":"s"/);
  return { client, items, subscription, again };
}

test("a subscription's name on the old connection means nothing on the new one", async () => {
  const { client, items, again } = await lostSubscription();
  again?.events.onMessage('{"params":{"subscription":"abc","result":"of another"}}');
  again?.events.onMessage('{"id":2,"result":"def"}');
  again?.events.onMessage('{"params":{"subscription":"def","result":"ours"}}');
  assert.deepEqual(items, ['ours']);
  client.close();
});

test('a subscription that is closed while it is made anew is ended at the node', async () => {
  const { client, items, subscription, again } = await lostSubscription();
  subscription.close();
  assert.equal(again?.sent.length, 1);
  again?.events.onMessage('{"id":2,"result":"def"}');
  assert.match(again?.sent[1] ?? '', /"method":"u","params":\["def"\]/);
  again?.events.onMessage('{"params":{"subscription":"def","result":"late"}}');
  assert.deepEqual(items, []);
  client.close();
});
