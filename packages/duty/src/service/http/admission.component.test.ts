import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import test, { describe, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { testAuthority } from '../../store/grpc/testing/certificates.ts';
import { placeOf } from './admission.ts';
import type { Limits } from './context.ts';
import type { MakePages } from './served-pages.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { claimBody, secretOf, WIRE_SECRET } from './testing/fixed-values.ts';
import { rawCall, testServer } from './testing/server.ts';

const LIVE = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n';
const METRICS = 'GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const body = JSON.stringify(claimBody());
const CLAIM = `POST /v1/claims HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secretOf('node')}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const SLOW = CLAIM.slice(0, -body.length + 1);
const SLOW_WIRE = `PUT /original/${WIRE_SECRET}/authorize/slot/7 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n`;
const STRANGER = 'GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n';

const READ = `GET /v1/health HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secretOf('reader')}\r\n\r\n`;
const STALLED_LOGIN = 'POST /console/login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n';

const authority = await testAuthority('test authority');
const own = await authority.issue({ cn: 'service', server: true });

type Server = Awaited<ReturnType<typeof testServer>>;

/** A server whose claims never end; `claims()` of them are under way. */
async function start(
  context: TestContext,
  limits: Partial<Limits>,
  tls = false,
  pages: MakePages | undefined = undefined,
) {
  let under = 0;
  const permit = fakePermit({
    claim: () => {
      under += 1;
      return new Promise(() => undefined);
    },
  });
  const server = await testServer(permit, {
    limits,
    ...(tls ? { tls: own } : {}),
    ...(pages === undefined ? {} : { pages }),
  });
  const sockets: Socket[] = [];
  context.after(async () => {
    for (const socket of sockets) socket.destroy();
    await server.close(0);
  });
  const open = async (from = '127.0.0.1'): Promise<Socket> => {
    const socket = connect({ port: server.port, host: '127.0.0.1', localAddress: from, allowHalfOpen: true });
    sockets.push(socket);
    for (const event of ['error', 'end', 'close']) socket.on(event, () => gone.add(socket));
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  };
  /** As `open`, after the handshake if it is over TLS. */
  const openBy = async (tls: boolean): Promise<Socket> => {
    if (!tls) return open();
    const socket = await handshake(server, '');
    sockets.push(socket);
    return socket;
  };
  const claim = async (from?: string): Promise<Socket> => {
    const before = under;
    const socket = await open(from);
    socket.write(CLAIM);
    while (under === before) await new Promise((next) => setTimeout(next, 5));
    return socket;
  };
  return { server, open, openBy, claim };
}

const gone = new WeakSet<Socket>();

/** A client that never closes its own side: it hears of an end and stays. */
function over(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (gone.has(socket)) resolve();
    socket.resume().once('end', resolve).once('close', resolve);
  });
}

/** Null if the connection was not served. */
async function live(server: Server): Promise<number | null> {
  const { status } = await rawCall(server.port, LIVE).catch(() => ({ status: 0 }));
  return status === 0 ? null : status;
}

/** Whether a connection comes about and its request is answered. */
async function isServed(opening: Promise<Socket>): Promise<boolean> {
  const socket = await opening.catch(() => null);
  if (socket === null) return false;
  const served = await new Promise<boolean>((resolve) => {
    socket.once('data', () => resolve(true));
    for (const event of ['end', 'close']) socket.once(event, () => resolve(false));
    socket.write(LIVE);
  });
  socket.destroy();
  return served;
}

const endings = ({ log }: Server) => log.lines.filter((line) => line.includes('"connections-ended"'));

async function untilEnded(server: Server): Promise<void> {
  const endMs = Date.now() + 30_000;
  while (endings(server).length === 0) {
    assert.ok(Date.now() < endMs, 'no end of a connection was logged in 30 s');
    await new Promise((next) => setTimeout(next, 5));
  }
}

/** One whole exchange over TLS; resolves with the socket, which stays open. */
function handshake(server: Server, text: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port: server.port, host: '127.0.0.1', ca: authority.cert }, () => {
      if (text === '') resolve(socket);
      else socket.write(text);
    });
    socket.once('data', () => resolve(socket)).on('error', reject);
  });
}

const PATIENT = { headersTimeoutMs: 60_000, requestTimeoutMs: 60_000 };
/**
 * Time enough for a request of a machine that stands still for a moment. The tests that wait for it wait
 * together.
 */
const HASTY = { headersTimeoutMs: 2_500 };

describe('a connection without a request', { concurrency: true }, () => {
  test('a connection that never asks is ended, counted and logged', async (context) => {
    const { server, open } = await start(context, HASTY);
    await open();
    await untilEnded(server);
    const { body: text } = await rawCall(server.port, METRICS);
    assert.ok(text.includes('requests_rejected_total{code="silent-connection"} 1'), 'it is counted');
    assert.match(endings(server)[0] ?? '', /"silent-connection":1/);
  });

  test('over TLS too: before the handshake, in the middle of it, and after it', async (context) => {
    const { server, open } = await start(context, HASTY, true);
    const silent = await open();
    const half = await open();
    half.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
    const done = await handshake(server, '');
    await Promise.all([silent, half, done].map(over));
  });

  for (const tls of [false, true]) {
    test(`a connection that has asked is not ended while it is kept${tls ? ', over TLS' : ''}`, async (context) => {
      const { server, open } = await start(context, HASTY, tls);
      const kept = tls ? await handshake(server, LIVE) : await open();
      context.after(() => kept.destroy());
      kept.once('close', () => gone.add(kept));
      const answered = () => new Promise((resolve) => kept.once('data', resolve));
      if (!tls) {
        kept.write(LIVE);
        await answered();
      }
      // One that came later and never asked is over: the time of the first has passed too.
      await open();
      await untilEnded(server);
      assert.equal(gone.has(kept), false);
      kept.write(LIVE);
      await answered();
      assert.equal(endings(server).length, 1);
    });
  }
});

for (const tls of [false, true]) {
  test(`however many connections are silent, one that asks is served${tls ? ' over TLS' : ''}`, async (context) => {
    const { server, open } = await start(context, { ...PATIENT, maxConnections: 4 }, tls);
    const silent: Socket[] = [];
    for (let count = 0; count < 20; count++) silent.push(await open());
    if (tls) context.after(() => asked.destroy());
    const asked = tls ? await handshake(server, LIVE) : await open();
    if (!tls) assert.equal(await live(server), 200);
    await Promise.all(silent.slice(0, 16).map(over));
    assert.equal(gone.has(silent.at(-1) as Socket), false, 'the one that is quiet longest goes first');
    assert.equal(endings(server).length, 1, 'one line, however many they are');
  });
}

test('an identity whose requests take all places gets no more, and keeps no other identity out', async (context) => {
  const { server, open, claim } = await start(context, { ...PATIENT, maxConnections: 3 });
  const [first, second, third] = [await claim(), await claim(), await claim()];
  const fourth = await open();
  fourth.write(CLAIM);
  await over(fourth);
  assert.match(endings(server)[0] ?? '', /"too-many-connections":1/);
  assert.equal(await live(server), 200, 'a request without an identity takes no place');
  assert.deepEqual([gone.has(first), gone.has(second), gone.has(third)], [false, false, false]);
  const ofReader = await open();
  ofReader.write(READ);
  await new Promise((resolve) => ofReader.once('data', resolve));
  await over(first);
  assert.deepEqual([gone.has(second), gone.has(third)], [false, false], 'only the oldest one');
});

test('a connection that was answered and is kept makes room too', async (context) => {
  const { server, open } = await start(context, { ...PATIENT, maxConnections: 1 });
  const kept = await open();
  kept.write(LIVE);
  await new Promise((resolve) => kept.once('data', resolve));
  assert.equal(await live(server), 200);
  await over(kept);
});

test('one address has its own bound, and does not use up the room of others', async (context) => {
  const limits = { ...PATIENT, maxConnections: 4, maxConnectionsPerAddress: 2 };
  const { server, open } = await start(context, limits);
  const half = [await open(), await open()];
  for (const socket of half) socket.write(STRANGER);
  await Promise.all(half.map((socket) => new Promise((resolve) => socket.once('data', resolve))));
  const quiet = [await open('127.0.0.2'), await open('127.0.0.2')];
  const third = await open('127.0.0.2');
  await over(quiet[0] as Socket);
  assert.deepEqual(
    [quiet[1], third, ...half].map((socket) => gone.has(socket as Socket)),
    [false, false, false, false],
  );
  assert.equal(await live(server), 200);
  assert.equal(half.filter((socket) => gone.has(socket)).length, 1, 'the one that is quiet longest');
});

test('strangers whose requests do not end keep no neighbour at their address out', async (context) => {
  // As the console reads the form of a login.
  const pages = () => ({
    owns: (path: string) => path.startsWith('/console/'),
    handle: () => undefined,
    close: () => undefined,
  });
  const limits = { ...PATIENT, maxConnections: 8, maxConnectionsPerAddress: 2, bodyStallMs: 60_000 };
  const { open, claim } = await start(context, limits, false, pages);
  const strangers = [await open(), await open()];
  for (const socket of strangers) socket.write(STALLED_LOGIN);
  await new Promise((next) => setTimeout(next, 50));
  const neighbour = await claim();
  await over(strangers[0] as Socket);
  await open();
  await open();
  await over(strangers[1] as Socket);
  assert.equal(gone.has(neighbour), false, 'one that has shown its identity stays');
});

describe('an identity that sends the heads of claims without their bodies', { concurrency: true }, () => {
  const limits = { ...PATIENT, maxConnections: 16, maxConnectionsPerAddress: 4 };

  for (const [wire, head] of Object.entries({ v1: SLOW, original: SLOW_WIRE }))
    test(`keeps no neighbour at its address out, and ends none of their connections: ${wire}`, async (context) => {
      const { server, open } = await start(context, { ...limits, bodyStallMs: 60_000 });
      const neighbours = [await open(), await open()];
      const slow: Socket[] = [];
      for (let count = 0; count < 9; count++) {
        const socket = await open();
        socket.write(head);
        slow.push(socket);
        assert.equal(await live(server), 200);
      }
      await Promise.all(slow.slice(4).map(over));
      assert.deepEqual(
        [...neighbours, ...slow.slice(0, 4)].filter((socket) => gone.has(socket)),
        [],
      );
    });

  for (const tls of [false, true]) {
    const over = tls ? ', over TLS' : '';
    test(`loses each one that makes no progress, also if it neither reads nor closes${over}`, async (context) => {
      const { server, openBy } = await start(
        context,
        { ...PATIENT, maxConnections: 1, bodyStallMs: 500 },
        tls,
      );
      const slow = await openBy(tls);
      slow.pause().write(SLOW);
      await untilEnded(server);
      while (!(await isServed(openBy(tls)))) await new Promise((next) => setTimeout(next, 5));
    });

    test(`is answered 408; one whose body goes on arriving is served${over}`, async (context) => {
      const { server, openBy } = await start(context, { ...PATIENT, bodyStallMs: 2_500 }, tls);
      const [steady, slow] = [await openBy(tls), await openBy(tls)];
      const answer = new Promise((resolve) => steady.once('data', (text) => resolve(String(text))));
      const refusal = new Promise((resolve) => slow.once('data', (text) => resolve(String(text))));
      const [head, text] = [CLAIM.slice(0, -body.length), body.replace('{', '?')];
      steady.write(head);
      let sent = 0;
      const piece = () => steady.write(text.slice(sent, ++sent));
      const drip = setInterval(piece, 50);
      context.after(() => clearInterval(drip));
      slow.write(SLOW);
      assert.match(String(await refusal), /^HTTP\/1.1 408 /);
      clearInterval(drip);
      steady.write(text.slice(sent));
      assert.match(String(await answer), /^HTTP\/1.1 400 /, 'it was read to its end');
      assert.match(endings(server)[0] ?? '', /"stalled-body":1/);
    });
  }
});

test('all addresses of one IPv6 network are one place', () => {
  assert.equal(placeOf('2001:db8:1:2:3:4:5:6'), placeOf('2001:db8:1:2::9'));
  assert.notEqual(placeOf('2001:db8:1:2::9'), placeOf('2001:db8:1:3::9'));
  assert.equal(placeOf('2001:db8::1'), '2001:db8:0:0');
  assert.equal(placeOf('::1'), '0:0:0:0');
  assert.equal(placeOf('fe80::1%eth0'), 'fe80:0:0:0');
  assert.equal(placeOf('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(placeOf('192.0.2.1'), '192.0.2.1');
  assert.equal(placeOf(undefined), '');
});

test('before there is a permit every request is answered that the service starts', async (context) => {
  const { openServer } = await import('./server.ts');
  const listen = { kind: 'tcp', port: 0 } as const;
  const server = await openServer({ listen, version: '1.2.3' });
  const port = Number(new URL(server.url).port);
  const early = await rawCall(port, CLAIM);
  assert.deepEqual([early.status, JSON.parse(early.body).code], [503, 'not-ready']);
  const wire = await rawCall(port, 'PUT /original/x/authorize/slot/1 HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.deepEqual([wire.status, wire.body], [503, 'false']);
  await assert.rejects(testServer(fakePermit(), { listen: { kind: 'tcp', port } }), {
    code: 'address-in-use',
  });
  const running = await server.serve(fakePermit());
  context.after(() => running.close(0));
  assert.equal((await rawCall(port, LIVE)).status, 200);
});
