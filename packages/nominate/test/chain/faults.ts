import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { type CallOptions, connectNode, NodeFault, type NodeRpc } from '@watchbill/chain';
import { startLine } from '@watchbill/testkit';
import type { ChopsticksChain } from '@watchbill/testkit/chopsticks';

/** How long is waited for endpoints that never answer. */
const HOPELESS_MS = 1_500;
/** How long for those that do, on a machine that is far too busy. */
const TIMEOUT_MS = 60_000;

export interface Endpoint {
  readonly node: NodeRpc;
  /** Lets it fail from now on, or no more. */
  readonly fail: (failing: boolean) => void;
}

/**
 * The node while every request fails: each call has a deadline, which is shortened here, so that calls that
 * succeed may take all the time that they need.
 */
function hopeless(node: NodeRpc): NodeRpc {
  return {
    ...node,
    call: async <T>(
      method: string,
      params: readonly unknown[] = [],
      options: CallOptions = {},
    ): Promise<T> => {
      assert.ok(options.timeoutMs !== undefined, `${method} has a deadline`);
      const timeoutMs = Math.min(options.timeoutMs, HOPELESS_MS);
      return node.call<T>(method, params, { ...options, timeoutMs });
    },
  };
}

/** An endpoint that takes what it is asked and never answers. */
export async function hangingEndpoint(context: TestContext, chain: ChopsticksChain): Promise<Endpoint> {
  const line = await startLine({ target: chain.url });
  context.after(() => line.close());
  const node = hopeless(connectNode(line.url, { timeoutMs: TIMEOUT_MS }));
  return { node, fail: (failing) => (failing ? line.cut('in') : line.heal()) };
}

/** An endpoint whose connections are reset as soon as it is asked anything. */
export async function resettingEndpoint(context: TestContext): Promise<Endpoint> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', () => socket.resetAndDestroy());
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const node = connectNode(`ws://127.0.0.1:${address.port}`, { timeoutMs: TIMEOUT_MS });
  return { node: hopeless(node), fail: () => {} };
}

/**
 * An endpoint that calls an old block the newest final one: the one that is the newest when it begins to
 * fail.
 */
export function agedEndpoint(chain: ChopsticksChain): Endpoint & { readonly age: () => Promise<void> } {
  const node = connectNode(chain.url, { timeoutMs: TIMEOUT_MS });
  let old: string | null = null;
  return {
    fail: (failing) => {
      if (!failing) old = null;
    },
    age: async () => {
      old = await node.call<string>('chain_getFinalizedHead');
    },
    node: {
      ...node,
      call: async <T>(method: string, params: readonly unknown[] = [], options = {}): Promise<T> => {
        const isHead = method === 'chain_getFinalizedHead' && old !== null;
        return isHead ? (old as T) : node.call<T>(method, params, options);
      },
    },
  };
}

/** An endpoint to which no extrinsic ever comes through. */
export function deafEndpoint(chain: ChopsticksChain): Endpoint {
  const node = connectNode(chain.url, { timeoutMs: TIMEOUT_MS });
  let deaf = false;
  return {
    fail: (failing) => {
      deaf = failing;
    },
    node: {
      ...node,
      call: async <T>(method: string, params: readonly unknown[] = [], options = {}): Promise<T> => {
        if (deaf && method === 'author_submitExtrinsic')
          throw new NodeFault('timeout', 'nothing was heard of it');
        return node.call<T>(method, params, options);
      },
    },
  };
}
