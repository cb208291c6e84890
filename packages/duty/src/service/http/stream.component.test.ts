import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import type { Role } from '../contract.ts';
import { createMeter } from '../metrics/meter.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { decision, secretOf } from './testing/fixed-values.ts';
import { rawCall, testServer } from './testing/server.ts';

const REQUEST = (extra = '', role: Role = 'reader') =>
  `GET /v1/decisions/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secretOf(role)}\r\n${extra}\r\n`;

interface Follower {
  readonly socket: Socket;
  readonly text: () => string;
  /** Settles when the text so far matches. */
  until(pattern: RegExp): Promise<void>;
  readonly ended: Promise<void>;
}

function follow(port: number, extra = '', role: Role = 'reader'): Follower {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let wake = (): void => undefined;
  socket.on('data', (chunk) => {
    text += chunk.toString('utf8');
    wake();
  });
  socket.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(REQUEST(extra, role));
  return {
    socket,
    ended,
    text: () => text,
    until: (pattern) =>
      new Promise((resolve) => {
        wake = () => {
          if (pattern.test(text)) resolve();
        };
        wake();
      }),
  };
}

test('decisions are streamed as they are made, to every client', async () => {
  const permit = fakePermit();
  const server = await testServer(permit);
  const clients = [follow(server.port), follow(server.port)];
  await Promise.all(clients.map((client) => client.until(/retry: 2000/)));
  assert.equal(permit.subscribers(), 1, 'one subscription, however many clients');
  permit.decide(decision(3));
  for (const client of clients) {
    await client.until(/"id":3/);
    assert.match(client.text(), /content-type: text\/event-stream/i);
    assert.match(client.text(), /id: 3\nevent: decision\ndata: \{.*"claimId":"claim-3".*\}\n\n/);
    client.socket.destroy();
  }
  while (permit.subscribers() > 0) await new Promise((next) => setImmediate(next));
  await server.close(1_000);
});

test('a client that comes back gets the missed decisions, once and in order', async () => {
  const permit = fakePermit();
  const server = await testServer(permit);
  const all = follow(server.port, 'Last-Event-ID: 0\r\n');
  await all.until(/id: 2\n/);
  assert.ok(all.text().indexOf('id: 1\n') < all.text().indexOf('id: 2\n'));
  const some = follow(server.port, 'Last-Event-ID: 1\r\n');
  await some.until(/id: 2\n/);
  assert.doesNotMatch(some.text(), /id: 1\n/);
  const odd = follow(server.port, 'Last-Event-ID: nonsense\r\n');
  await odd.until(/retry/);
  assert.doesNotMatch(odd.text(), /event: decision/);
  await server.close(1_000);
  await Promise.all([all.ended, some.ended, odd.ended]);
});

test('a client that does not read is dropped, and the others are not', async () => {
  const permit = fakePermit();
  const metrics = createMeter({ version: 'x', runtime: false });
  const server = await testServer(permit, { metrics, limits: { streamBufferBytes: 65_536 } });
  const slow = follow(server.port);
  await slow.until(/retry/);
  slow.socket.pause();
  const quick = follow(server.port);
  await quick.until(/retry/);
  let id = 100;
  while (!server.log.lines.some((line) => line.includes('stream-dropped'))) {
    for (let turn = 0; turn < 50; turn++) permit.decide(decision(id++));
    await new Promise((next) => setImmediate(next));
    assert.ok(id < 1_000_000, 'the slow client was never dropped');
  }
  await quick.until(new RegExp(`id: ${id - 1}\\n`));
  assert.match(await metrics.expose(permit, 100), /watchbill_decision_streams_dropped_total 1/);
  quick.socket.destroy();
  slow.socket.destroy();
  await server.close(1_000);
});

test('heartbeats go out, and end with the identity', async () => {
  const fake = fakePermit();
  let revoked = false;
  const identify = (secret: string) => {
    if (!revoked) return fake.identify(secret);
    // Decisions are made right after the stream was ended, before its client is gone.
    setImmediate(() => fake.decide(decision(5)));
    queueMicrotask(() => fake.decide(decision(5)));
    return null;
  };
  const permit = { ...fake, identify };
  const server = await testServer(permit, { limits: { heartbeatMs: 10 } });
  const client = follow(server.port);
  await client.until(/: still here/);
  revoked = true;
  await client.until(/\r\n0\r\n\r\n/);
  client.socket.destroy();
  await server.close(1_000);
});

test('a client that goes away between two decisions does no harm', async () => {
  const permit = fakePermit();
  const server = await testServer(permit);
  const client = follow(server.port);
  await client.until(/retry/);
  client.socket.resetAndDestroy();
  while (permit.subscribers() > 0) {
    permit.decide(decision(5));
    await new Promise((next) => setImmediate(next));
  }
  assert.equal((await rawCall(server.port, 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n')).status, 200);
  await server.close(1_000);
});

test('decisions while the server closes do no harm', async () => {
  const permit = fakePermit();
  const server = await testServer(permit);
  const client = follow(server.port);
  await client.until(/retry/);
  const closed = server.close(1_000);
  permit.decide(decision(5));
  assert.equal(permit.subscribers(), 0);
  await closed;
  await client.ended;
});

test('the number of clients is bounded; the caller with the most gives a place to another', async () => {
  const server = await testServer(fakePermit(), { limits: { maxStreams: 2 } });
  const clients = [follow(server.port), follow(server.port)];
  await Promise.all(clients.map((client) => client.until(/retry/)));
  const refused = await rawCall(server.port, REQUEST());
  assert.equal(refused.status, 429);
  assert.match(refused.body, /too-many-streams/);
  await follow(server.port, '', 'operator').until(/retry/);
  await clients[0]?.until(/\r\n0\r\n\r\n$/);
  assert.doesNotMatch(clients[1]?.text() ?? '', /\r\n0\r\n\r\n$/);
  await server.close(1_000);
});
