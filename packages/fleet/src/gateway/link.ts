import type { WebSocket } from 'ws';
import type { Backend } from './backend.ts';
import type { Caller } from './caller.ts';
import type { GatewayContext } from './context.ts';
import { linkRequests } from './link-requests.ts';
import { openUpstream, type Upstream } from './upstream.ts';

/** A connection of a caller, and its separate connection to a node. */
export interface Link {
  readonly backend: Backend;
  /** Requests that the node has not answered. */
  readonly pending: () => number;
  readonly ping: () => void;
  readonly end: (code: number, why: string) => void;
}

const MOST_REFUSALS = 100;
const CLOSE_MS = 2_000;

export interface LinkParts {
  readonly context: GatewayContext;
  readonly caller: Caller;
  readonly backend: Backend;
  readonly client: WebSocket;
  /** Called once. */
  readonly onEnd: () => void;
}

export function openLink({ context, caller, backend, client, onEnd }: LinkParts): Link {
  const { limits } = context.settings;
  const requests = linkRequests(context, caller);
  let refusals = 0;
  let isAlive = true;
  let isOver = false;
  const upstream = openUpstream(backend.wsUrl, limits, {
    onText: pass,
    onEnd: (why) => closeFor('upstream', 1012, why),
  });
  client.on('close', () => end(1000, ''));
  client.on('error', () => end(1002, 'the connection failed'));
  client.on('pong', () => {
    isAlive = true;
  });
  client.on('message', (data, isBinary) => {
    if (isOver) return;
    if (isBinary) return closeFor('binary', 1003, 'send text');
    const { toNode, toClient } = requests.take(String(data));
    if (toNode !== null && !upstream.send(toNode)) closeFor('waiting', 1013, 'the node is slow: try again');
    if (toClient === null) return;
    refusals += 1;
    client.send(toClient);
    if (refusals > MOST_REFUSALS) closeFor('refusals', 1008, 'too many requests were refused');
  });
  return {
    backend,
    pending: requests.pending,
    ping: () => {
      if (!isAlive) return closeFor('silent', 1001, 'no answer to a ping');
      isAlive = false;
      client.ping();
    },
    end,
  };

  function pass(text: string): void {
    requests.answered(text);
    client.send(text);
    if (client.bufferedAmount > limits.bufferedBytes) closeFor('slow', 1008, 'the client reads too slowly');
  }

  function closeFor(why: string, code: number, text: string): void {
    if (!isOver) context.metrics.closed(why);
    end(code, text);
  }

  function end(code: number, why: string): void {
    if (isOver) return;
    isOver = true;
    client.close(code, why);
    upstream.close();
    terminateLater(client, upstream);
    onEnd();
  }
}

/** The gateway does not wait for a peer that does not answer the close. */
function terminateLater(client: WebSocket, upstream: Upstream): void {
  setTimeout(() => {
    client.terminate();
    upstream.terminate();
  }, CLOSE_MS).unref();
}
