import WebSocket from 'ws';
import { z } from 'zod';
import { type BlockLedger, blockLedger, FinalityFault } from './ledger.ts';

// The one subscription in which a node tells a block before its finality, with hashes: `chainHead_v1_follow`,
// https://paritytech.github.io/json-rpc-interface-spec/api/chainHead_v1_follow.html.

const hash = z.string().regex(/^0x[0-9a-f]{64}$/);
const eventShape = z.discriminatedUnion('event', [
  z.object({ event: z.literal('initialized'), finalizedBlockHashes: z.array(hash).min(1) }),
  z.object({ event: z.literal('newBlock'), blockHash: hash, parentBlockHash: hash }),
  z.object({ event: z.literal('bestBlockChanged'), bestBlockHash: hash }),
  z.object({
    event: z.literal('finalized'),
    finalizedBlockHashes: z.array(hash),
    prunedBlockHashes: z.array(hash),
  }),
  z.object({ event: z.literal('stop') }),
]);
type FollowEvent = z.output<typeof eventShape>;

const messageShape = z.object({
  id: z.number().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
  params: z.object({ subscription: z.string(), result: z.unknown() }).optional(),
});

/** A node that is listened to. */
export interface Followed {
  readonly ledger: BlockLedger;
  /** Why nothing more is told; null while it is. */
  readonly fault: () => FinalityFault | null;
  readonly close: () => void;
}

const LARGEST_MESSAGE_BYTES = 16 << 20;
const CONNECT_MS = 10_000;
const FOLLOW = 1;
const HEADER = 2;

/** Listens to a node from now on. What it tells is timed when it arrives. Never throws: see `fault`. */
export function followNode(url: string, nowMs: () => number): Followed {
  const ledger = blockLedger();
  const socket = new WebSocket(url, { maxPayload: LARGEST_MESSAGE_BYTES, handshakeTimeout: CONNECT_MS });
  let fault: FinalityFault | null = null;
  let subscription: string | null = null;
  /** Told before the number of the first block is known. */
  let early: { readonly event: FollowEvent; readonly atMs: number }[] | null = [];
  let firstHash = '';
  let calls = HEADER;

  function fail(error: unknown): void {
    fault ??=
      error instanceof FinalityFault ? error : lost(error instanceof Error ? error.message : String(error));
    socket.terminate();
  }

  function call(id: number, method: string, params: readonly unknown[]): void {
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  }

  function receive(text: string, atMs: number): void {
    const message = messageShape.parse(JSON.parse(text));
    if (message.params !== undefined) heard(message.params, atMs);
    if (message.error !== undefined) throw refusal(message.id, message.error.message);
    if (message.id === FOLLOW) subscription = z.string().parse(message.result);
    if (message.id === HEADER) {
      const { number } = z.object({ number: z.string().regex(/^0x[0-9a-f]{1,12}$/) }).parse(message.result);
      ledger.add({ kind: 'begun', hash: firstHash, number: Number(number) });
      const waiting = early ?? [];
      early = null;
      for (const { event, atMs: told } of waiting) take(event, told);
    }
  }

  function heard(
    { subscription: id, result }: { subscription: string; result?: unknown },
    atMs: number,
  ): void {
    if (subscription !== null && id !== subscription) return;
    const event = eventShape.parse(result);
    if (event.event === 'initialized') {
      firstHash = event.finalizedBlockHashes.at(-1) ?? '';
      unpin(event.finalizedBlockHashes.slice(0, -1));
      call(HEADER, 'chain_getHeader', [firstHash]);
    } else if (early === null) take(event, atMs);
    else early.push({ event, atMs });
  }

  function take(event: FollowEvent, atMs: number): void {
    switch (event.event) {
      case 'newBlock':
        ledger.add({ kind: 'imported', hash: event.blockHash, parent: event.parentBlockHash, atMs });
        break;
      case 'bestBlockChanged':
        ledger.add({ kind: 'live' });
        break;
      case 'finalized':
        ledger.add({ kind: 'finalised', hashes: event.finalizedBlockHashes, atMs });
        unpin([...event.finalizedBlockHashes, ...event.prunedBlockHashes]);
        break;
      case 'stop':
        throw new FinalityFault(
          'the node ended the subscription: it keeps no more blocks for it',
          'finality stands still, or this machine is too busy: look at the logs',
        );
    }
  }

  /** A node keeps the blocks that it told until it is said that they are not needed. */
  function unpin(hashes: readonly string[]): void {
    if (subscription === null || hashes.length === 0) return;
    calls += 1;
    call(calls, 'chainHead_v1_unpin', [subscription, hashes]);
  }

  socket.on('open', () => call(FOLLOW, 'chainHead_v1_follow', [false]));
  socket.on('message', (data) => {
    const atMs = nowMs();
    if (fault !== null) return;
    try {
      receive(String(data), atMs);
    } catch (error) {
      fail(error);
    }
  });
  socket.on('error', fail);
  socket.on('close', () => {
    fault ??= lost('the connection was closed');
  });
  return { ledger, fault: () => fault, close: () => socket.terminate() };
}

function lost(why: string): FinalityFault {
  return new FinalityFault(`what the node told was lost: ${why}`, 'look at the log of the node');
}

function refusal(id: number | undefined, message: string): FinalityFault {
  if (id !== FOLLOW) return new FinalityFault(`the node refused a call: ${message}`, 'look at its log');
  return new FinalityFault(
    `the node does not tell its blocks: ${message}`,
    'measure a node that has chainHead_v1_follow: stable2412 or later',
  );
}
