import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { isIP } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { type FakeFeed, fakeFeed } from './fake-feed.ts';
import { type FakeShard, fakeShard } from './fake-shard.ts';
import type { ChainRules } from './reported-chain.ts';
import type { NodePlace } from './reporting-node.ts';
import { telemetryState } from './state.ts';

export interface TelemetryServerOptions extends Partial<ChainRules> {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Gets every message of a node as it came; for recordings. */
  readonly heard?: (message: string) => void;
}

export interface TelemetryCounts {
  readonly nodes: number;
  readonly feeds: number;
  /** Messages of nodes that could not be read. */
  readonly malformed: number;
  /** Messages of nodes that the server has no use for. */
  readonly unused: number;
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
  counts(): TelemetryCounts;
  /** Ends the connections of all nodes at once, as when the part that talks to nodes is restarted. */
  dropNodes(): void;
  /** Replaces the address lookup of the public servers: sets the place of the nodes with this network id. */
  locate(networkId: string, place: NodePlace): void;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const LONGEST_MESSAGE_BYTES = 1024 * 1024;
const STALE_AFTER_MS = 120_000;

/** Starts the server. Rejects where it cannot listen. */
export async function startTelemetryServer(options: TelemetryServerOptions = {}): Promise<TelemetryServer> {
  const { exposeNodeDetails = false, staleAfterMs = STALE_AFTER_MS } = options;
  const state = telemetryState({ exposeNodeDetails, staleAfterMs });
  const feeds = fakeFeed(state);
  const nodes = fakeShard(state, feeds, options.heard ?? (() => {}));
  const http = createServer((_request, response) => response.writeHead(404).end());
  const sockets = acceptOn(http, feeds, nodes);
  http.listen(options.port ?? 0, HOST);
  await once(http, 'listening');
  const bound = http.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return {
    port,
    submitUrl: `ws://${HOST}:${port}/submit`,
    feedUrl: `ws://${HOST}:${port}/feed`,
    counts: () => ({ ...nodes.counts(), feeds: feeds.size() }),
    dropNodes: nodes.drop,
    locate: (networkId, place) => {
      for (const chain of state.chains()) feeds.tell(chain.locate(networkId, place), chain.genesisHash);
    },
    close: async () => {
      // Feeds are closed first, because a server that shuts down does not report its nodes as removed.
      feeds.end();
      nodes.drop();
      sockets.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** The public servers stand behind a proxy, which says from where a node reports. */
function addressOf({ headers, socket }: IncomingMessage): string {
  const [forwarded = ''] = String(headers['x-forwarded-for'] ?? headers['x-real-ip'] ?? '').split(',');
  return isIP(forwarded.trim()) === 0 ? (socket.remoteAddress ?? HOST) : forwarded.trim();
}

function acceptOn(http: Server, feeds: FakeFeed, nodes: FakeShard): WebSocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LONGEST_MESSAGE_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
  });
  http.on('upgrade', (request, socket, head) => {
    const path = (request.url ?? '').replace(/\/+$/, '');
    if (path !== '/feed' && path !== '/submit') return socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
    return sockets.handleUpgrade(request, socket, head, (opened: WebSocket) => {
      opened.on('error', () => opened.terminate());
      if (path === '/feed') feeds.admit(opened);
      else nodes.admit(opened, addressOf(request));
    });
  });
  return sockets;
}
