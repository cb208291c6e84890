import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { messageOf } from '@watchbill/kit';
import type { WebSocket } from 'ws';
import { type DevChainSpec, devChain } from './chain.ts';
import { type DevMethod, devHeader, devMethods } from './rpc.ts';

export interface RunningDevChain {
  readonly url: string;
  /** Hash of block 0, 32 bytes. */
  readonly genesis: Uint8Array;
  close(): Promise<void>;
}

const MAX_REQUEST_BYTES = 64 * 1024;
const MAX_CONNECTIONS = 64;
const MAX_SUBSCRIPTIONS = 8;

/**
 * Serves a dev chain over WebSocket on this machine alone. Its blocks come by `nowMs`, in milliseconds of the
 * same clock as `startedAtMs` of the spec. Rejects if the port is taken.
 */
export async function serveDevChain(
  spec: DevChainSpec,
  port: number,
  nowMs: () => number = Date.now,
): Promise<RunningDevChain> {
  // Loaded here, so that importing only types stays cheap.
  const { WebSocketServer } = await import('ws');
  const chain = devChain(spec);
  const methods = devMethods(chain, nowMs);
  const server = new WebSocketServer({ host: '127.0.0.1', port, maxPayload: MAX_REQUEST_BYTES });
  await new Promise<void>((resolve, reject) => server.once('listening', resolve).once('error', reject));
  const listeners = new Map<WebSocket, Set<string>>();
  server.on('connection', (socket) => {
    if (server.clients.size > MAX_CONNECTIONS) return socket.terminate();
    socket.on('error', () => socket.terminate());
    socket.on('close', () => listeners.delete(socket));
    listeners.set(socket, new Set());
    socket.on('message', (data) => socket.send(reply(String(data), methods, listeners.get(socket))));
  });
  let told = chain.finalAt(nowMs());
  // More often than blocks appear, so that none is reported late.
  const timer = setInterval(() => {
    const height = chain.finalAt(nowMs());
    if (height <= told) return;
    told = height;
    const parent = chain.hashOf(Math.max(0, height - 1), nowMs());
    const header = devHeader(height, parent === null ? null : `0x${Buffer.from(parent).toString('hex')}`);
    for (const [socket, subscriptions] of listeners)
      for (const subscription of subscriptions) socket.send(item(subscription, header));
  }, spec.blockMs / 4);
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    genesis: chain.genesis,
    close: async () => {
      clearInterval(timer);
      for (const socket of server.clients) socket.terminate();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Request {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

function reply(
  text: string,
  methods: Readonly<Record<string, DevMethod>>,
  subscriptions: Set<string> | undefined,
): string {
  const request = parsed(text);
  if (request === null || subscriptions === undefined)
    return failure(null, -32_600, 'this is not a JSON-RPC request');
  const { id, method, params } = request;
  const given: readonly unknown[] = Array.isArray(params) ? params : [];
  if (method === 'chain_subscribeFinalizedHeads') {
    if (subscriptions.size >= MAX_SUBSCRIPTIONS) return failure(id, -32_000, 'too many subscriptions');
    const name = `heads-${randomUUID()}`;
    subscriptions.add(name);
    return success(id, name);
  }
  if (method === 'chain_unsubscribeFinalizedHeads')
    return success(id, subscriptions.delete(String(given[0])));
  const answer = typeof method === 'string' && Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (answer === undefined) return failure(id, -32_601, 'this is a dev chain: it has only empty blocks');
  try {
    return success(id, answer(given));
  } catch (error) {
    return failure(id, -32_000, messageOf(error));
  }
}

function parsed(text: string): Request | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}

function success(id: unknown, result: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result });
}

function failure(id: unknown, code: number, message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id: id ?? null, error: { code, message } });
}

function item(subscription: string, result: unknown): string {
  return JSON.stringify({
    jsonrpc: '2.0',
    method: 'chain_finalizedHead',
    params: { subscription, result },
  });
}
