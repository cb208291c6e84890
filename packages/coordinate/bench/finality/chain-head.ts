import { z } from 'zod';
import { type BlockLedger, FinalityFault } from './ledger.ts';

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

/** The messages of one node about its blocks, from the first to the last. */
export interface ChainHeadSession {
  /** Asks for the blocks. Call it when the connection is open. */
  readonly begin: () => void;
  /** Notes one message in the ledger. Throws for one that cannot be so, and if the node refuses or ends. */
  readonly receive: (text: string, atMs: number) => void;
}

const FOLLOW = 1;
const HEADER = 2;

export function chainHeadSession(ledger: BlockLedger, send: (text: string) => void): ChainHeadSession {
  let subscription: string | null = null;
  /** Told before the number of the first block is known. */
  let early: { readonly event: FollowEvent; readonly atMs: number }[] | null = [];
  let firstHash = '';
  let calls = HEADER;

  function call(id: number, method: string, params: readonly unknown[]): void {
    send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  }

  /** A node keeps the blocks that it told until it is said that they are not needed. */
  function unpin(hashes: readonly string[]): void {
    if (subscription === null || hashes.length === 0) return;
    calls += 1;
    call(calls, 'chainHead_v1_unpin', [subscription, hashes]);
  }

  function heard(event: FollowEvent, atMs: number): void {
    if (event.event === 'initialized') {
      firstHash = event.finalizedBlockHashes.at(-1) ?? '';
      unpin(event.finalizedBlockHashes.slice(0, -1));
      call(HEADER, 'chain_getHeader', [firstHash]);
    } else if (early === null) unpin(take(ledger, event, atMs));
    else early.push({ event, atMs });
  }

  function begun(header: unknown): void {
    const { number } = z.object({ number: z.string().regex(/^0x[0-9a-f]{1,12}$/) }).parse(header);
    ledger.add({ kind: 'begun', hash: firstHash, number: Number(number) });
    const waiting = early ?? [];
    early = null;
    for (const { event, atMs } of waiting) unpin(take(ledger, event, atMs));
  }

  return {
    begin: () => call(FOLLOW, 'chainHead_v1_follow', [false]),
    receive: (text, atMs) => {
      const { id, result, error, params } = messageShape.parse(JSON.parse(text));
      const isOurs = subscription === null || params?.subscription === subscription;
      if (params !== undefined && isOurs) heard(eventShape.parse(params.result), atMs);
      if (error !== undefined) throw refusal(id, error.message);
      if (id === FOLLOW) subscription = z.string().parse(result);
      if (id === HEADER) begun(result);
    },
  };
}

/** Notes an event. Returns the blocks that the node need not keep any more. */
function take(ledger: BlockLedger, event: FollowEvent, atMs: number): readonly string[] {
  switch (event.event) {
    case 'newBlock':
      ledger.add({ kind: 'imported', hash: event.blockHash, parent: event.parentBlockHash, atMs });
      return [];
    case 'bestBlockChanged':
      ledger.add({ kind: 'live' });
      return [];
    case 'finalized':
      ledger.add({ kind: 'finalised', hashes: event.finalizedBlockHashes, atMs });
      return [...event.finalizedBlockHashes, ...event.prunedBlockHashes];
    case 'stop':
      throw new FinalityFault(
        'the node ended the subscription: it keeps no more blocks for it',
        'finality stands still, or this machine is too busy: look at the logs',
      );
    default:
      return [];
  }
}

function refusal(id: number | undefined, message: string): FinalityFault {
  if (id !== FOLLOW) return new FinalityFault(`the node refused a call: ${message}`, 'look at its log');
  return new FinalityFault(
    `the node does not tell its blocks: ${message}`,
    'measure a node that has chainHead_v1_follow: stable2412 or later',
  );
}
