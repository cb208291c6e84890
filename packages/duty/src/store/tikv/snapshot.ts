import type { KeyRange } from '../shared/key-space.ts';
import type { Budget } from './budget.ts';
import { damagedFault } from './faults.ts';
import type { BatchGetResponse, KeyError, LockInfo } from './gen/kvrpcpb_pb.js';
import { Tikv } from './gen/tikvpb_pb.js';
import { byteText } from './keys.ts';
import { type Abandoned, clearLocks, lockPauses, textOf } from './locks.ts';
import { answersOf, type Cluster } from './requests.ts';

/** A moment at which to read. */
export interface Moment {
  readonly ts: bigint;
  /**
   * Transactions whose locks the read ignores, because they commit later than `ts` or never: the reader's
   * own.
   */
  readonly passing?: readonly bigint[];
  /**
   * Whether to wait for living transactions, by their start timestamps. False: the read ends without an
   * answer. Default: always.
   */
  readonly waitFor?: (holders: readonly bigint[]) => boolean;
}

/** The cluster to read from, and the transactions that left locks behind there. */
export interface Source {
  readonly cluster: Cluster;
  readonly abandoned: Abandoned;
}

/** The values of the keys at that moment, by {@link byteText}; null if the reader would not wait. */
export async function readAt(
  { cluster, abandoned }: Source,
  keys: readonly Uint8Array[],
  moment: Moment,
  budget: Budget,
): Promise<ReadonlyMap<string, Uint8Array> | null> {
  const found = new Map<string, Uint8Array>();
  const pause = lockPauses(cluster);
  let missing = keys;
  while (missing.length > 0) {
    const got = await batchGet(cluster, missing, moment, budget);
    for (const { key, value } of got.pairs) found.set(byteText(key), value);
    missing = got.missing;
    if (got.locks.length === 0) break;
    const alive = await clearLocks(cluster, abandoned, got.locks, budget);
    if (alive.length > 0 && moment.waitFor?.(alive) === false) return null;
    if (alive.length > 0) await budget.pause(pause());
  }
  return found;
}

interface Got {
  readonly pairs: readonly Pair[];
  readonly locks: readonly LockInfo[];
  /** Keys that must be asked for again. */
  readonly missing: readonly Uint8Array[];
}

async function batchGet(
  cluster: Cluster,
  keys: readonly Uint8Array[],
  { ts, passing = [] }: Moment,
  budget: Budget,
): Promise<Got> {
  const answers = await answersOf(
    cluster,
    {
      keys,
      method: Tikv.method.kvBatchGet,
      request: (some, context) => ({
        context: { ...context, resolvedLocks: [...passing] },
        keys: [...some],
        version: ts,
      }),
      repeatable: true,
    },
    budget,
  );
  const parts = answers.map(({ keys, value }) => gotOf(keys, value));
  return {
    pairs: parts.flatMap(({ pairs }) => pairs),
    locks: parts.flatMap(({ locks }) => locks),
    missing: parts.flatMap(({ missing }) => missing),
  };
}

function gotOf(keys: readonly Uint8Array[], answer: BatchGetResponse): Got {
  // An error of the whole answer names one lock only, so no value of the answer counts.
  if (answer.error !== undefined) return { pairs: [], locks: lockOf(answer.error), missing: keys };
  const failed = answer.pairs.filter(({ error }) => error !== undefined);
  return {
    pairs: answer.pairs.filter(({ error }) => error === undefined),
    locks: failed.flatMap(({ error }) => lockOf(error)),
    missing: failed.flatMap(({ error }) => lockOf(error).map(({ key }) => key)),
  };
}

/**
 * Reads fail because of locks alone; any other error is from a store that this client does not understand.
 */
function lockOf(error: KeyError | undefined): readonly LockInfo[] {
  if (error?.locked !== undefined) return [error.locked];
  throw damagedFault(`TiKV did not read: ${textOf(error)}`);
}

export interface Pair {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** What to scan: at most `limit` records of a range. */
export interface Scan {
  readonly range: KeyRange;
  readonly limit: number;
}

/** The records of a scan at one moment, in order; fewer than its limit only if the range has no more. */
export async function scanAt(
  source: Source,
  { range, limit }: Scan,
  moment: Moment,
  budget: Budget,
): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  let from: Uint8Array | null = range.start;
  while (from !== null && pairs.length < limit) {
    const rest: Scan = { range: { start: from, end: range.end }, limit: limit - pairs.length };
    const page: Page = await scanRegion(source, rest, moment, budget);
    pairs.push(...page.pairs);
    from = page.next;
  }
  return pairs;
}

interface Page {
  readonly pairs: readonly Pair[];
  /** The start of the next region; null after the last one. */
  readonly next: Uint8Array | null;
}

/** Records of the range up to the end of the region of its start. */
async function scanRegion(
  { cluster, abandoned }: Source,
  { range, limit }: Scan,
  { ts, passing = [] }: Moment,
  budget: Budget,
): Promise<Page> {
  const pause = lockPauses(cluster);
  for (;;) {
    const [answer] = await answersOf(
      cluster,
      {
        keys: [range.start],
        method: Tikv.method.kvScan,
        request: (_, context) => ({
          context: { ...context, resolvedLocks: [...passing] },
          startKey: range.start,
          endKey: range.end,
          limit,
          version: ts,
        }),
        repeatable: true,
      },
      budget,
    );
    if (answer === undefined) throw damagedFault('TiKV gave no answer to a scan');
    const { region, value } = answer;
    const errors = [value.error, ...value.pairs.map(({ error }) => error)].filter(
      (error) => error !== undefined,
    );
    if (errors.length === 0) {
      // A store answers up to the end of its region: the one that the request was for.
      const last =
        region.end.length === 0 || (range.end.length > 0 && Buffer.compare(region.end, range.end) >= 0);
      return { pairs: value.pairs, next: last ? null : region.end };
    }
    const alive = await clearLocks(cluster, abandoned, errors.flatMap(lockOf), budget);
    if (alive.length > 0) await budget.pause(pause());
  }
}
