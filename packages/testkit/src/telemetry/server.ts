import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { feedsOfServer } from './feeds.ts';
import { type NodePlace, reportingNodes } from './reporting-nodes.ts';

export interface TelemetryServerOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Whether feeds get the addresses of nodes. Default false, as on the public servers. */
  readonly exposeAddresses?: boolean;
}

/**
 * A telemetry server on loopback: nodes report at `/submit`, and `/feed` sends actions in the format of the
 * public servers.
 */
export interface TelemetryServer {
  readonly port: number;
  /** For `--telemetry-url 'URL VERBOSITY'`. */
  readonly submitUrl: string;
  readonly feedUrl: string;
  /** `malformed`: messages of nodes that could not be read. */
  counts(): { readonly nodes: number; readonly feeds: number; readonly malformed: number };
  /** Replaces the address lookup of the public servers: sets the place of the nodes with this network id. */
  locate(networkId: string, place: NodePlace): void;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** Starts the server. Rejects where it cannot listen. */
export async function startTelemetryServer(options: TelemetryServerOptions = {}): Promise<TelemetryServer> {
  const feeds = feedsOfServer();
  const nodes = reportingNodes(feeds, options.exposeAddresses ?? false);
  const http = createServer((_request, response) => response.writeHead(404).end());
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
  sockets.on('connection', (socket: WebSocket, request) => {
    socket.on('error', () => socket.terminate());
    if (request.url?.startsWith('/feed')) feeds.admit(socket, nodes);
    else nodes.admit(socket, addressOf(request));
  });
  http.listen(options.port ?? 0, HOST);
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  return {
    port,
    submitUrl: `ws://${HOST}:${port}/submit`,
    feedUrl: `ws://${HOST}:${port}/feed`,
    counts: () => ({ ...nodes.counts(), feeds: feeds.size() }),
    locate: nodes.locate,
    close: async () => {
      // Feeds are closed first, because a server that shuts down does not report its nodes as removed.
      feeds.end();
      for (const socket of sockets.clients) socket.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** The public servers stand behind a proxy, which says from where a node reports. */
function addressOf({ headers, socket }: IncomingMessage): string {
  return String(headers['x-real-ip'] ?? socket.remoteAddress);
}
