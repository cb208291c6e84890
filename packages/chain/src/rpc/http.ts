import { systemCause, wasNotSent } from '@watchbill/kit';
import { busyFault, closedFault, NodeFault, timeoutFault } from './fault.ts';
import { readMessage, requestText } from './json-rpc.ts';
import type { CallOptions, NodeRpc } from './port.ts';
import type { RpcSettings } from './settings.ts';

/** The most that one answer may hold, in bytes; the metadata of a relay chain is below one million. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** The RPC of a node by HTTP: one request a call. */
export function httpNode(settings: RpcSettings, maxAnswerBytes = MAX_ANSWER_BYTES): NodeRpc {
  const { address, clock } = settings;
  const closing = new AbortController();
  let underWay = 0;
  let lastId = 0;

  async function call<T>(
    method: string,
    params: readonly unknown[] = [],
    options: CallOptions = {},
  ): Promise<T> {
    if (closing.signal.aborted) throw closedFault(address.address);
    if (underWay >= settings.maxPending) throw busyFault(address.address, underWay);
    underWay += 1;
    lastId += 1;
    const id = lastId;
    const done = new AbortController();
    const late = new AbortController();
    const timeoutMs = options.timeoutMs ?? settings.timeoutMs;
    void clock.sleep(timeoutMs, done.signal).then(() => done.signal.aborted || late.abort());
    try {
      const signal = AbortSignal.any([late.signal, closing.signal]);
      return answered<T>(
        await exchange(address.href, requestText(id, method, params), maxAnswerBytes, signal),
        id,
        method,
      );
    } catch (error) {
      if (error instanceof NodeFault) throw error;
      if (closing.signal.aborted) throw closedFault(address.address);
      if (late.signal.aborted) throw timeoutFault(address.address, method, timeoutMs);
      throw brokenFault(error, address.address, method);
    } finally {
      underWay -= 1;
      done.abort();
    }
  }

  return {
    address: address.address,
    call,
    subscribe: async () => {
      throw new NodeFault('unsupported', `${address.address} is called by HTTP, which has no subscriptions`);
    },
    close: () => closing.abort(),
  };
}

async function exchange(url: string, body: string, maxBytes: number, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal,
    redirect: 'error',
  });
  const text = await boundedText(response, maxBytes);
  if (!response.ok) throw new NodeFault('refused', `the node answered with HTTP status ${response.status}`);
  return text;
}

async function boundedText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes)
      throw new NodeFault('malformed', `the node answered with more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answered<T>(text: string, id: number, method: string): T {
  const message = readMessage(text);
  if (message.kind === 'error') throw message.fault;
  if (message.kind === 'result' && message.id === id) return message.result as T;
  throw new NodeFault('malformed', `the answer to ${method} is not JSON-RPC`);
}

/**
 * The fault for a failed exchange. fetch hides the reason in the cause, and its own message may repeat the
 * address, which may be secret.
 */
export function brokenFault(error: unknown, address: string, method: string): NodeFault {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = systemCause(cause) ?? 'the connection broke';
  return wasNotSent(cause)
    ? new NodeFault('unreachable', `no connection to ${address} for ${method}: ${reason}`)
    : new NodeFault('lost', `the exchange with ${address} broke before it answered ${method}: ${reason}`);
}
