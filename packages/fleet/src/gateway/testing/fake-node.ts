import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

interface Asked {
  readonly id: unknown;
  readonly method: string;
  readonly params: unknown;
}

/** A node in this process with configured answers, over HTTP and WebSocket. */
export interface FakeNode {
  readonly url: string;
  /** Bodies as they arrived, but for those of health checks. */
  readonly bodies: string[];
  readonly asked: string[];
  height: number;
  genesis: string;
  isSyncing: boolean;
  /** `hang`: reads and never answers; `cut`: ends the connection; `error`: status 500. */
  manner: 'ok' | 'hang' | 'cut' | 'error';
  /** Sends this many items with every subscription that begins. */
  items: number;
  itemBytes: number;
  readonly sockets: () => number;
  readonly close: () => Promise<void>;
}

const GENESIS = `0x${'11'.repeat(32)}`;

export async function fakeNode(): Promise<FakeNode> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const isCheck = body.includes('"system_health"') && body.includes('"chain_getHeader"');
      if (!isCheck) note(node, body);
      if (node.manner === 'hang') return;
      if (node.manner === 'cut') return void request.socket.destroy();
      if (node.manner === 'error') return void response.writeHead(500).end('no');
      response.setHeader('content-type', 'application/json');
      response.end(answerTo(node, body));
    });
  });
  const wss = new WebSocketServer({ server });
  wss.on('connection', (socket) => {
    socket.on('message', (data) => {
      const body = String(data);
      note(node, body);
      if (node.manner === 'hang') return;
      socket.send(answerTo(node, body));
      if (!/"chain_subscribe/.test(body)) return;
      for (let at = 0; at < node.items; at += 1)
        socket.send(
          JSON.stringify({
            jsonrpc: '2.0',
            method: 'item',
            params: { at, text: 'x'.repeat(node.itemBytes) },
          }),
        );
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const node: FakeNode = {
    url: `ws://127.0.0.1:${port}`,
    bodies: [],
    asked: [],
    height: 100,
    genesis: GENESIS,
    isSyncing: false,
    manner: 'ok',
    items: 0,
    itemBytes: 10,
    sockets: () => wss.clients.size,
    close: async () => {
      for (const client of wss.clients) client.terminate();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
  return node;
}

function note(node: FakeNode, body: string): void {
  node.bodies.push(body);
  const parsed = JSON.parse(body) as Asked | Asked[];
  for (const { method } of [parsed].flat()) node.asked.push(method);
}

let subscriptionCount = 0;

function answerTo(node: FakeNode, body: string): string {
  const parsed = JSON.parse(body) as Asked | Asked[];
  const answers = [parsed].flat().map(({ id, method, params }) => ({
    jsonrpc: '2.0',
    id,
    result: resultOf(node, method, params),
  }));
  return JSON.stringify(Array.isArray(parsed) ? answers : answers[0]);
}

function resultOf(node: FakeNode, method: string, params: unknown): unknown {
  if (method === 'system_health') return { isSyncing: node.isSyncing, peers: 3, shouldHavePeers: true };
  if (method === 'chain_getHeader') return { number: `0x${node.height.toString(16)}` };
  if (method === 'chain_getBlockHash') return node.genesis;
  if (method === 'system_chain') return 'Fake';
  if (/^chain_subscribe/.test(method)) {
    subscriptionCount += 1;
    return `sub${subscriptionCount}`;
  }
  if (/unsubscribe/.test(method)) return true;
  return { method, params };
}
