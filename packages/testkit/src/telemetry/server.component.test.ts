import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { waitFor } from '../nodes/wait.ts';
import { playRecording } from './recorded-node.ts';
import { startTelemetryServer, type TelemetryServer, type TelemetryServerOptions } from './server.ts';
import { BOB, INTRODUCTION } from './testing/recordings.ts';

const TIMEOUT = { timeoutMs: 60_000, everyMs: 5 };
const {
  genesis_hash: GENESIS,
  network_id: ID_OF_ALICE,
  startup_time: STARTED,
} = JSON.parse(INTRODUCTION).payload;
/** Without what comes later in a recording. */
const JUST_ALICE = [INTRODUCTION];

function named(name: string): string {
  const message = JSON.parse(INTRODUCTION);
  Object.assign(message.payload, { name, network_id: `id of ${name}` });
  return JSON.stringify(message);
}

async function start(context: TestContext, options: TelemetryServerOptions = {}): Promise<TelemetryServer> {
  const server = await startTelemetryServer(options);
  context.after(() => server.close());
  return server;
}

async function node(context: TestContext, server: TelemetryServer, messages: readonly string[]) {
  const playing = await playRecording(server.submitUrl, messages);
  context.after(() => playing.kill());
  return playing;
}

/**
 * A feed that keeps every action as it came, each as `[code, payload]`, and checks that all frames are bytes.
 */
async function listen(context: TestContext, server: TelemetryServer) {
  const socket = new WebSocket(server.feedUrl);
  context.after(() => socket.terminate());
  const actions: [number, unknown][] = [];
  let frames = 0;
  socket.on('message', (data, isBinary) => {
    assert.ok(isBinary, 'the public servers send bytes');
    frames += 1;
    const parts: readonly unknown[] = JSON.parse(String(data));
    for (let index = 0; index < parts.length; index += 2)
      actions.push([Number(parts[index]), parts[index + 1]]);
  });
  await once(socket, 'open');
  const of = (code: number): readonly unknown[] =>
    actions.filter(([each]) => each === code).map(([, payload]) => payload);
  const until = (code: number, count = 1) =>
    waitFor(`action ${code}`, () => of(code).length >= count, {
      ...TIMEOUT,
      detail: () => JSON.stringify(actions),
    });
  return { send: (text: string) => socket.send(text), of, until, frames: () => frames };
}

test('a feed is greeted with the version and the chains, and hears of a chain when it asks for it', async (context) => {
  const server = await start(context);
  await node(context, server, JUST_ALICE);
  await waitFor('the node', () => server.counts().nodes === 1, TIMEOUT);
  const feed = await listen(context, server);
  await feed.until(11);
  assert.deepEqual(feed.of(0), [32]);
  assert.deepEqual(feed.of(11), [['watchbill-devnet-2', GENESIS, 1]]);
  feed.send('subscribe:0x00');
  feed.send('ping:hello');
  await feed.until(15);
  assert.deepEqual(
    [feed.of(15), feed.of(13), feed.of(3)],
    [['hello'], [], []],
    'an unknown chain is passed over in silence',
  );
  feed.send(`subscribe:${GENESIS}`);
  await feed.until(3);
  assert.deepEqual(feed.of(13), [GENESIS]);
  assert.deepEqual(feed.of(2), [[0, `0x${'0'.repeat(64)}`]]);
  const [added] = feed.of(3) as [readonly unknown[]];
  assert.deepEqual(added.slice(0, 5), [
    0,
    ['alice', 'Watchbill Devnode', '0.1.0', null, ID_OF_ALICE, null, null],
    [0, 0],
    [[]],
    [[], [], []],
  ]);
  assert.deepEqual(added.slice(6), [null, Number(STARTED), null]);
  feed.send(`subscribe:${GENESIS}`);
  await feed.until(14);
});

test('what nodes report goes to the feeds: key, blocks, finality, figures', async (context) => {
  const server = await start(context);
  await node(context, server, JUST_ALICE);
  await waitFor('the node', () => server.counts().nodes === 1, TIMEOUT);
  const feed = await listen(context, server);
  feed.send(`subscribe:${GENESIS}`);
  await feed.until(3);
  const bob = await node(context, server, BOB);
  for (const code of [1, 2, 6, 7, 8, 9, 21]) await feed.until(code);
  const details = (feed.of(3) as readonly (readonly unknown[])[]).map((payload) => payload[1]);
  assert.equal((details.at(-1) as readonly unknown[])[3], '5GoNkf6WdbxCFnPdAnYYQyCjAKPJgLNxXwPjwTh6DGg6gN3E');
  const heights = (feed.of(6) as readonly [number, readonly [number]][]).map(([, [height]]) => height);
  assert.deepEqual(
    heights,
    heights.toSorted((a, b) => a - b),
  );
  assert.equal(server.counts().malformed, 0);
  bob.kill();
  await feed.until(4);
  assert.deepEqual(feed.of(4), [1]);
  await node(context, server, [named('carol')]);
  await waitFor(
    'the number of bob for carol',
    () => JSON.stringify(feed.of(3)).includes('[1,["carol"'),
    TIMEOUT,
  );
});

test('address, machine and benchmark are shown only by a server with that setting', async (context) => {
  const benchmark = {
    id: 1,
    payload: { msg: 'sysinfo.hwbench', cpu_hashrate_score: 1_000, memory_memcpy_score: 9_000 },
  };
  for (const exposeNodeDetails of [false, true]) {
    const server = await start(context, { exposeNodeDetails });
    await node(context, server, [INTRODUCTION, JSON.stringify(benchmark)]);
    await waitFor('the node', () => server.counts().nodes === 1, TIMEOUT);
    const feed = await listen(context, server);
    feed.send(`subscribe:${GENESIS}`);
    await feed.until(3);
    const text = JSON.stringify(feed.of(3).at(-1));
    for (const shown of ['127.0.0.1', 'AMD EPYC', 'memory_memcpy_score'])
      assert.equal(text.includes(shown), exposeNodeDetails, shown);
  }
});

test('the last node takes its chain with it, and the server sends no more about it', async (context) => {
  const server = await start(context);
  const alice = await node(context, server, JUST_ALICE);
  await waitFor('the node', () => server.counts().nodes === 1, TIMEOUT);
  const feed = await listen(context, server);
  feed.send(`subscribe:${GENESIS}`);
  await feed.until(3);
  alice.kill();
  await feed.until(12);
  assert.deepEqual([feed.of(12), feed.of(4)], [[GENESIS], []]);
  await node(context, server, JUST_ALICE);
  await feed.until(3, 2);
});

test('a chain of many nodes comes in frames of 64', async (context) => {
  const server = await start(context);
  const messages = Array.from({ length: 64 }, (_, id) =>
    JSON.stringify({ ...JSON.parse(named(`n${id}`)), id }),
  );
  await node(context, server, messages);
  await node(context, server, messages.slice(0, 6));
  await waitFor('the nodes', () => server.counts().nodes === 70, TIMEOUT);
  const feed = await listen(context, server);
  await feed.until(11);
  feed.send(`subscribe:${GENESIS}`);
  await feed.until(3, 70);
  assert.equal(feed.frames(), 1 + 1 + 2, 'greeting, overview, two frames of nodes');
  server.dropNodes();
  await feed.until(12);
  assert.equal(server.counts().nodes, 0);
});

test('a node without new blocks is stale once the chain stands still', async (context) => {
  const server = await start(context, { staleAfterMs: 50 });
  const block = (height: number) =>
    JSON.stringify({ id: 1, payload: { msg: 'block.import', best: `0x${'1'.repeat(64)}`, height } });
  const alice = await node(context, server, [INTRODUCTION, block(1)]);
  await node(context, server, [named('bob'), block(1)]);
  await waitFor('the nodes', () => server.counts().nodes === 2, TIMEOUT);
  const feed = await listen(context, server);
  feed.send(`subscribe:${GENESIS}`);
  await feed.until(3, 2);
  await waitFor(
    'the word of it',
    () => {
      // The server checks at each block message; this block is already known.
      alice.say(block(1));
      return feed.of(20).length === 2;
    },
    { ...TIMEOUT, everyMs: 20 },
  );
  assert.deepEqual(feed.of(20), [0, 1]);
});

test('other paths are refused', async (context) => {
  const server = await start(context);
  const socket = new WebSocket(server.feedUrl.replace('feed', 'other'));
  const [error] = await once(socket, 'error');
  assert.match(String(error), /404/);
});
