import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import test, { describe, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { testAuthority } from '../../store/grpc/testing/certificates.ts';
import { placeOf } from './admission.ts';
import type { Limits } from './context.ts';
import type { MakePages } from './served-pages.ts';
import { openServer } from './server.ts';
import { CLAIM, CLAIM_BODY, LIVE, rawCall, requestOf } from './testing/client.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { WIRE_SECRET } from './testing/fixed-values.ts';
import { testServer } from './testing/server.ts';

const CLAIM_HEAD = CLAIM.slice(0, -CLAIM_BODY.length);
/** Heads whose body never comes. */
const SLOW = `${CLAIM_HEAD}{`;
const SLOW_WIRE = requestOf(
  `PUT /original/${WIRE_SECRET}/authorize/slot/7`,
  undefined,
  '',
  'Content-Length: 9',
);
const STALLED_LOGIN = requestOf('POST /console/login', undefined, '', 'Content-Length: 9');

const authority = await testAuthority('test authority');
const own = await authority.issue({ cn: 'service', server: true });
const gone = new WeakSet<Socket>();
const soon = () => new Promise((next) => setTimeout(next, 5));

/** A server whose claims never end. */
async function start(
  context: TestContext,
  limits: Partial<Limits>,
  { tls = false, pages }: { readonly tls?: boolean; readonly pages?: MakePages } = {},
) {
  let under = 0;
  const permit = fakePermit({
    claim: () => {
      under += 1;
      return new Promise(() => undefined);
    },
  });
  const parts = { ...(tls ? { tls: own } : {}), ...(pages === undefined ? {} : { pages }) };
  const { port, log, close } = await testServer(permit, { limits, ...parts });
  const sockets: Socket[] = [];
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    return close(0);
  });
  const kept = (socket: Socket) => {
    for (const event of ['error', 'end', 'close']) socket.on(event, () => gone.add(socket));
    sockets.push(socket);
    return socket;
  };
  /** A connection without a request, and without a handshake. */
  const open = async (from = '127.0.0.1'): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from, allowHalfOpen: true });
    await new Promise((resolve) => kept(socket).once('connect', resolve));
    return socket;
  };
  /** As `open`, after the handshake if it is over TLS. */
  const openBy = async (): Promise<Socket> => {
    if (!tls) return open();
    const socket = connectTls({ port, host: '127.0.0.1', ca: authority.cert });
    return new Promise((resolve, reject) => {
      kept(socket).once('secureConnect', () => resolve(socket));
      socket.on('error', reject);
    });
  };
  const claim = async (): Promise<Socket> => {
    const before = under;
    const socket = await open();
    socket.write(CLAIM);
    while (under === before) await soon();
    return socket;
  };
  const endings = () => log.lines.filter((line) => line.includes('"connections-ended"'));
  const untilEnded = async () => {
    const endMs = Date.now() + 30_000;
    while (endings().length === 0) {
      assert.ok(Date.now() < endMs, 'no end of a connection was logged in 30 s');
      await soon();
    }
  };
  return { port, open, openBy, claim, endings, untilEnded };
}

/** Whether this happened to each of them. */
const areGone = (...sockets: readonly (Socket | undefined)[]) =>
  sockets.map((socket) => socket !== undefined && gone.has(socket));

/** A client that never closes its own side: it hears of an end and stays. */
function over(socket: Socket | undefined): Promise<void> {
  assert.ok(socket);
  return new Promise((resolve) => {
    if (gone.has(socket)) resolve();
    socket.resume().once('end', resolve).once('close', resolve);
  });
}

/** The first bytes of the answer; null if the connection ends without one. */
function answerOn(socket: Socket, text: string): Promise<string | null> {
  return new Promise((resolve) => {
    socket.once('data', (answer) => resolve(String(answer)));
    for (const event of ['end', 'close']) socket.once(event, () => resolve(null));
    socket.write(text);
  });
}

/** Whether a request on a new connection is answered. */
const isServed = async (opening: Promise<Socket>) => {
  const socket = await opening.catch(() => null);
  const answer = socket && (await answerOn(socket, LIVE));
  socket?.destroy();
  return answer?.startsWith('HTTP/1.1 200 ') === true;
};

const PATIENT = { headersTimeoutMs: 60_000, requestTimeoutMs: 60_000 };
/**
 * Time enough for a request of a machine that stands still for a moment. The tests that wait for it wait
 * together.
 */
const HASTY = { headersTimeoutMs: 2_500 };

describe('a connection without a request', { concurrency: true }, () => {
  test('a connection that never asks is ended, counted and logged', async (context) => {
    const { port, open, endings, untilEnded } = await start(context, HASTY);
    await open();
    await untilEnded();
    const { body: text } = await rawCall(port, requestOf('GET /metrics', undefined, '', 'Connection: close'));
    assert.ok(text.includes('requests_rejected_total{code="silent-connection"} 1'), 'it is counted');
    assert.match(endings()[0] ?? '', /"silent-connection":1/);
  });

  test('over TLS too: before the handshake, in the middle of it, and after it', async (context) => {
    const { open, openBy } = await start(context, HASTY, { tls: true });
    const [silent, half, done] = [await open(), await open(), await openBy()];
    half.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
    await Promise.all([silent, half, done].map(over));
  });

  for (const tls of [false, true]) {
    test(`a connection that has asked is not ended while it is kept${tls ? ', over TLS' : ''}`, async (context) => {
      const { open, openBy, endings, untilEnded } = await start(context, HASTY, { tls });
      const kept = await openBy();
      assert.match(String(await answerOn(kept, LIVE)), /200/);
      // One that came later and never asked is over: the time of the first has passed too.
      await open();
      await untilEnded();
      assert.equal(gone.has(kept), false);
      assert.match(String(await answerOn(kept, LIVE)), /200/);
      assert.equal(endings().length, 1);
    });
  }
});

for (const tls of [false, true]) {
  test(`however many connections are silent, one that asks is served${tls ? ' over TLS' : ''}`, async (context) => {
    const { open, openBy, endings } = await start(context, { ...PATIENT, maxConnections: 4 }, { tls });
    const silent: Socket[] = [];
    for (let count = 0; count < 20; count++) silent.push(await open());
    assert.ok(await isServed(openBy()));
    await Promise.all(silent.slice(0, 16).map(over));
    assert.deepEqual(areGone(silent.at(-1)), [false], 'the one that is quiet longest goes first');
    assert.equal(endings().length, 1, 'one line, however many they are');
  });
}

test('an identity whose requests take all places gets no more, and keeps no other identity out', async (context) => {
  const { open, claim, endings } = await start(context, { ...PATIENT, maxConnections: 3 });
  const [first, second, third] = [await claim(), await claim(), await claim()];
  assert.equal(await answerOn(await open(), CLAIM), null);
  assert.match(endings()[0] ?? '', /"too-many-connections":1/);
  assert.ok(await isServed(open()), 'a request without an identity takes no place');
  assert.deepEqual(areGone(first, second, third), [false, false, false]);
  await answerOn(await open(), requestOf('GET /v1/health', 'reader'));
  await over(first);
  assert.deepEqual(areGone(second, third), [false, false], 'only the oldest one');
});

test('a connection that was answered and is kept makes room too', async (context) => {
  const { open } = await start(context, { ...PATIENT, maxConnections: 1 });
  const kept = await open();
  await answerOn(kept, LIVE);
  assert.ok(await isServed(open()));
  await over(kept);
});

test('one address has its own bound, and does not use up the room of others', async (context) => {
  const limits = { ...PATIENT, maxConnections: 4, maxConnectionsPerAddress: 2 };
  const { open } = await start(context, limits);
  const half = [await open(), await open()];
  await Promise.all(half.map((socket) => answerOn(socket, requestOf('GET /v1/health'))));
  const quiet = [await open('127.0.0.2'), await open('127.0.0.2')];
  const third = await open('127.0.0.2');
  await over(quiet[0]);
  assert.deepEqual(areGone(quiet[1], third, ...half), [false, false, false, false]);
  assert.ok(await isServed(open()));
  assert.equal(areGone(...half).filter(Boolean).length, 1, 'the one that is quiet longest');
});

test('strangers whose requests do not end keep no neighbour at their address out', async (context) => {
  // As the console reads the form of a login.
  const pages = () => ({
    owns: (path: string) => path.startsWith('/console/'),
    handle: () => undefined,
    close: () => undefined,
  });
  const limits = { ...PATIENT, maxConnections: 8, maxConnectionsPerAddress: 2, bodyStallMs: 60_000 };
  const { open, claim } = await start(context, limits, { pages });
  const strangers = [await open(), await open()];
  for (const socket of strangers) socket.write(STALLED_LOGIN);
  await new Promise((next) => setTimeout(next, 50));
  const neighbour = await claim();
  await over(strangers[0]);
  await open();
  await open();
  await over(strangers[1]);
  assert.deepEqual(areGone(neighbour), [false], 'one that has shown its identity stays');
});

describe('an identity that sends the heads of claims without their bodies', { concurrency: true }, () => {
  const limits = { ...PATIENT, maxConnections: 16, maxConnectionsPerAddress: 4 };

  for (const [wire, head] of Object.entries({ v1: SLOW, original: SLOW_WIRE }))
    test(`keeps no neighbour at its address out, and ends none of their connections: ${wire}`, async (context) => {
      const { open } = await start(context, { ...limits, bodyStallMs: 60_000 });
      const neighbours = [await open(), await open()];
      const slow: Socket[] = [];
      for (let count = 0; count < 9; count++) {
        const socket = await open();
        socket.write(head);
        slow.push(socket);
        assert.ok(await isServed(open()));
      }
      await Promise.all(slow.slice(4).map(over));
      assert.deepEqual(areGone(...neighbours, ...slow.slice(0, 4)), Array(6).fill(false));
    });

  for (const tls of [false, true]) {
    const way = tls ? ', over TLS' : '';
    test(`loses each one that makes no progress, also if it neither reads nor closes${way}`, async (context) => {
      const hasty = { ...PATIENT, maxConnections: 1, bodyStallMs: 500 };
      const { openBy, untilEnded } = await start(context, hasty, { tls });
      (await openBy()).pause().write(SLOW);
      await untilEnded();
      while (!(await isServed(openBy()))) await soon();
    });

    test(`is answered 408; one whose body goes on arriving is served${way}`, async (context) => {
      const { openBy, endings } = await start(context, { ...PATIENT, bodyStallMs: 2_500 }, { tls });
      const [steady, slow] = [await openBy(), await openBy()];
      const text = CLAIM_BODY.replace('{', '?');
      const answer = answerOn(steady, CLAIM_HEAD);
      let sent = 0;
      const drip = setInterval(() => steady.write(text.slice(sent, ++sent)), 50);
      context.after(() => clearInterval(drip));
      assert.match(String(await answerOn(slow, SLOW)), /^HTTP\/1.1 408 /);
      clearInterval(drip);
      steady.write(text.slice(sent));
      assert.match(String(await answer), /^HTTP\/1.1 400 /, 'it was read to its end');
      assert.match(endings()[0] ?? '', /"stalled-body":1/);
    });
  }
});

test('all addresses of one IPv6 network are one place', () => {
  for (const [address, place] of [
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:db8:1:3::9', '2001:db8:1:3'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['192.0.2.1', '192.0.2.1'],
    [undefined, ''],
  ] as const)
    assert.equal(placeOf(address), place);
});

test('before there is a permit every request is answered that the service starts', async (context) => {
  const listen = { kind: 'tcp', port: 0 } as const;
  const server = await openServer({ listen, version: '1.2.3' });
  const port = Number(new URL(server.url).port);
  const early = await rawCall(port, CLAIM);
  assert.deepEqual([early.status, JSON.parse(early.body).code], [503, 'not-ready']);
  const wire = await rawCall(port, requestOf('PUT /original/x/authorize/slot/1'));
  assert.deepEqual([wire.status, wire.body], [503, 'false']);
  await assert.rejects(testServer(fakePermit(), { listen: { kind: 'tcp', port } }), {
    code: 'address-in-use',
  });
  const running = await server.serve(fakePermit());
  context.after(() => running.close(0));
  assert.equal((await rawCall(port, LIVE)).status, 200);
});
