import { NodeFault } from '@watchbill/chain';
import {
  countOf,
  listOf,
  memberOf,
  type PinnedReader,
  type Plain,
  type Reading,
} from '@watchbill/chain/reading';
import { factOfReading, type Role } from '../roles/fact-of-reading.ts';
import { type EventFault, faultsOfEvents } from './event-faults.ts';

/** The most blocks in one request; longer ranges take several. */
export const MOST_FAULT_BLOCKS = 300;

export interface FaultRequest {
  readonly role: Role;
  readonly candidates: ReadonlySet<string>;
  /** The first block that was not read yet. */
  readonly from: bigint;
  /** The last block to read; absent for the newest. */
  readonly upTo?: bigint;
  /** The era of events on a chain without eras; null if unknown. */
  readonly era: number | null;
}

export interface FaultReading {
  readonly faults: readonly EventFault[];
  /** Unreadable blocks. Their faults are unknown, not absent. */
  readonly unread: readonly { readonly height: bigint; readonly why: string }[];
  /** The next block to read. */
  readonly next: bigint;
  /** Available blocks that were not read yet. */
  readonly behind: number;
}

/**
 * Faults of candidates in the events of the blocks from `from` on, up to the pinned one: two calls for the
 * hashes and one call per block. Rejects as the reader does.
 */
export async function readFaults(reader: PinnedReader, request: FaultRequest): Promise<FaultReading> {
  const head = Number(reader.block.number);
  const first = Math.max(1, Number(request.from));
  const end = Math.min(head, Number(request.upTo ?? head));
  const last = Math.min(end, first + MOST_FAULT_BLOCKS - 1);
  if (first > last) return { faults: [], unread: [], next: BigInt(first), behind: 0 };
  const heights = Array.from({ length: last - first + 2 }, (_, index) => first - 1 + index);
  const hashes = await reader.hashesAt(heights);
  const faults: EventFault[] = [];
  const unread: { height: bigint; why: string }[] = [];
  const readerAt = await readers(reader, hashes);
  // A session that ends in a block belongs to the era before it.
  let era = request.era;
  for (const [index, height] of heights.entries()) {
    const hash = hashes[index];
    const read =
      typeof hash === 'string' ? await readBlock(() => readerAt(index, hash), request) : UNKNOWN_BLOCK;
    if (index > 0) {
      const place = { role: request.role, height: BigInt(height), era: era ?? read.era };
      const found =
        read.why === null
          ? faultsOfEvents(read.events, { ...place, atMs: read.atMs }, request.candidates)
          : null;
      faults.push(...(found?.faults ?? []));
      const reasons = found?.unread ?? [read.why ?? ''];
      unread.push(...reasons.map((why) => ({ height: BigInt(height), why })));
    }
    era = read.era ?? era;
  }
  return { faults, unread, next: BigInt(last + 1), behind: end - last };
}

type ReaderAt = (index: number, hash: string) => Promise<PinnedReader>;

/** Readers of the blocks of a range. If one runtime wrote all of them, it is looked up only at both ends. */
async function readers(reader: PinnedReader, hashes: readonly (string | null)[]): Promise<ReaderAt> {
  const [before, firstHash, lastHash] = [hashes[0], hashes[1], hashes.at(-1)];
  if (typeof before !== 'string' || typeof firstHash !== 'string' || typeof lastHash !== 'string')
    return (_, hash) => reader.at(hash);
  const [first, last] = await Promise.all([reader.at(firstHash), reader.at(lastHash)]).catch(refused);
  const same =
    first !== undefined &&
    last !== undefined &&
    first.runtime.specName === last.runtime.specName &&
    first.runtime.specVersion === last.runtime.specVersion;
  if (!same) return (_, hash) => reader.at(hash);
  return async (index, hash) =>
    first.sameRuntimeAt({
      number: first.block.number + BigInt(index - 1),
      hash,
      parentHash: hashes[index - 1] ?? first.block.parentHash,
    });
}

/** An endpoint without old state refuses. The blocks stay unread; that is not a failure. */
function refused(error: unknown): readonly [undefined, undefined] {
  if (error instanceof NodeFault && error.code === 'refused') return [undefined, undefined];
  throw error;
}

interface BlockEvents {
  readonly events: readonly Plain[];
  readonly atMs: number;
  /** Null on a chain without eras. */
  readonly era: number | null;
  /** The reason why it could not be read; null if it was read. */
  readonly why: string | null;
}

const UNKNOWN_BLOCK: BlockEvents = { events: [], atMs: 0, era: null, why: 'the endpoint does not know it' };

async function readBlock(
  readerOf: () => Promise<PinnedReader>,
  { role }: FaultRequest,
): Promise<BlockEvents> {
  try {
    const reader = await readerOf();
    const [[events] = [], [now] = [], [active] = []] = await reader.read([
      { pallet: 'System', item: 'Events', valueBytes: 50_000 },
      { pallet: 'Timestamp', item: 'Now' },
      { pallet: 'Staking', item: 'ActiveEra' },
    ]);
    const list = factOfReading(events, role, 'System.Events', { take: listOf, empty: { value: [] } });
    const atMs = factOfReading(now, role, 'Timestamp.Now', { take: countOf, empty: { value: 0 } });
    const era = eraOf(active, role);
    if (!list.known) return { ...UNKNOWN_BLOCK, era, why: list.reason };
    if (!atMs.known) return { ...UNKNOWN_BLOCK, era, why: atMs.reason };
    return { events: list.value, atMs: atMs.value, era, why: null };
  } catch (error) {
    if (error instanceof NodeFault && error.code === 'refused')
      return { ...UNKNOWN_BLOCK, why: error.message };
    throw error;
  }
}

function eraOf(reading: Reading | undefined, role: Role): number | null {
  const era = factOfReading<number | null>(reading, role, 'Staking.ActiveEra', {
    take: (value) => countOf(memberOf(value, 'index')),
    empty: { value: null },
  });
  return era.known ? era.value : null;
}
