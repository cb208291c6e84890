import { wasNotSent } from '@watchbill/kit';
import { Pool } from 'undici';
import { NotSent } from './gateway-fault.ts';
import type { GatewaySettings } from './settings.ts';

/** The state of a node. Only a `ready` one gets requests. */
export type BackendState = 'unknown' | 'ready' | 'syncing' | 'lagging' | 'wrong-chain' | 'down';

export interface Backend {
  readonly name: string;
  readonly wsUrl: string;
  state: BackendState;
  /** Why it is not ready; empty if it is. */
  detail: string;
  height: number | null;
  genesis: string | null;
  /** Of HTTP requests under way, and WebSocket connections. */
  load: number;
  /** Start of its unreadiness in monotonic milliseconds; null if it is ready. */
  notReadySinceMs: number | null;
  /** Sends one body and returns the answer's text. Throws without a complete answer. */
  readonly ask: (body: string, timeoutMs: number) => Promise<string>;
  readonly close: () => Promise<void>;
}

export function openBackend(
  { name, url }: GatewaySettings['backends'][number],
  { pool: { connectionsPerBackend }, limits: { responseBytes } }: GatewaySettings,
  nowMs: () => number,
): Backend {
  const http = new URL(url.replace(/^ws/, 'http'));
  const pool = new Pool(http.origin, {
    connections: connectionsPerBackend,
    pipelining: 1,
    // One timer bounds the whole request: see `post`.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const path = `${http.pathname}${http.search}`;
  return {
    name,
    wsUrl: url,
    state: 'unknown',
    detail: 'not asked yet',
    height: null,
    genesis: null,
    load: 0,
    notReadySinceMs: nowMs(),
    ask: (body, timeoutMs) => post(pool, path, body, timeoutMs, responseBytes),
    close: () => pool.destroy(),
  };
}

const HEADERS = { 'content-type': 'application/json' };

/**
 * By the dispatcher itself: a stream and a signal for each request cost more than all the rest of the
 * gateway.
 */
function post(pool: Pool, path: string, body: string, timeoutMs: number, mostBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let status = 0;
    let isLate = false;
    let abort: ((reason: Error) => void) | null = null;
    const late = () => new Error(`it did not answer within ${timeoutMs} ms`);
    const timer = setTimeout(() => {
      isLate = true;
      abort?.(late());
      reject(late());
    }, timeoutMs);
    pool.dispatch(
      { method: 'POST', path, headers: HEADERS, body },
      {
        onRequestStart: (controller) => {
          // The request waited too long for a connection, so it is not sent.
          if (isLate) controller.abort(late());
          abort = (reason) => controller.abort(reason);
        },
        onResponseStart: (_controller, statusCode) => {
          status = statusCode;
        },
        onResponseData: (controller, chunk) => {
          size += chunk.length;
          if (size <= mostBytes) chunks.push(chunk);
          else controller.abort(new Error(`its answer is longer than ${mostBytes} bytes`));
        },
        onResponseEnd: () => {
          clearTimeout(timer);
          if (status === 200) resolve(textOf(chunks, size));
          else reject(new Error(`it answered with status ${status}`));
        },
        onResponseError: (_controller, error) => {
          clearTimeout(timer);
          reject(wasNotSent(error) ? new NotSent('it cannot be reached', { cause: error }) : error);
        },
      },
    );
  });
}

function textOf(chunks: readonly Buffer[], size: number): string {
  const [first] = chunks;
  return (chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, size)).toString('utf8');
}
