import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** A node that knows one subscription, and tells in it what a test says. */
export interface FakeChainHead {
  readonly url: string;
  readonly tell: (event: object) => void;
  /** Hashes that need not be kept any more. */
  readonly unpinned: readonly string[];
  readonly drop: () => void;
  readonly close: () => void;
}

/** `headerAfter`: events that are told before the number of the first block is answered. */
export async function fakeChainHead(
  number: number,
  { refuses = false, headerAfter = [] }: { refuses?: boolean; headerAfter?: readonly object[] } = {},
): Promise<FakeChainHead> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const unpinned: string[] = [];
  let socket: WebSocket | null = null;
  const send = (value: object) => socket?.send(JSON.stringify({ jsonrpc: '2.0', ...value }));
  const tell = (result: object) =>
    send({ method: 'chainHead_v1_followEvent', params: { subscription: 'one', result } });
  server.on('connection', (connected) => {
    socket = connected;
    connected.on('message', (data) => {
      const { id, method, params } = JSON.parse(String(data)) as {
        id: number;
        method: string;
        params: readonly unknown[];
      };
      if (refuses) return send({ id, error: { code: -32601, message: 'Method not found' } });
      if (method === 'chainHead_v1_follow') {
        send({ id, result: 'one' });
        return tell({
          event: 'initialized',
          finalizedBlockHashes: [blockHash(number - 1), blockHash(number)],
        });
      }
      if (method === 'chain_getHeader') {
        for (const event of headerAfter) tell(event);
        return send({ id, result: { number: `0x${number.toString(16)}` } });
      }
      unpinned.push(...((params[1] ?? []) as string[]));
      return send({ id, result: null });
    });
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tell,
    unpinned,
    drop: () => socket?.terminate(),
    close: () => {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}

export function blockHash(number: number): string {
  return `0x${String(number).padStart(64, '0')}`;
}

export const newBlock = (number: number): object => ({
  event: 'newBlock',
  blockHash: blockHash(number),
  parentBlockHash: blockHash(number - 1),
  newRuntime: null,
});
export const bestBlock = (number: number): object => ({
  event: 'bestBlockChanged',
  bestBlockHash: blockHash(number),
});
export const finalized = (...numbers: readonly number[]): object => ({
  event: 'finalized',
  finalizedBlockHashes: numbers.map(blockHash),
  prunedBlockHashes: [],
});
