import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMeter } from '../../metrics/meter.ts';
import { trackConnections } from '../before-routes.ts';
import { openClient, requestOf } from './client.ts';
import { fakePermit } from './fake-permit.ts';
import { answerBy, type Packets } from './odd-claims.ts';
import { type TestApp, testApp } from './server.ts';

/** The last request of each connection: its answer ends the connection. */
export const LAST = requestOf('GET /livez', undefined, '', 'Connection: close');
/** Long enough for the server to read one packet before the next one comes. */
const PACKET_MS = 20;

/** A server over one way to the routes, with all that it told its permit and its metrics. */
export async function serverBy(way: (app: TestApp['app']) => RequestListener) {
  const claims: unknown[] = [];
  const permit = fakePermit({
    claim: (claim, caller) => {
      claims.push([claim, caller]);
      return answerBy(claim);
    },
  });
  const metrics = createMeter({ version: 'x', runtime: false });
  const { app } = await testApp(permit, { metrics });
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
  return { port, claims, counted };
}

export type Way = Awaited<ReturnType<typeof serverBy>>;

/**
 * All that the server sends until the connection ends, without the time. A server that waits for more gets
 * the end.
 */
export async function answersTo({ port }: Way, packets: Packets, quietMs: number): Promise<string> {
  const { socket, text, closed } = openClient(port);
  // Bytes behind a request that ends the connection break its answer, if they come before it is sent.
  const last = /Connection: close|HTTP.1.0/.test(packets.join('')) ? '' : LAST;
  for (const [index, packet] of [...packets.slice(0, -1), `${packets.at(-1)}${last}`].entries()) {
    if (index > 0) await sleep(PACKET_MS);
    socket.write(packet, 'latin1');
  }
  const cut = setTimeout(() => socket.end(), quietMs);
  await closed;
  clearTimeout(cut);
  return text().replaceAll(/^Date: .*$/gm, 'Date: now');
}

export async function answered(way: Way, packets: Packets, quietMs: number) {
  const text = await answersTo(way, packets, quietMs);
  return { text, claims: way.claims.splice(0) };
}
