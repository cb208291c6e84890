import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { messageOf } from '@watchbill/kit';
import { type WebSocket, WebSocketServer } from 'ws';
import { connectNode } from '../rpc/connect.ts';
import { hexOf } from '../scale/hex.ts';

/** The answer of a node to one call. Throwing answers with an error; {@link SILENCE} sends no answer. */
export type FakeAnswer = (params: readonly unknown[]) => unknown;

/** The answer that never comes. */
export const SILENCE = Symbol('silence');

export interface FakeNode {
  readonly webSocketUrl: string;
  readonly httpUrl: string;
  readonly port: number;
  /** The methods that were called, in order. */
  readonly calls: readonly string[];
  /** Answers by method; a test may change them while it runs. A method without one is refused as unknown. */
  readonly answers: Map<string, FakeAnswer>;
  /** Sends an item to every open subscription that `method` made. */
  readonly publish: (method: string, item: unknown) => void;
  /** Sends a text unchanged to every connection. */
  readonly sendText: (text: string) => void;
  /** Breaks every connection; the node goes on listening. */
  readonly hangUp: () => void;
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

interface Peer {
  readonly socket: WebSocket;
  readonly subscriptions: Map<string, string>;
}

/** A node's RPC over real HTTP and WebSocket on loopback, with the answers of a test. */
export async function startFakeNode(
  answers: Readonly<Record<string, FakeAnswer>> = {},
  port = 0,
): Promise<FakeNode> {
  const table = new Map(Object.entries(answers));
  const calls: string[] = [];
  const peers = new Set<Peer>();
  const sockets = new Set<Socket>();
  const reply = responder(table, calls);
  const server = createServer((request, response) => void answerHttp(request, response, reply));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const webSockets = new WebSocketServer({ server, perMessageDeflate: false });
  webSockets.on('connection', (socket) => {
    const peer: Peer = { socket, subscriptions: new Map() };
    peers.add(peer);
    socket.on('close', () => peers.delete(peer));
    socket.on('error', () => socket.terminate());
    socket.on('message', (data) => {
      const answer = reply(String(data), peer);
      if (answer !== null) socket.send(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = (server.address() as AddressInfo).port;
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy();
  };

  return {
    webSocketUrl: `ws://127.0.0.1:${bound}`,
    httpUrl: `http://127.0.0.1:${bound}`,
    port: bound,
    calls,
    answers: table,
    publish: (method, item) => {
      for (const { socket, subscriptions } of peers)
        for (const [subscription, by] of subscriptions)
          if (by === method) socket.send(itemText(method, subscription, item));
    },
    sendText: (text) => {
      for (const { socket } of peers) socket.send(text);
    },
    hangUp,
    connections: () => peers.size,
    close: async () => {
      hangUp();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The same, and a client of it. Both are closed when the test ends. */
export async function connectedNode(
  test: { after(work: () => Promise<void>): void },
  answers: Readonly<Record<string, FakeAnswer>> = {},
) {
  const fake = await startFakeNode(answers);
  const node = connectNode(fake.webSocketUrl, { timeoutMs: 20_000 });
  test.after(async () => {
    node.close();
    await fake.close();
  });
  return { fake, node };
}

/** Metadata as the runtime returns it: an option of bytes, whose length is written in four bytes. */
export function metadataAnswer(metadata: Uint8Array): string {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(metadata.length * 4 + 2);
  return hexOf(Buffer.concat([Uint8Array.of(1), length, metadata]));
}

/** The answer to one request; null is silence. `peer` is null over HTTP, where there are no subscriptions. */
type Reply = (text: string, peer: Peer | null) => string | null;

function responder(table: ReadonlyMap<string, FakeAnswer>, calls: string[]): Reply {
  let lastSubscription = 0;
  return (text, peer) => {
    const { id, method, params } = JSON.parse(text) as { id: number; method: string; params: unknown[] };
    calls.push(method);
    const answer = table.get(method);
    if (answer === undefined) return errorText(id, -32601, 'Method not found');
    try {
      const result = answer(params);
      if (result === SILENCE) return null;
      if (/(^|_)unsubscribe/.test(method)) peer?.subscriptions.delete(String(params[0]));
      if (peer === null || !/(^|_)subscribe/.test(method))
        return JSON.stringify({ jsonrpc: '2.0', id, result });
      lastSubscription += 1;
      peer.subscriptions.set(`s${lastSubscription}`, method);
      return JSON.stringify({ jsonrpc: '2.0', id, result: `s${lastSubscription}` });
    } catch (error) {
      return errorText(id, 4003, messageOf(error));
    }
  };
}

function itemText(method: string, subscription: string, result: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', method, params: { subscription, result } });
}

function errorText(id: number, code: number, message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } });
}

async function answerHttp(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = reply(Buffer.concat(chunks).toString('utf8'), null);
  if (text !== null) response.setHeader('content-type', 'application/json').end(text);
}
