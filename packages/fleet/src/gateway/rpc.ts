/** A request of JSON-RPC 2.0 as a client sent it. */
import { counted } from '@watchbill/kit';
export interface RpcRequest {
  /** Undefined: a notification, which gets no answer. */
  readonly id: string | number | null | undefined;
  readonly method: string;
  readonly params: unknown;
}

/**
 * One answer that the gateway gives itself. Codes up to -32100 are JSON-RPC's own; those of ours have {@link
 * GATEWAY_ERRORS}.
 */
export interface RpcError {
  readonly code: number;
  readonly message: string;
}

/** Errors of the gateway, by name. */
export const GATEWAY_ERRORS = {
  parse: -32700,
  invalid: -32600,
  refused: -32601,
  unauthorised: -32101,
  limited: -32102,
  busy: -32103,
  unavailable: -32104,
  unknown: -32105,
} as const;

export type Reading =
  | { readonly ok: true; readonly isBatch: boolean; readonly requests: readonly RpcRequest[] }
  | { readonly ok: false; readonly error: RpcError };

/** A number that would not survive being read and written again. */
const WIDE_NUMBER = /\d{16}/;
const MOST_DEPTH = 64;

/**
 * Reads a body. Requests are written anew before a node gets them, so that a text that two readers would read
 * in two ways (a member named twice) means one thing to both. Never throws.
 */
export function readRequests(text: string, mostRequests: number): Reading {
  const parsed = parse(text);
  if (parsed === undefined) return refusal(GATEWAY_ERRORS.parse, 'it is not JSON, or nested too deeply');
  const isBatch = Array.isArray(parsed);
  const items: readonly unknown[] = isBatch ? parsed : [parsed];
  if (items.length === 0) return refusal(GATEWAY_ERRORS.invalid, 'the batch is empty');
  if (items.length > mostRequests)
    return refusal(
      GATEWAY_ERRORS.limited,
      `a batch may hold ${counted(mostRequests, 'request')}, this one has ${items.length}`,
    );
  const requests: RpcRequest[] = [];
  for (const item of items) {
    const request = requestOf(item);
    if (request === null) return refusal(GATEWAY_ERRORS.invalid, 'it is not a JSON-RPC 2.0 request');
    requests.push(request);
  }
  return { ok: true, isBatch, requests };
}

function refusal(code: number, message: string): Reading {
  return { ok: false, error: { code, message } };
}

/** Undefined for invalid JSON; wide numbers keep their text. */
function parse(text: string): unknown {
  if (isTooDeep(text)) return undefined;
  try {
    if (!WIDE_NUMBER.test(text)) return JSON.parse(text);
    return JSON.parse(text, keepWide as (key: string, value: unknown) => unknown);
  } catch {
    return undefined;
  }
}

/**
 * `context.source` and `JSON.rawJSON`: the TC39 proposal "JSON.parse source text access", in Node since
 * version 21.
 */
function keepWide(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context.source === undefined) return value;
  const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };
  return String(value) === context.source ? value : rawJSON(context.source);
}

/**
 * Bounds the recursion of the next reader. Counts brackets in strings too, which refuses no sensible request.
 */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 91 || code === 123) depth += 1;
    else if (code === 93 || code === 125) depth -= 1;
    if (depth > MOST_DEPTH) return true;
  }
  return false;
}

function requestOf(item: unknown): RpcRequest | null {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return null;
  const { jsonrpc, id, method, params } = item as Readonly<Record<string, unknown>>;
  if (jsonrpc !== '2.0' || typeof method !== 'string' || method.length > 128) return null;
  if (params !== undefined && (typeof params !== 'object' || params === null)) return null;
  if (id !== undefined && id !== null && typeof id !== 'string' && typeof id !== 'number') return null;
  return { id, method, params };
}

/** The text of a request as a node gets it. */
export function requestText({ id, method, params }: RpcRequest): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

export function errorText(id: RpcRequest['id'], { code, message }: RpcError): string {
  return JSON.stringify({ jsonrpc: '2.0', id: id ?? null, error: { code, message } });
}
