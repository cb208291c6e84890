import { counted } from '@watchbill/base';
import { WebSocket } from 'ws';
import type { Backend } from './backend.ts';
import type { Caller } from './caller.ts';
import { type GatewayContext, sortRequests, spend, tierOf } from './context.ts';
import { errorText, GATEWAY_ERRORS, type RpcRequest, readRequests, requestText } from './rpc.ts';
import { type Subscriptions, subscriptions } from './subscriptions.ts';

/** A connection of a caller, and its separate connection to a node. */
export interface Link {
  readonly backend: Backend;
  /** Requests that the node has not answered. */
  readonly pending: () => number;
  readonly ping: () => void;
  readonly end: (code: number, why: string) => void;
}

const CONNECT_MS = 10_000;
/** Texts that may wait until the node's connection is open. */
const MOST_WAITING = 64;
const MOST_REFUSALS = 100;
const MOST_PENDING = 1_024;

/** `onEnd` is called once. */
export function openLink(
  context: GatewayContext,
  caller: Caller,
  backend: Backend,
  client: WebSocket,
  onEnd: () => void,
): Link {
  const { limits } = context.settings;
  const upstream = new WebSocket(backend.wsUrl, {
    handshakeTimeout: CONNECT_MS,
    maxPayload: limits.responseBytes,
    perMessageDeflate: false,
  });
  const state = {
    waiting: [] as string[],
    refusals: 0,
    isAlive: true,
    isOver: false,
    pending: new Set<string>(),
  };
  const known = subscriptions();
  const end = (code: number, why: string) => {
    if (state.isOver) return;
    state.isOver = true;
    client.close(code, why);
    upstream.close();
    // The gateway does not wait for a peer that does not answer the close.
    setTimeout(() => {
      client.terminate();
      upstream.terminate();
    }, 2_000).unref();
    onEnd();
  };
  upstream.on('open', () => {
    for (const text of state.waiting.splice(0)) upstream.send(text);
  });
  upstream.on('message', (data) => pass(String(data)));
  upstream.on('close', () => closeFor('upstream', 1012, 'the node ended the connection: connect again'));
  upstream.on('error', () => closeFor('upstream', 1012, 'the node cannot be reached: connect again'));
  client.on('close', () => end(1000, ''));
  client.on('error', () => end(1002, 'the connection failed'));
  client.on('pong', () => {
    state.isAlive = true;
  });
  client.on('message', (data, isBinary) => {
    if (state.isOver) return;
    if (isBinary) return closeFor('binary', 1003, 'send text');
    const reply = received(context, caller, known, state.pending, String(data));
    if (reply.toNode !== null) send(reply.toNode);
    if (reply.toClient === null) return;
    state.refusals += 1;
    client.send(reply.toClient);
    if (state.refusals > MOST_REFUSALS) closeFor('refusals', 1008, 'too many requests were refused');
  });
  return {
    backend,
    pending: () => state.pending.size,
    ping: () => {
      if (!state.isAlive) return closeFor('silent', 1001, 'no answer to a ping');
      state.isAlive = false;
      client.ping();
    },
    end,
  };

  function closeFor(why: string, code: number, text: string): void {
    if (!state.isOver) context.metrics.closed(why);
    end(code, text);
  }

  function send(text: string): void {
    if (upstream.readyState === WebSocket.OPEN) upstream.send(text);
    else if (state.waiting.length < MOST_WAITING) state.waiting.push(text);
    else closeFor('waiting', 1013, 'the node is slow to connect: try again');
  }

  function pass(text: string): void {
    known.heard(text);
    if (state.pending.size > 0) forgetAnswered(state.pending, text);
    client.send(text);
    if (client.bufferedAmount > limits.bufferedBytes) closeFor('slow', 1008, 'the client reads too slowly');
  }
}

interface Reply {
  readonly toNode: string | null;
  readonly toClient: string | null;
}

/**
 * Handles one text of a client. If one request of a batch is refused, the whole batch is refused, each
 * request by itself.
 */
function received(
  context: GatewayContext,
  caller: Caller,
  known: Subscriptions,
  pending: Set<string>,
  text: string,
): Reply {
  const tier = tierOf(context, caller);
  const reading = readRequests(text, tier.batch);
  if (!reading.ok) {
    context.metrics.requests(caller.tier, 'invalid', 1);
    return { toNode: null, toClient: errorText(null, reading.error) };
  }
  const requests = reading.requests.filter(({ id }) => id !== undefined);
  if (requests.length === 0) return { toNode: null, toClient: null };
  const refuse = (errorOf: (request: RpcRequest) => string): Reply => {
    const texts = requests.map(errorOf);
    return { toNode: null, toClient: reading.isBatch ? `[${texts.join(',')}]` : (texts[0] ?? null) };
  };
  const over = spend(context, caller, requests);
  if (over !== null) return refuse(({ id }) => errorText(id, over.error));
  const { refused } = sortRequests(context, caller, requests);
  if (refused.length > 0) {
    const whole = { code: GATEWAY_ERRORS.refused, message: 'another request of the batch was refused' };
    return refuse((request) =>
      errorText(request.id, refused.find((one) => one.request === request)?.error ?? whole),
    );
  }
  if (pending.size + requests.length > MOST_PENDING) {
    const message = `${MOST_PENDING} requests wait for an answer on this connection`;
    return refuse(({ id }) => errorText(id, { code: GATEWAY_ERRORS.limited, message }));
  }
  if (!requests.every((request) => known.mayAsk(request, tier.subscriptionsPerConnection))) {
    const message = `${counted(tier.subscriptionsPerConnection, 'subscription is', 'subscriptions are')} open on this connection`;
    return refuse(({ id }) => errorText(id, { code: GATEWAY_ERRORS.limited, message }));
  }
  for (const { id } of requests) pending.add(JSON.stringify(id ?? null));
  const texts = requests.map(requestText);
  return { toNode: reading.isBatch ? `[${texts.join(',')}]` : (texts[0] ?? null), toClient: null };
}

const ANSWERED = /"id":("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|null)/g;

/**
 * The ids that a text of the node answers; a similar text inside a result frees a place too early, which is
 * harmless.
 */
function forgetAnswered(pending: Set<string>, text: string): void {
  for (const [, id = ''] of text.matchAll(ANSWERED)) pending.delete(id);
}
