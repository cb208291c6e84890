import { isRecord, type Json, type JsonRecord, jsonOrNull } from '@watchbill/kit';
import { NodeFault } from './fault.ts';

/** One message of a node, sorted by kind. */
export type NodeMessage =
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number | null; readonly fault: NodeFault }
  | { readonly kind: 'item'; readonly subscription: string; readonly item: unknown }
  | { readonly kind: 'ended'; readonly subscription: string }
  | { readonly kind: 'malformed' };

/** The text of a JSON-RPC 2.0 request. */
export function requestText(id: number, method: string, params: readonly unknown[]): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

const MALFORMED: NodeMessage = { kind: 'malformed' };

/** Reads one message. Never throws: anything else is `malformed`. */
export function readMessage(text: string): NodeMessage {
  const message = jsonOrNull(text) as Json;
  if (!isRecord(message)) return MALFORMED;
  const { id, error, params } = message;
  if (isRecord(params)) return readNotification(params);
  const known = typeof id === 'number' ? id : null;
  if (isRecord(error)) return { kind: 'error', id: known, fault: refusal(error) };
  if (known === null || !('result' in message)) return MALFORMED;
  return { kind: 'result', id: known, result: message.result };
}

/** Ids of subscriptions are texts with some nodes and numbers with others. */
export function subscriptionId(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

function readNotification(params: JsonRecord): NodeMessage {
  const subscription = subscriptionId(params.subscription);
  if (subscription === null) return MALFORMED;
  return 'result' in params
    ? { kind: 'item', subscription, item: params.result }
    : { kind: 'ended', subscription };
}

/** Long answers are cut: a node may put a whole trace of a wasm trap into one. */
const TEXT_LIMIT = 500;

function refusal({ code, message, data }: JsonRecord): NodeFault {
  const detail = typeof data === 'string' ? `: ${data}` : '';
  const text = `the node answered: ${typeof message === 'string' ? message : 'an error without text'}${detail}`;
  const more = typeof code === 'number' ? { rpcCode: code } : {};
  return new NodeFault('refused', text.slice(0, TEXT_LIMIT), more);
}
