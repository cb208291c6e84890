import { messageOf } from '@watchbill/kit';
import WebSocket from 'ws';
import { z } from 'zod';
import type { FinalBlock } from './figures.ts';

// The one subscription in which a node names a block before its finality: `chainHead_v1_follow`,
// https://paritytech.github.io/json-rpc-interface-spec/api/chainHead_v1_follow.html.

const hashes = z.array(z.string());
const eventShape = z.discriminatedUnion('event', [
  z.object({ event: z.literal('initialized'), finalizedBlockHashes: hashes.min(1) }),
  z.object({ event: z.literal('newBlock'), blockHash: z.string() }),
  z.object({ event: z.literal('bestBlockChanged') }),
  z.object({ event: z.literal('finalized'), finalizedBlockHashes: hashes, prunedBlockHashes: hashes }),
  z.object({ event: z.literal('stop') }),
]);
const messageShape = z.object({
  id: z.number().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
  params: z.object({ result: z.unknown() }).optional(),
});

const FOLLOW = 1;
const UNPIN = 2;

/** The blocks of one node, by its messages. */
export interface Heard {
  /** @throws for a message that does not fit those before it, and if the node ends the subscription. */
  receive(text: string, atMs: number): void;
  readonly final: readonly FinalBlock[];
}

/** Notes the blocks of a node. `send`: a request, as JSON. */
export function heardBy(send: (text: string) => void): Heard {
  const importedMs = new Map<string, number | null>();
  const final: FinalBlock[] = [];
  let subscription: unknown;
  /** Blocks before the first `bestBlockChanged` were there before: the time of their import is not known. */
  let isLive = false;
  const receive = (event: z.output<typeof eventShape>, atMs: number): void => {
    if (event.event === 'stop')
      throw new Error('the node ended the subscription: it keeps no more blocks for it');
    if (event.event === 'bestBlockChanged') isLive = true;
    if (event.event === 'newBlock') importedMs.set(event.blockHash, isLive ? atMs : null);
    if (event.event !== 'finalized') return;
    for (const hash of event.finalizedBlockHashes) {
      const imported = importedMs.get(hash);
      if (imported === undefined) throw new Error(`block ${hash} was final before its import was named`);
      final.push({ hash, importedMs: imported, finalMs: atMs });
    }
    // A node keeps a block until it is not needed, and ends the subscription if that takes too long.
    const done = [...event.finalizedBlockHashes, ...event.prunedBlockHashes];
    send(request(UNPIN, 'chainHead_v1_unpin', [subscription, done]));
  };
  send(request(FOLLOW, 'chainHead_v1_follow', [false]));
  return {
    final,
    receive: (text, atMs) => {
      const { id, result, error, params } = messageShape.parse(JSON.parse(text));
      if (error !== undefined) throw new Error(`the node refused a call: ${error.message}`);
      if (id === FOLLOW) subscription = result;
      if (params !== undefined) receive(eventShape.parse(params.result), atMs);
    },
  };
}

function request(id: number, method: string, params: readonly unknown[]): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

/** Listens to a node from now on. The answer throws what went wrong since. */
export function listenTo(url: string): { blocks(): readonly FinalBlock[]; close(): void } {
  const socket = new WebSocket(url);
  let heard: Heard | null = null;
  let fault: string | null = null;
  const fail = (why: string): void => {
    fault ??= `${url}: ${why}; look at the log of the node`;
    socket.terminate();
  };
  socket.on('open', () => {
    heard = heardBy((text) => socket.send(text));
  });
  socket.on('message', (data) => {
    try {
      heard?.receive(String(data), performance.now());
    } catch (error) {
      fail(messageOf(error));
    }
  });
  socket.on('error', (error) => fail(error.message));
  socket.on('close', () => fail('the connection was closed'));
  return {
    blocks: () => {
      if (fault !== null) throw new Error(fault);
      return heard?.final ?? [];
    },
    close: () => socket.terminate(),
  };
}
