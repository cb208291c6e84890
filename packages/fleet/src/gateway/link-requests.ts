import { counted } from '@watchbill/kit';
import type { Caller } from './caller.ts';
import { type GatewayContext, sortRequests, spend, tierOf } from './context.ts';
import { errorText, GATEWAY_ERRORS, type RpcRequest, readRequests, requestText } from './rpc.ts';
import { type Subscriptions, subscriptions } from './subscriptions.ts';

/** The requests and subscriptions of one connection of a caller. */
export interface LinkRequests {
  /** Requests that the node has not answered. */
  readonly pending: () => number;
  /** Decides on one text of the client. */
  readonly take: (text: string) => Reply;
  /** Notes the answers in one text of the node. */
  readonly answered: (text: string) => void;
}

/** The texts that follow from one text of a client. */
export interface Reply {
  readonly toNode: string | null;
  readonly toClient: string | null;
}

const MOST_PENDING = 1_024;

/** Open subscriptions and requests of a connection. `pending`: the ids of requests, as JSON. */
interface Open {
  readonly known: Subscriptions;
  readonly pending: Set<string>;
}

export function linkRequests(context: GatewayContext, caller: Caller): LinkRequests {
  const open: Open = { known: subscriptions(), pending: new Set() };
  return {
    pending: () => open.pending.size,
    take: (text) => taken(context, caller, open, text),
    answered: (text) => {
      open.known.heard(text);
      if (open.pending.size > 0) forgetAnswered(open.pending, text);
    },
  };
}

/**
 * Handles one text of a client. If one request of a batch is refused, the whole batch is refused, each
 * request by itself.
 */
function taken(context: GatewayContext, caller: Caller, { known, pending }: Open, text: string): Reply {
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
  if (requests.some(({ id }, at) => isInUse(pending, requests, id, at))) {
    const message = 'a request without an answer on this connection has the same id: use another one';
    return refuse(({ id }) => errorText(id, { code: GATEWAY_ERRORS.invalid, message }));
  }
  if (!known.mayAsk(requests, tier.subscriptionsPerConnection)) {
    const message = `${counted(tier.subscriptionsPerConnection, 'subscription is', 'subscriptions are')} open on this connection`;
    return refuse(({ id }) => errorText(id, { code: GATEWAY_ERRORS.limited, message }));
  }
  for (const { id } of requests) pending.add(JSON.stringify(id ?? null));
  const texts = requests.map(requestText);
  return { toNode: reading.isBatch ? `[${texts.join(',')}]` : (texts[0] ?? null), toClient: null };
}

/**
 * Subscriptions are counted by the ids of their answers: two open requests with one id would count as one.
 */
function isInUse(
  pending: ReadonlySet<string>,
  requests: readonly RpcRequest[],
  id: RpcRequest['id'],
  at: number,
): boolean {
  return pending.has(JSON.stringify(id ?? null)) || requests.findIndex((one) => one.id === id) < at;
}

const ANSWERED = /"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|null)/g;

/**
 * The ids that a text of the node answers; a similar text inside a result frees a place too early, which is
 * harmless.
 */
function forgetAnswered(pending: Set<string>, text: string): void {
  for (const [, id = ''] of text.matchAll(ANSWERED)) pending.delete(id);
}
