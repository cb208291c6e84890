import type { AddressInfo } from 'node:net';
import { NodeFault, type NodeRpc } from '@watchbill/chain';
import { WebSocketServer } from 'ws';

/** Answers in place of the node, or lets it answer. */
export type FrontAnswer = (
  params: readonly unknown[],
  ask: () => Promise<unknown>,
) => Promise<unknown> | unknown;

/**
 * A real chain with an RPC before it that answers some calls itself: what chopsticks has not, and what a test
 * holds back.
 */
export interface Front {
  readonly url: string;
  readonly answers: Map<string, FrontAnswer>;
  /** What was submitted through it, in order. */
  readonly submitted: string[];
  readonly close: () => Promise<void>;
}

export async function startFront(
  node: NodeRpc,
  answers: Readonly<Record<string, FrontAnswer>> = {},
): Promise<Front> {
  const table = new Map(Object.entries(answers));
  const submitted: string[] = [];
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('message', async (data) => {
      const { id, method, params } = JSON.parse(String(data)) as {
        readonly id: number;
        readonly method: string;
        readonly params: readonly unknown[];
      };
      if (method === 'author_submitExtrinsic') submitted.push(String(params[0]));
      const ask = () => node.call(method, params);
      try {
        const own = table.get(method);
        const result = await (own === undefined ? ask() : own(params, ask));
        socket.send(JSON.stringify({ jsonrpc: '2.0', id, result }));
      } catch (error) {
        const code = error instanceof NodeFault ? (error.rpcCode ?? -32000) : -32000;
        const message = error instanceof Error ? error.message : 'unknown';
        socket.send(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } }));
      }
    });
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers: table,
    submitted,
    close: () =>
      new Promise((resolve) => {
        for (const client of server.clients) client.terminate();
        server.close(() => resolve());
      }),
  };
}
