import { NodeFault } from '@watchbill/chain';
import { countOf, listOf, type PinnedReader } from '@watchbill/chain/reading';
import { type Fact, known, unknown } from '../../facts/fact.ts';
import { factOfReading, reasonText } from '../roles/fact-of-reading.ts';

export interface RelayBlock {
  readonly number: bigint;
  readonly hash: string;
}

/** A first block from an earlier search: it does not change. */
export interface RememberedBlock {
  readonly session: number;
  readonly block: RelayBlock;
}

/** An era of a day has six sessions. The search through a stalled era is bounded. */
const MOST_HOPS = 64;

/** First blocks of sessions, as recorded in one block. */
interface Starts {
  readonly session: number;
  /** Heights of the first blocks of the session before, and of this one. */
  readonly previous: number;
  readonly current: number;
}

/**
 * Finds the first block of a session of the relay chain, session by session: each block records the first
 * block of its session and of the one before. Every step is checked against the session of the block itself.
 */
export async function firstBlockOf(
  reader: PinnedReader,
  session: Fact<number>,
  remembered: RememberedBlock | null,
): Promise<Fact<RelayBlock>> {
  if (!session.known) return unknown(`the first session of the era is not known: ${session.reason}`, 'relay');
  if (remembered?.session === session.value) return known(remembered.block, 'relay');
  try {
    return await follow(reader, session.value);
  } catch (error) {
    // Nodes without old state refuse. That is not a failure of the endpoint.
    if (error instanceof NodeFault && error.code === 'refused')
      return unknown(
        `the endpoint does not tell where session ${session.value} began: ${reasonText(error.message)}`,
        'relay',
      );
    throw error;
  }
}

async function follow(reader: PinnedReader, wanted: number): Promise<Fact<RelayBlock>> {
  let at = reader;
  let expected: number | null = null;
  for (let hop = 0; hop < MOST_HOPS; hop += 1) {
    const starts: Fact<Starts> = await startsAt(at);
    if (!starts.known) return starts;
    const { session, previous, current } = starts.value;
    if (expected !== null && session !== expected)
      return unknown(`block ${at.block.number} is in session ${session}, not ${expected}`, 'relay');
    if (session < wanted)
      return unknown(`session ${wanted} has not begun; the relay is in ${session}`, 'relay');
    if (session === wanted) return blockAt(reader, current);
    if (session - 1 === wanted) return blockAt(reader, previous);
    const before = await blockAt(reader, previous);
    if (!before.known) return before;
    at = reader.sameRuntimeAt({ ...before.value, parentHash: before.value.hash });
    expected = session - 1;
  }
  return unknown(`session ${wanted} began more than ${MOST_HOPS} sessions ago`, 'relay');
}

async function startsAt(reader: PinnedReader): Promise<Fact<Starts>> {
  const [[index] = [], [start] = []] = await reader.read([
    { pallet: 'Session', item: 'CurrentIndex' },
    { pallet: 'Babe', item: 'EpochStart' },
  ]);
  const session = factOfReading(index, 'relay', 'Session.CurrentIndex', {
    take: countOf,
    empty: { value: 0 },
  });
  const starts = factOfReading(start, 'relay', 'Babe.EpochStart', {
    take: (value) => listOf(value).map(countOf),
    empty: { value: [0, 0] },
  });
  if (!session.known) return session;
  if (!starts.known) return starts;
  const [previous = 0, current = 0] = starts.value;
  return known({ session: session.value, previous, current }, 'relay');
}

async function blockAt(reader: PinnedReader, height: number): Promise<Fact<RelayBlock>> {
  if (BigInt(height) > reader.block.number)
    return unknown(`a session cannot begin with block ${height}, above the newest`, 'relay');
  const [hash] = await reader.hashesAt([height]);
  return hash === null || hash === undefined
    ? unknown(`the endpoint does not know block ${height}`, 'relay')
    : known({ number: BigInt(height), hash }, 'relay');
}
