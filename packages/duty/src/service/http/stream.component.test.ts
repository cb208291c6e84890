import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Role } from '../contract.ts';
import { createMeter } from '../metrics/meter.ts';
import { LIVE, openClient, rawCall, requestOf } from './testing/client.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { decision } from './testing/fixed-values.ts';
import { serve } from './testing/server.ts';

const REQUEST = (role: Role, ...headers: readonly string[]) =>
  requestOf('GET /v1/decisions/stream', role, '', ...headers);

/** A client whose stream has begun. */
async function follow(port: number, role: Role = 'reader', ...headers: readonly string[]) {
  const client = openClient(port, REQUEST(role, ...headers));
  await client.until(/retry: 2000/);
  return client;
}

const ENDED = /\r\n0\r\n\r\n/;
const turn = () => new Promise((next) => setImmediate(next));

test('decisions are streamed as they are made, to every client', async (context) => {
  const permit = fakePermit();
  const { port } = await serve(context, permit);
  const clients = [await follow(port), await follow(port)];
  assert.equal(permit.subscribers(), 1, 'one subscription, however many clients');
  permit.decide(decision(3));
  for (const client of clients) {
    await client.until(/"id":3/);
    assert.match(client.text(), /content-type: text\/event-stream/i);
    assert.match(client.text(), /id: 3\nevent: decision\ndata: \{.*"claimId":"claim-3".*\}\n\n/);
    client.socket.destroy();
  }
  while (permit.subscribers() > 0) await turn();
});

test('a client that comes back gets the missed decisions, once and in order', async (context) => {
  const { port, close } = await serve(context);
  const all = await follow(port, 'reader', 'Last-Event-ID: 0');
  await all.until(/id: 1\n[\s\S]*id: 2\n/);
  const some = await follow(port, 'reader', 'Last-Event-ID: 1');
  await some.until(/id: 2\n/);
  assert.doesNotMatch(some.text(), /id: 1\n/);
  const odd = await follow(port, 'reader', 'Last-Event-ID: nonsense');
  assert.doesNotMatch(odd.text(), /event: decision/);
  await close(1_000);
  await Promise.all([all.closed, some.closed, odd.closed]);
});

test('a client that does not read is dropped, and the others are not', async (context) => {
  const permit = fakePermit();
  const metrics = createMeter({ version: 'x', runtime: false });
  const { port, log } = await serve(context, permit, { metrics, limits: { streamBufferBytes: 65_536 } });
  const slow = await follow(port);
  slow.socket.pause();
  const quick = await follow(port);
  let id = 100;
  while (!log.lines.some((line) => line.includes('stream-dropped'))) {
    for (let count = 0; count < 50; count++) permit.decide(decision(id++));
    await turn();
    assert.ok(id < 1_000_000, 'the slow client was never dropped');
  }
  await quick.until(new RegExp(`id: ${id - 1}\\n`));
  assert.match(await metrics.expose(permit, 100), /watchbill_decision_streams_dropped_total 1/);
  for (const { socket } of [quick, slow]) socket.destroy();
});

test('heartbeats go out, and end with the identity', async (context) => {
  const fake = fakePermit();
  let revoked = false;
  const identify = (secret: string) => {
    if (!revoked) return fake.identify(secret);
    // Decisions are made right after the stream was ended, before its client is gone.
    setImmediate(() => fake.decide(decision(5)));
    queueMicrotask(() => fake.decide(decision(5)));
    return null;
  };
  const { port } = await serve(context, { ...fake, identify }, { limits: { heartbeatMs: 10 } });
  const client = await follow(port);
  await client.until(/: still here/);
  revoked = true;
  await client.until(ENDED);
  client.socket.destroy();
});

test('a client that goes away between two decisions does no harm', async (context) => {
  const permit = fakePermit();
  const { port } = await serve(context, permit);
  (await follow(port)).socket.resetAndDestroy();
  while (permit.subscribers() > 0) {
    permit.decide(decision(5));
    await turn();
  }
  assert.equal((await rawCall(port, LIVE)).status, 200);
});

test('decisions while the server closes do no harm', async (context) => {
  const permit = fakePermit();
  const { port, close } = await serve(context, permit);
  const client = await follow(port);
  const closed = close(1_000);
  permit.decide(decision(5));
  assert.equal(permit.subscribers(), 0);
  await closed;
  await client.closed;
});

test('the number of clients is bounded; the caller with the most gives a place to another', async (context) => {
  const { port } = await serve(context, fakePermit(), { limits: { maxStreams: 2 } });
  const [first, second] = [await follow(port), await follow(port)];
  const refused = await rawCall(port, REQUEST('reader'));
  assert.equal(refused.status, 429);
  assert.match(refused.body, /too-many-streams/);
  await follow(port, 'operator');
  await first.until(ENDED);
  assert.doesNotMatch(second.text(), ENDED);
});
