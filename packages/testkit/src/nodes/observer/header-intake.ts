import { auraAuthorities, babeEpoch, type NodeRpc, type RawHeader, readHeader } from '@watchbill/chain';
import { headerHash } from '@watchbill/chain/observe';
import type { JournalWriter } from './journal.ts';
import { retryQueue } from './retry-queue.ts';

/** A node that is watched. */
export interface Source {
  readonly name: string;
  readonly rpc: NodeRpc;
}

/** Takes headers from all nodes, finds their authors, and looks for ancestors that no node announced. */
export interface HeaderIntake {
  add(source: Source, raw: RawHeader, atMs: number): void;
  /** Settles when every header added so far is in the journal, or failed with a fault. */
  idle(): Promise<void>;
}

interface Work {
  readonly raw: RawHeader;
  readonly hash: string;
  readonly atMs: number;
  readonly late: boolean;
  readonly from: Source;
}

const MOST_WAITING = 20_000;
const MOST_ATTEMPTS = 40;
const RETRY_MS = 500;

/** The search for ancestors ends at `floor`, the number at which the observation began. */
export function headerIntake(writer: JournalWriter, sources: readonly Source[], floor: number): HeaderIntake {
  const known = new Set<string>();
  const queue = retryQueue<Work>({ take, givenUp, mostAttempts: MOST_ATTEMPTS, retryMs: RETRY_MS });

  function push(work: Work): void {
    if (known.has(work.hash)) return;
    if (queue.waiting() >= MOST_WAITING) {
      writer.fault(work.atMs, 'too many headers wait to be read');
      return;
    }
    known.add(work.hash);
    queue.add(work);
  }

  async function take(work: Work): Promise<void> {
    const { hash, atMs, late } = work;
    const header = readHeader(work.raw);
    if (header.digest.slot !== null) {
      const authority = await firstAnswer(work, sources, (rpc) => authorOf(rpc, work));
      const slot = Number(header.digest.slot.slot);
      writer.header({ atMs, late, hash, number: header.number, slot, authority });
    }
    if (header.number - 1 <= floor || known.has(header.parentHash)) return;
    const raw = await firstAnswer(work, sources, (rpc) => rawHeader(rpc, header.parentHash));
    push({ raw, hash: header.parentHash, atMs, late: true, from: work.from });
  }

  function givenUp({ atMs, hash }: Work, error: unknown): void {
    writer.fault(atMs, `header ${hash} could not be read: ${String(error)}`);
  }

  return {
    add: (from, raw, atMs) => push({ raw, hash: headerHash(raw), atMs, late: false, from }),
    idle: queue.idle,
  };
}

/** Ask the node that announced the header, then the others: it may be gone by now. */
async function firstAnswer<T>(
  { from }: Work,
  sources: readonly Source[],
  ask: (rpc: NodeRpc) => Promise<T>,
): Promise<T> {
  const order = [from, ...sources.filter((source) => source !== from)];
  const failures: unknown[] = [];
  for (const { rpc } of order) {
    try {
      return await ask(rpc);
    } catch (error) {
      failures.push(error);
    }
  }
  throw new AggregateError(failures, failures.map(String).join('; '));
}

async function rawHeader(rpc: NodeRpc, hash: string): Promise<RawHeader> {
  const raw = await rpc.call<RawHeader | null>('chain_getHeader', [hash]);
  if (raw === null) throw new Error(`${rpc.address} does not have the header ${hash}`);
  return raw;
}

/**
 * BABE: by the epoch at the block itself, which is the block's own even if it begins one. Aura: by turn among
 * the authorities of the parent, which verified it.
 */
async function authorOf(rpc: NodeRpc, { raw, hash }: Work): Promise<string> {
  const header = readHeader(raw);
  const claim = header.digest.slot;
  if (claim?.consensus === 'babe') {
    const { authorities } = await babeEpoch(rpc, hash);
    return known(authorities[claim.authorityIndex]?.key, hash);
  }
  const authorities = await auraAuthorities(rpc, header.parentHash);
  return known(authorities[Number((claim?.slot ?? 0n) % BigInt(authorities.length || 1))], hash);
}

function known(author: string | undefined, hash: string): string {
  if (author === undefined) throw new Error(`header ${hash} names an authority that is not in its epoch`);
  return author;
}
