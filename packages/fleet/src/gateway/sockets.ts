import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { until } from '@watchbill/kit';
import { WebSocketServer } from 'ws';
import type { Backend } from './backend.ts';
import type { Caller } from './caller.ts';
import { type GatewayContext, tierOf } from './context.ts';
import { type Link, openLink } from './link.ts';

/** WebSocket connections of callers, each with a separate one to a node. */
export interface Sockets {
  /**
   * Ends connections whose key was removed or changed, and those of nodes that were out of sync for too long.
   */
  readonly sweep: () => void;
  /**
   * Waits this long at most for answers to requests under way, then closes every connection so that clients
   * connect elsewhere.
   */
  readonly drain: (timeoutMs: number) => Promise<void>;
}

const PING_MS = 30_000;
/**
 * Connections of one node that one sweep closes, so that their clients do not all move to the other nodes at
 * once.
 */
const EVICTED_AT_ONCE = 64;

export function gatewaySockets(context: GatewayContext, server: Server): Sockets {
  const { limits } = context.settings;
  const wss = new WebSocketServer({ noServer: true, maxPayload: limits.bodyBytes, perMessageDeflate: false });
  const links = new Map<Link, Caller>();
  const counts = new Map<string, number>();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    enter(context, counts, request).then(
      (entry) => {
        if (typeof entry === 'number') return refuse(socket, entry);
        wss.handleUpgrade(request, socket, head, (client) => {
          const { caller, backend } = entry;
          const onEnd = (): void => {
            links.delete(link);
            entry.leave();
          };
          const link = openLink({ context, caller, backend, client, onEnd });
          links.set(link, caller);
        });
        socket.once('close', entry.leave);
      },
      () => refuse(socket, 500),
    );
  });
  const pings = setInterval(() => {
    for (const link of links.keys()) link.ping();
  }, PING_MS);
  pings.unref();
  return {
    sweep: () => sweep(context, links),
    drain: async (timeoutMs) => {
      clearInterval(pings);
      const isIdle = () => ([...links.keys()].some((link) => link.pending() > 0) ? null : true);
      await until(isIdle, { pauseMs: 20, withinMs: timeoutMs });
      for (const link of links.keys()) link.end(1001, 'the gateway is stopping');
      wss.close();
    },
  };
}

interface Entry {
  readonly caller: Caller;
  readonly backend: Backend;
  /** Gives its place back. A second call has no effect. */
  readonly leave: () => void;
}

/** Takes a place, or answers with an HTTP status. */
async function enter(
  context: GatewayContext,
  counts: Map<string, number>,
  request: IncomingMessage,
): Promise<Entry | number> {
  const { settings, load, metrics } = context;
  if (context.stopping.aborted || load.connections >= settings.limits.connections) return 503;
  const { headers, url: path = '/', socket } = request;
  const admission = await context.admissions.admit({
    headers,
    path,
    socketAddress: socket.remoteAddress ?? '',
  });
  if (!admission.ok) {
    metrics.refusedCallers(admission.why);
    return admission.why === 'wrong-origin' ? 403 : 401;
  }
  const { caller } = admission;
  const count = counts.get(caller.id) ?? 0;
  if (count >= tierOf(context, caller).connections) {
    metrics.refusedCallers('connections');
    return 429;
  }
  const backend = context.pool.pick();
  if (backend === null) return 503;
  counts.set(caller.id, count + 1);
  load.connections += 1;
  backend.load += 1;
  let isInside = true;
  const leave = () => {
    if (!isInside) return;
    isInside = false;
    backend.load -= 1;
    load.connections -= 1;
    const left = (counts.get(caller.id) ?? 1) - 1;
    if (left === 0) counts.delete(caller.id);
    else counts.set(caller.id, left);
  };
  return { caller, backend, leave };
}

const REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${REASONS[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function sweep(
  { admissions, settings, nowMs, metrics }: GatewayContext,
  links: ReadonlyMap<Link, Caller>,
): void {
  const evicted = new Map<Backend, number>();
  for (const [link, caller] of links) {
    const { backend } = link;
    const since = backend.notReadySinceMs;
    if (!admissions.stands(caller)) {
      metrics.closed('key');
      link.end(1008, 'the key was removed or changed');
    } else if (since !== null && nowMs() - since > settings.pool.evictAfterMs) {
      const count = evicted.get(backend) ?? 0;
      if (count >= EVICTED_AT_ONCE) continue;
      evicted.set(backend, count + 1);
      metrics.closed('backend');
      link.end(1012, 'the node is out of sync: connect again');
    }
  }
}
