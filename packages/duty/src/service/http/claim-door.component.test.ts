import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { type ClaimRequest, PermitFault } from '../contract.ts';
import { createMeter } from '../metrics/meter.ts';
import { trackConnections } from './before-routes.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { claimAnswer } from './testing/fixed-values.ts';
import { claimOf, ODD_CLAIMS, type Packets } from './testing/odd-claims.ts';
import { type TestApp, testApp } from './testing/server.ts';

/** The last request of each connection: its answer ends the connection. */
const LAST = 'GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
/** Long enough for the server to read one packet before the next one comes. */
const PACKET_MS = 20;

/** As a service, it answers in a later turn of the event loop. */
async function answerBy(claim: ClaimRequest) {
  await setImmediate();
  if (claim.claimId === 'malformed') throw new PermitFault('malformed', 400, 'unit: no', 'Correct it.');
  if (claim.claimId === 'too-many') throw new PermitFault('too-many-in-flight', 429, 'full', 'Wait.');
  if (claim.claimId === 'fault') throw new Error('the innermost cause');
  if (claim.claimId === 'denied')
    return claimAnswer(claim, { outcome: 'denied', reason: 'unit-taken', head: null });
  if (claim.claimId === 'unknown')
    return claimAnswer(claim, { outcome: 'unknown', reason: 'deadline', head: null });
  return claimAnswer(claim);
}

/** A server over one way to the routes, with all that it told its permit and its metrics. */
async function serverBy(way: (app: TestApp['app']) => RequestListener) {
  const claims: unknown[] = [];
  const permit = fakePermit({
    claim: (claim, caller) => {
      claims.push([claim, caller]);
      return answerBy(claim);
    },
  });
  const metrics = createMeter({ version: 'x', runtime: false });
  const { app, stop } = await testApp(permit, { metrics });
  const connections = trackConnections();
  const listen = way(app);
  const server: Server = createServer({ maxHeaderSize: 8_192, requireHostHeader: false });
  const answer: RequestListener = (request, response) => {
    connections.began(request, response);
    listen(request, response);
  };
  server.on('request', answer).on('checkExpectation', answer).on('clientError', connections.broken);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const counted = async () =>
    (await metrics.expose(permit, 1_000)).match(/^watchbill_(http_requests|requests_rejected).*/gm)?.sort();
  return { port, claims, stop, counted };
}

type Way = Awaited<ReturnType<typeof serverBy>>;

const door = await serverBy((app) => app.handle);
const ordinary = await serverBy((app) => app.fastify.routing);

/** All that the server sends until the connection ends, without the time. A server that waits for more gets the end. */
async function answersTo({ port }: Way, packets: Packets, quietMs: number): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  // What comes behind a request that ends the connection may or may not break the answer.
  const last = /Connection: close|HTTP.1.0/.test(packets.join('')) ? '' : LAST;
  for (const [index, packet] of [...packets.slice(0, -1), `${packets.at(-1)}${last}`].entries()) {
    if (index > 0) await sleep(PACKET_MS);
    socket.write(packet, 'latin1');
  }
  const cut = setTimeout(() => socket.end(), quietMs);
  await closed;
  clearTimeout(cut);
  return Buffer.concat(chunks)
    .toString('latin1')
    .replaceAll(/^Date: .*$/gm, 'Date: now');
}

interface Answered {
  readonly text: string;
  readonly claims: readonly unknown[];
}

async function answered(way: Way, packets: Packets, quietMs: number): Promise<Answered> {
  const text = await answersTo(way, packets, quietMs);
  return { text, claims: way.claims.splice(0) };
}

/** By the door and by the framework. */
function both(packets: Packets, quietMs: number): Promise<[Answered, Answered]> {
  return Promise.all([answered(door, packets, quietMs), answered(ordinary, packets, quietMs)]);
}

test('odd requests get the same bytes as by the framework, and reach the service as the same claims', async () => {
  assert.ok(ODD_CLAIMS.size > 100);
  const statuses = new Set<string>();
  for (const [name, packets] of ODD_CLAIMS) {
    const [fast, slow] = await both(packets, 1_000);
    assert.deepEqual(fast, slow, name);
    for (const [, status = ''] of fast.text.matchAll(/^HTTP\/1.1 (\d+)/gm)) statuses.add(status);
  }
  for (const status of ['200', '400', '401', '403', '404', '405', '413', '415', '429', '431', '503'])
    assert.ok(statuses.has(status), `no request of the table is answered ${status}`);
  assert.deepEqual(await door.counted(), await ordinary.counted());
});

test('changed bytes get the same answer too', async () => {
  const whole = claimOf('granted');
  const change = fc.record({
    at: fc.nat(whole.length),
    removed: fc.nat(3),
    added: fc.oneof(
      fc.constantFrom('\r\n', '\r\n\r\n', ':', ' ', '"', '{', '0', LAST),
      fc.string({ maxLength: 4 }),
    ),
  });
  const changed = fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) =>
      changes.reduce(
        (text, { at, removed, added }) => text.slice(0, at) + added + text.slice(at + removed),
        whole,
      ),
    );
  const property = fc.asyncProperty(changed, async (text) => {
    const [fast, slow] = await both([text], 100);
    // On a busy machine the end may come before the answer.
    if (!isDeepStrictEqual(fast, slow)) assert.deepEqual(...(await both([text], 3_000)));
  });
  await fc.assert(property, { numRuns: 300 });
});

test('a claim that comes whole does not reach the framework; one that comes in pieces does', async () => {
  const passed: unknown[] = [];
  const way = await serverBy((app) => {
    const { routing } = app.fastify;
    app.fastify.routing = (request, response) => {
      passed.push(request.url);
      routing(request, response);
    };
    return app.handle;
  });
  const whole = claimOf('granted');
  await answersTo(way, [whole + claimOf('denied')], 1_000);
  assert.deepEqual(passed, ['/livez']);
  await answersTo(way, [whole.slice(0, -9), whole.slice(-9)], 1_000);
  assert.deepEqual(passed, ['/livez', '/v1/claims', '/livez']);
  assert.equal(way.claims.length, 3);
});
