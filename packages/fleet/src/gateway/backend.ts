import { Pool } from 'undici';
import type { GatewaySettings } from './settings.ts';

/** How a node is. Only a `ready` one is asked. */
export type BackendState = 'unknown' | 'ready' | 'syncing' | 'lagging' | 'wrong-chain' | 'down';

export interface Backend {
  readonly name: string;
  readonly wsUrl: string;
  state: BackendState;
  /** Why it is not ready, in words; empty where it is. */
  detail: string;
  height: number | null;
  genesis: string | null;
  /** Of HTTP requests under way, and WebSocket connections. */
  load: number;
  /** Monotonic milliseconds since when it is not ready; null where it is. */
  notReadySinceMs: number | null;
  /** Sends one body and gives the answer's text. Throws where there is none whole. */
  readonly ask: (body: string, timeoutMs: number) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Nothing of a request reached a node, for certain: it may be sent to another one. */
export class NotSent extends Error {}

const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'EHOSTUNREACH',
]);

export function openBackend(
  { name, url }: GatewaySettings['backends'][number],
  { pool: { connectionsPerBackend }, limits: { responseBytes } }: GatewaySettings,
  nowMs: () => number,
): Backend {
  const http = new URL(url.replace(/^ws/, 'http'));
  const pool = new Pool(http.origin, { connections: connectionsPerBackend, pipelining: 1 });
  return {
    name,
    wsUrl: url,
    state: 'unknown',
    detail: 'not asked yet',
    height: null,
    genesis: null,
    load: 0,
    notReadySinceMs: nowMs(),
    ask: (body, timeoutMs) => post(pool, `${http.pathname}${http.search}`, body, timeoutMs, responseBytes),
    close: () => pool.destroy(),
  };
}

async function post(
  pool: Pool,
  path: string,
  body: string,
  timeoutMs: number,
  mostBytes: number,
): Promise<string> {
  try {
    const { statusCode, body: answer } = await pool.request({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > mostBytes) throw new Error(`its answer is longer than ${mostBytes} bytes`);
      chunks.push(chunk);
    }
    if (statusCode !== 200) throw new Error(`it answered with status ${statusCode}`);
    return Buffer.concat(chunks, size).toString('utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (NEVER_SENT.has(code)) throw new NotSent('it cannot be reached', { cause: error });
    throw error;
  }
}
