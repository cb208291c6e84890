import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { FRAME_LIMITS } from '../feed/frame.ts';
import { GENESIS } from '../tracker/testing/feed.ts';
import type { TrackerEvent } from '../tracker/tracker.ts';
import { openFeed } from './feed.ts';
import { DEFAULT_LIMITS, type FeedLimits, redialMs } from './limits.ts';
import { watchTelemetry } from './watch.ts';

const QUICK: FeedLimits = {
  ...DEFAULT_LIMITS,
  ...{ redialFirstMs: 10, redialLastMs: 40, subscribeMs: 20, closeMs: 200 },
};
const TIMEOUT_MS = 60_000;

/** A server whose behaviour the test sets for each connection. */
async function fakeServer(context: TestContext, serve: (socket: WebSocket, attempt: number) => void) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  let [attempts, open, most] = [0, 0, 0];
  server.on('connection', (socket) => {
    attempts += 1;
    open += 1;
    most = Math.max(most, open);
    socket.on('error', () => {});
    socket.once('close', () => {
      open -= 1;
    });
    serve(socket, attempts);
  });
  context.after(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `ws://127.0.0.1:${port}/feed`, attempts: () => attempts, open: () => open, most: () => most };
}

function feedTo(context: TestContext, url: string, limits: Partial<FeedLimits> = {}) {
  const events: TrackerEvent[] = [];
  const feed = openFeed({
    ...{ name: 'local', url, genesisHash: GENESIS, random: () => 0.5, limits: { ...QUICK, ...limits } },
    event: (event) => events.push(event),
  });
  context.after(() => feed.close());
  return { feed, events, kinds: () => events.map(({ kind }) => kind) };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  while (!holds()) {
    assert.ok(performance.now() < deadline, `${what}: not within ${TIMEOUT_MS} ms`);
    await sleep(5);
  }
}

test('it subscribes, delivers actions in order, and counts unreadable ones', async (context) => {
  const asked: string[] = [];
  const server = await fakeServer(context, (socket) => {
    socket.send('[0,32]');
    socket.on('message', (data) => {
      asked.push(String(data));
      socket.send(Buffer.from(JSON.stringify([13, GENESIS, 99, 1, 4, 'x', 4, 5])), { binary: true });
      socket.send('nonsense');
      socket.send('[20,6]');
    });
  });
  const { feed, kinds } = feedTo(context, server.url);
  await until('all actions', () => kinds().length === 4);
  assert.deepEqual(kinds(), ['feed-version', 'subscribed-to', 'removed-node', 'stale-node']);
  assert.deepEqual(asked, [`subscribe:${GENESIS}`]);
  const { frames, unknownActions, malformedActions, refused } = feed.counts();
  assert.deepEqual([frames, unknownActions, malformedActions, refused['not-json']], [4, 1, 1, 1]);
});

test('a chain that the server does not know yet is asked for again when it comes up', async (context) => {
  const mention = [11, ['Dev', GENESIS, 1]];
  let asked = 0;
  const server = await fakeServer(context, (socket) => {
    socket.send('[0,32]');
    socket.on('message', () => {
      asked += 1;
      if (asked === 1) for (let i = 0; i < 5; i += 1) socket.send(JSON.stringify(mention));
      else for (const parts of [[13, GENESIS], mention, mention]) socket.send(JSON.stringify(parts));
    });
  });
  const { kinds } = feedTo(context, server.url);
  await until('the subscription', () => kinds().includes('subscribed-to'));
  await sleep(100);
  assert.equal(asked, 2, 'five mentions are one reason to ask, and later ones are none');
});

test('a mention of the chain just before the confirmation does not subscribe once more', async (context) => {
  const mention = [11, ['Dev', GENESIS, 1]];
  let asked = 0;
  const server = await fakeServer(context, (socket) => {
    socket.send(JSON.stringify([0, 32, ...mention]));
    socket.on('message', () => {
      asked += 1;
      const confirmed = [13, GENESIS];
      for (const parts of asked === 1 ? [mention] : [mention, confirmed]) socket.send(JSON.stringify(parts));
    });
  });
  const { kinds } = feedTo(context, server.url);
  await until('the subscription', () => kinds().includes('subscribed-to'));
  await sleep(100);
  assert.equal(asked, 2, 'a second subscription would end the first one');
});

test('a message beyond all bounds ends the connection before it is held in memory', async (context) => {
  const server = await fakeServer(context, (socket) => socket.send(' '.repeat(FRAME_LIMITS.bytes + 1)));
  const { feed, kinds } = feedTo(context, server.url);
  await until('the end', () => kinds().includes('disconnected'));
  assert.ok(feed.counts().refused['too-large'] > 0);
});

test('messages that arrive while it closes are not delivered', async (context) => {
  const server = await fakeServer(context, (socket) => {
    const talking = setInterval(() => socket.send('[20,1]'), 1);
    socket.once('close', () => clearInterval(talking));
    // It never reads the close, and keeps sending.
    socket.pause();
  });
  const { feed, kinds } = feedTo(context, server.url);
  await until('the talk', () => kinds().length > 3);
  const closing = feed.close();
  const count = kinds().length;
  await closing;
  assert.equal(kinds().length, count);
});

test('defect 20: an error and the close after it lead to one new socket, never two', async (context) => {
  const server = await fakeServer(context, (socket, attempt) => {
    if (attempt > 20) return;
    if (attempt % 3 === 0) socket.close(1011);
    else if (attempt % 3 === 1) socket.terminate();
    // A reserved bit: an error of the protocol at the other end.
    else Reflect.get(socket, '_socket').write(Buffer.from([0xf2, 0x00]));
  });
  const { feed, kinds } = feedTo(context, server.url);
  await until('the connection that stays', () => server.attempts() === 21 && server.open() === 1);
  await sleep(200);
  assert.deepEqual([server.attempts(), server.open(), server.most()], [21, 1, 1]);
  assert.equal(feed.counts().sockets, 1);
  assert.equal(kinds().filter((kind) => kind === 'disconnected').length, 20);
});

test('a server that is silent, dead, or sends garbage is disconnected', async (context) => {
  const silent = await fakeServer(context, () => {});
  const first = feedTo(context, silent.url, { greetingMs: 30 });
  await until('silence to be left', () => first.kinds().length > 0);
  const dead = await fakeServer(context, (socket) => {
    socket.send('[0,32]');
    // It stops reading, so that no ping is answered.
    socket.pause();
  });
  const second = feedTo(context, dead.url, { pingMs: 20, silenceMs: 60 });
  await until('a dead server to be left', () => second.kinds().includes('disconnected'));
  const babbling = await fakeServer(context, (socket) => {
    for (let index = 0; index < 20; index += 1) socket.send('{}');
  });
  const third = feedTo(context, babbling.url, { mostRefusedFrames: 10 });
  await until('nonsense to be left', () => third.kinds().includes('disconnected'));
});

test('pings keep a quiet connection that answers them', async (context) => {
  let pings = 0;
  const server = await fakeServer(context, (socket) => {
    socket.send('[0,32]');
    socket.on('ping', () => {
      pings += 1;
    });
  });
  const { kinds } = feedTo(context, server.url, { pingMs: 25, silenceMs: 2_000 });
  // More of them than fit into the silence that ends a connection.
  await until('a hundred pings', () => pings >= 100);
  assert.deepEqual(kinds(), ['feed-version']);
});

test('close ends all of it, also while waiting or dialling, and no event follows', async (context) => {
  const server = await fakeServer(context, (socket) => socket.send('[0,32]'));
  const open = feedTo(context, server.url);
  await until('the greeting', () => open.kinds().length === 1);
  await open.feed.close();
  await open.feed.close();
  await until('the socket to go', () => server.open() === 0);
  assert.deepEqual(open.kinds(), ['feed-version'], 'its own close is not a loss of the feed');
  const refused = feedTo(context, 'ws://127.0.0.1:1/feed');
  await until('a failure', () => refused.kinds().length > 0);
  await refused.feed.close();
  const attempts = refused.feed.counts().attempts;
  await sleep(100);
  assert.equal(refused.feed.counts().attempts, attempts);
  assert.equal(refused.feed.counts().lastError, 'ECONNREFUSED');
});

test('a server that does not take part in closing is cut', async (context) => {
  const server = await fakeServer(context, (socket) => {
    socket.send('[0,32]');
    socket.pause();
  });
  const { feed, kinds } = feedTo(context, server.url);
  await until('the greeting', () => kinds().length === 1);
  await feed.close();
  assert.equal(feed.counts().sockets, 0);
});

test('waits double up to a bound and are spread by chance', () => {
  const waits = [0, 1, 2, 10, 10_000].map((failures) => redialMs(failures, DEFAULT_LIMITS, 0.999_999));
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 60_000, 60_000]);
  assert.equal(redialMs(3, DEFAULT_LIMITS, 0), 4_000);
});

test('settings that cannot be are refused without showing an address', () => {
  const settings = {
    sources: [{ name: 'a', url: 'ws://127.0.0.1:1/feed' }],
    genesisHash: GENESIS,
    watched: [],
  };
  const bad = [
    { ...settings, genesisHash: 'Polkadot' },
    { ...settings, sources: [] },
    { ...settings, sources: [...settings.sources, ...settings.sources] },
    { ...settings, sources: [{ name: 'a', url: 'https://user:hidden@host/feed' }] },
    { ...settings, sources: [{ name: 'a', url: 'hidden' }] },
  ];
  for (const each of bad)
    assert.throws(
      () => watchTelemetry(each),
      (error) => error instanceof RangeError && !/hidden/.test(error.message),
    );
});
