import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { ALL, eventually, type Ground, gatewayGround, KEY, rpc, WATCHFUL } from './testing/gateway.ts';

interface Client {
  readonly socket: WebSocket;
  readonly heard: string[];
  readonly closed: Promise<{ readonly code: number; readonly why: string }>;
  readonly ask: (body: unknown) => Promise<Record<string, unknown>>;
}

let lastId = 0;

async function connect(t: TestContext, { gateway }: Ground, key: string | null = KEY): Promise<Client> {
  const headers = key === null ? {} : { authorization: `Bearer ${key}` };
  const socket = new WebSocket(gateway.url.replace('http', 'ws'), { headers });
  t.after(() => socket.terminate());
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(String(data)));
  const closed = new Promise<{ code: number; why: string }>((resolve, reject) => {
    socket.on('close', (code, why) => resolve({ code, why: String(why) }));
    setTimeout(() => reject(new Error('the connection was not ended')), 60_000).unref();
  });
  closed.catch(() => undefined);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const ask: Client['ask'] = async (body) => {
    const id = JSON.stringify((body as { readonly id: unknown }).id);
    socket.send(JSON.stringify(body));
    const isIt = (text: string) => text.includes(`"id":${id}`);
    await eventually(`${id} is answered`, () => heard.some(isIt));
    return JSON.parse(heard.find(isIt) ?? '{}') as Record<string, unknown>;
  };
  return { socket, heard, closed, ask };
}

function next(method: string, params: unknown = []) {
  lastId += 1;
  return rpc(method, params, `r${lastId}`);
}

async function refusedWith(ground: Ground, key: string | null): Promise<number> {
  const socket = new WebSocket(ground.gateway.url.replace('http', 'ws'), {
    headers: key === null ? {} : { authorization: `Bearer ${key}` },
  });
  return await new Promise((resolve) => {
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('open', () => resolve(101));
    socket.on('error', () => undefined);
  });
}

// These tests mostly wait, so they run at the same time.
describe('the gateway over WebSocket', { concurrency: 4 }, () => {
  test('requests and subscriptions pass, refused ones do not, and the order of a connection is kept', async (t) => {
    const ground = await gatewayGround(t);
    const { node } = ground;
    node.items = 3;
    const client = await connect(t, ground);
    assert.equal((await client.ask(next('system_chain'))).result, 'Fake');
    const refused = (await client.ask(next('author_insertKey'))) as { error: { code: number } };
    assert.equal(refused.error.code, -32601);
    await client.ask(next('chain_subscribeNewHeads'));
    await eventually('items come', () => client.heard.filter((text) => text.includes('"item"')).length === 3);
    client.socket.send(JSON.stringify([rpc('system_chain', [], 'b1'), rpc('dev_newBlock', [], 'b2')]));
    await eventually('the batch is refused whole', () =>
      client.heard.some((text) => /^\[.*b1.*b2/.test(text)),
    );
    assert.ok(!node.asked.some((method) => /insertKey|newBlock/.test(method)));
    assert.equal(node.asked.filter((method) => method === 'system_chain').length, 1);
  });

  test('who has no key does not connect; the key that is taken away ends its connection', async (t) => {
    const ground = await gatewayGround(t);
    assert.equal(await refusedWith(ground, null), 401);
    assert.equal(await refusedWith(ground, 'wbk_other'), 401);
    const client = await connect(t, ground);
    ground.setKeys([]);
    assert.deepEqual((await client.closed).code, 1008);
  });

  test('connections of one caller have a bound, and give their place back', async (t) => {
    const ground = await gatewayGround(t, { tiers: { all: { ...ALL, connections: 2 } } });
    const first = await connect(t, ground);
    await connect(t, ground);
    assert.equal(await refusedWith(ground, KEY), 429);
    first.socket.close();
    await first.closed;
    await eventually('there is a place again', async () => (await refusedWith(ground, KEY)) === 101);
  });

  test('subscriptions have a bound that unsubscribing from nothing does not lift', async (t) => {
    const ground = await gatewayGround(t, { tiers: { all: { ...ALL, subscriptionsPerConnection: 2 } } });
    const client = await connect(t, ground);
    const first = (await client.ask(next('chain_subscribeNewHeads'))) as { result: string };
    await client.ask(next('chain_subscribeFinalizedHeads'));
    const third = (await client.ask(next('chain_subscribeNewHeads'))) as { error?: { message: string } };
    assert.match(third.error?.message ?? '', /2 subscriptions are open/);
    await client.ask(next('chain_unsubscribeNewHeads', ['nothing']));
    assert.ok('error' in (await client.ask(next('chain_subscribeNewHeads'))));
    await client.ask(next('chain_unsubscribeNewHeads', [first.result]));
    assert.ok('result' in (await client.ask(next('chain_subscribeNewHeads'))));
  });

  test('a batch with too many subscriptions takes no place of the others', async (t) => {
    const ground = await gatewayGround(t, { tiers: { all: { ...ALL, subscriptionsPerConnection: 2 } } });
    const client = await connect(t, ground);
    const batch = [1, 2, 3].map(() => next('chain_subscribeNewHeads'));
    client.socket.send(JSON.stringify(batch));
    await eventually('the batch is refused', () => client.heard.length === 1);
    assert.match(client.heard[0] ?? '', /2 subscriptions are open/);
    assert.ok('result' in (await client.ask(next('chain_subscribeNewHeads'))));
  });

  test('two open requests with one id are refused: they would count as one subscription', async (t) => {
    const ground = await gatewayGround(t, { tiers: { all: { ...ALL, subscriptionsPerConnection: 1 } } });
    const { node } = ground;
    const client = await connect(t, ground);
    const again = rpc('chain_subscribeNewHeads', [], 'same');
    for (let i = 0; i < 3; i += 1) client.socket.send(JSON.stringify(again));
    client.socket.send(JSON.stringify([rpc('system_chain', [], 'twin'), rpc('system_chain', [], 'twin')]));
    await eventually('all are answered', () => client.heard.length === 4);
    assert.equal(client.heard.filter((text) => text.includes('has the same id')).length, 3);
    assert.deepEqual(node.asked, ['chain_subscribeNewHeads']);
  });

  test('quotas apply over WebSocket, too, and a caller that continues is cut off', async (t) => {
    const ground = await gatewayGround(t, { tiers: { all: { ...ALL, requestsPerSecond: 0.001, burst: 2 } } });
    const client = await connect(t, ground);
    await client.ask(next('system_chain'));
    await client.ask(next('system_chain'));
    const third = (await client.ask(next('system_chain'))) as { error: { code: number } };
    assert.equal(third.error.code, -32102);
    for (let i = 0; i < 200; i += 1) client.socket.send(JSON.stringify(next('system_chain')));
    assert.equal((await client.closed).code, 1008);
    assert.equal(ground.nodes[0]?.asked.length, 2);
  });

  test('a reader that does not read is cut off before memory fills', async (t) => {
    const ground = await gatewayGround(t, { limits: { bufferedBytes: 65_536, responseBytes: 1 << 20 } });
    const { node } = ground;
    node.items = 600;
    node.itemBytes = 60_000;
    const client = await connect(t, ground);
    client.socket.pause();
    client.socket.send(JSON.stringify(next('chain_subscribeNewHeads')));
    await eventually('the node sends', () => node.asked.length === 1);
    assert.equal(node.sockets(), 1);
    await eventually('its node is free again', () => node.sockets() === 0);
  });

  test('a node that stays out of step sends its connections away', async (t) => {
    const ground = await gatewayGround(t, { pool: WATCHFUL }, 2);
    const client = await connect(t, ground);
    await client.ask(next('system_chain'));
    const [node, other] = ground.nodes.toSorted((a, b) => b.sockets() - a.sockets());
    if (node === undefined || other === undefined) return assert.fail();
    node.isSyncing = true;
    assert.equal((await client.closed).code, 1012);
    const again = await connect(t, ground);
    await again.ask(next('system_chain'));
    assert.equal(other.sockets(), 1);
  });

  test('a node that dies ends the connection instead of leaving it silent', async (t) => {
    const ground = await gatewayGround(t);
    const client = await connect(t, ground);
    await client.ask(next('system_chain'));
    await ground.nodes[0]?.close();
    assert.equal((await client.closed).code, 1012);
  });

  test('closing lets requests in progress be answered, and then asks to come again', async (t) => {
    const ground = await gatewayGround(t);
    const { node } = ground;
    const client = await connect(t, ground);
    await client.ask(next('system_chain'));
    node.manner = 'hang';
    client.socket.send(JSON.stringify(rpc('system_chain', [], 'open')));
    await eventually('the node has it', () => node.asked.length === 2);
    const closing = ground.gateway.close(200);
    assert.equal((await client.closed).code, 1001);
    await closing;
    await assert.rejects(connect(t, ground), /ECONNREFUSED/);
  });
});
