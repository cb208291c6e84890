import { systemCause, wasNotSent } from '@watchbill/kit';
import { CallFault, openCaller } from '@watchbill/kit/call';
import { busyFault, closedFault, NodeFault, timeoutFault } from './fault.ts';
import { readMessage, requestText } from './json-rpc.ts';
import type { CallOptions, NodeRpc } from './port.ts';
import type { RpcSettings } from './settings.ts';

/** The most that one answer may hold, in bytes; the metadata of a relay chain is below one million. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** The RPC of a node by HTTP: one request a call. */
export function httpNode(settings: RpcSettings, maxAnswerBytes = MAX_ANSWER_BYTES): NodeRpc {
  const { address, clock } = settings;
  const caller = openCaller({ kept: true, clock });
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
    const deadlineMs = options.timeoutMs ?? settings.timeoutMs;
    const body = requestText(id, method, params);
    const limits = { deadlineMs, mostBytes: maxAnswerBytes, signal: closing.signal };
    try {
      const { status, text } = await caller.ask(address.href, { body, ...limits });
      if (status < 200 || status > 299)
        throw new NodeFault('refused', `the node answered with HTTP status ${status}`);
      return answered<T>(text, id, method);
    } catch (error) {
      if (!(error instanceof CallFault)) throw error;
      if (error.code === 'stopped') throw closedFault(address.address);
      if (error.code === 'timeout') throw timeoutFault(address.address, method, deadlineMs);
      if (error.code === 'answer-too-large')
        throw new NodeFault('malformed', `the node answered with more than ${maxAnswerBytes} bytes`);
      throw brokenFault(error, address.address, method);
    } finally {
      underWay -= 1;
    }
  }

  return {
    address: address.address,
    call,
    subscribe: async () => {
      throw new NodeFault('unsupported', `${address.address} is called by HTTP, which has no subscriptions`);
    },
    close: () => {
      closing.abort();
      caller.close();
    },
  };
}

function answered<T>(text: string, id: number, method: string): T {
  const message = readMessage(text);
  if (message.kind === 'error') throw message.fault;
  if (message.kind === 'result' && message.id === id) return message.result as T;
  throw new NodeFault('malformed', `the answer to ${method} is not JSON-RPC`);
}

/**
 * The fault for a failed exchange. The reason is in the cause; the own message may repeat the address, which
 * may be secret.
 */
export function brokenFault(error: unknown, address: string, method: string): NodeFault {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = systemCause(cause) ?? 'the connection broke';
  return wasNotSent(cause)
    ? new NodeFault('unreachable', `no connection to ${address} for ${method}: ${reason}`)
    : new NodeFault('lost', `the exchange with ${address} broke before it answered ${method}: ${reason}`);
}
