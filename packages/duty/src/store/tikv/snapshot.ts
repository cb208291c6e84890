import type { Budget } from '../grpc/budget.ts';
import type { KeyRange } from '../shared/key-space.ts';
import { damagedFault } from './faults.ts';
import type { KeyError, KvPair, LockInfo } from './gen/kvrpcpb_pb.js';
import { Tikv } from './gen/tikvpb_pb.js';
import { byteText } from './keys.ts';
import { clearLocks, lockPauses, textOf } from './locks.ts';
import { type Answered, answersOf, type Cluster } from './requests.ts';

/** A moment at which to read. */
export interface Moment {
  readonly ts: bigint;
  /**
   * Start timestamp of the transaction that reads while it holds locks. The read ignores these: it commits
   * later than `ts` or never. It waits for younger transactions, and gives way to an older one without an
   * answer, so that two do not wait for each other. Without it, the read waits for all.
   */
  readonly reader?: bigint;
}

/** The values of the keys at that moment, by {@link byteText}; null if the reader would not wait. */
export async function readAt(
  cluster: Cluster,
  keys: readonly Uint8Array[],
  moment: Moment,
  budget: Budget,
): Promise<ReadonlyMap<string, Uint8Array> | null> {
  const { ts: version, reader } = moment;
  const resolvedLocks = reader === undefined ? [] : [reader];
  const answers = await withoutLocks(cluster, moment, budget, () =>
    answersOf(
      cluster,
      {
        keys,
        method: Tikv.method.kvBatchGet,
        request: (some, context) => ({
          context: { ...context, resolvedLocks },
          keys: [...some],
          version,
        }),
        repeatable: true,
      },
      budget,
    ),
  );
  if (answers === null) return null;
  return new Map(answers.flatMap(pairsOf).map(({ key, value }) => [byteText(key), value]));
}

/** What to scan: at most `limit` records of a range. */
export interface Scan {
  readonly range: KeyRange;
  readonly limit: number;
}

/** The records of a scan at one moment, in order; fewer than its limit only if the range has no more. */
export async function scanAt(
  cluster: Cluster,
  { range, limit }: Scan,
  version: bigint,
  budget: Budget,
): Promise<readonly KvPair[]> {
  const pairs: KvPair[] = [];
  let startKey = range.start;
  while (pairs.length < limit) {
    const answers = await withoutLocks(cluster, { ts: version }, budget, () =>
      answersOf(
        cluster,
        {
          keys: [startKey],
          method: Tikv.method.kvScan,
          request: (_, context) => ({
            ...{ context, startKey, endKey: range.end },
            ...{ limit: limit - pairs.length, version },
          }),
          repeatable: true,
        },
        budget,
      ),
    );
    const [answer] = answers ?? [];
    if (answer === undefined) throw damagedFault('TiKV gave no answer to a scan');
    pairs.push(...pairsOf(answer));
    // A store answers up to the end of its region: the one that the request was for.
    const { end } = answer.region;
    if (end.length === 0 || (range.end.length > 0 && Buffer.compare(end, range.end) >= 0)) break;
    startKey = end;
  }
  return pairs;
}

/** An answer to a read. An error of the whole answer names one lock only. */
interface Read {
  readonly error?: KeyError | undefined;
  readonly pairs: readonly KvPair[];
}

function pairsOf({ value }: Answered<Read>): readonly KvPair[] {
  return value.pairs;
}

/** Reads again until no lock is in the way; null if the reader would not wait. */
async function withoutLocks<T extends Read>(
  cluster: Cluster,
  { reader }: Moment,
  budget: Budget,
  read: () => Promise<readonly Answered<T>[]>,
): Promise<readonly Answered<T>[] | null> {
  const pause = lockPauses(cluster);
  for (;;) {
    const answers = await read();
    const errors = answers.flatMap(({ value }) => [value.error, ...value.pairs.map(({ error }) => error)]);
    const locks = errors.flatMap(lockOf);
    if (locks.length === 0) return answers;
    const alive = await clearLocks(cluster, locks, budget);
    if (reader !== undefined && alive.some((other) => other <= reader)) return null;
    if (alive.length > 0) await budget.pause(pause());
  }
}

/**
 * Reads fail because of locks alone; any other error is from a store that this client does not understand.
 */
function lockOf(error: KeyError | undefined): readonly LockInfo[] {
  if (error === undefined) return [];
  if (error.locked !== undefined) return [error.locked];
  throw damagedFault(`TiKV did not read: ${textOf(error)}`);
}
