import { once } from 'node:events';
import { createServer } from 'node:http';
import { causeText } from '@watchbill/kit';
import { unfit } from '../fault.ts';
import type { GuardMetrics } from './metrics.ts';

const HOST = '127.0.0.1';
const REQUEST_MS = 5_000;

/** Serves `/metrics` on loopback, without authentication. Port 0 takes a free one. */
export async function serveMetrics(
  port: number,
  { text, contentType }: Pick<GuardMetrics, 'text' | 'contentType'>,
) {
  const server = createServer({ requestTimeout: REQUEST_MS }, async (request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': contentType }).end(await text());
  });
  await once(server.listen(port, HOST), 'listening').catch((error: unknown) => {
    const what = `metrics cannot be served at ${HOST}:${port}: ${causeText(error)}`;
    throw unfit('metrics', what, 'name a free port with --metrics-port', error);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    /** For example `http://127.0.0.1:9961/metrics`. */
    url: `http://${HOST}:${bound}/metrics`,
    close: async (): Promise<void> => {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
