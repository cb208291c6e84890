import { type Budget, pauses } from '../grpc/budget.ts';
import { damagedFault, lockedFault } from './faults.ts';
import type { CheckTxnStatusResponse, KeyError, LockInfo } from './gen/kvrpcpb_pb.js';
import { Tikv } from './gen/tikvpb_pb.js';
import { answersOf, type Cluster, spreadOver } from './requests.ts';
import { physicalMs } from './timestamp.ts';

/** The state of a transaction by its primary lock, which alone decides. */
export type Fate =
  | { readonly state: 'committed'; readonly commitTs: bigint }
  | { readonly state: 'rolled-back' }
  | { readonly state: 'alive' };

/** The locks that a read or a prewrite met; empty if it met none. */
export function locksIn(errors: readonly (KeyError | undefined)[]): readonly LockInfo[] {
  return errors.flatMap((error) => error?.locked ?? []);
}

/**
 * Resolve locks that are in the way: commit those of committed transactions, roll back those past their time.
 * Returns the start timestamps of the transactions that are alive.
 */
export async function clearLocks(
  cluster: Cluster,
  locks: readonly LockInfo[],
  budget: Budget,
): Promise<readonly bigint[]> {
  const now = await cluster.pd.timestamp(budget);
  const byTransaction = Map.groupBy(locks, ({ lockVersion }) => lockVersion);
  const alive = await Promise.all(
    [...byTransaction].map(async ([startTs, held]) => {
      const [first] = held;
      if (first === undefined) return [];
      const over = physicalMs(startTs) + Number(first.lockTtl) < physicalMs(now);
      const question = { primary: first.primaryLock, startTs, nowTs: now, over };
      const fate = await fateOf(cluster, question, budget);
      if (fate.state === 'alive') {
        budget.trouble(lockedFault());
        return [startTs];
      }
      const end = fate.state === 'committed' ? 'committed, like its primary' : 'rolled back';
      if (over) cluster.log(`the locks of transaction ${startTs}, whose client is gone, were ${end}`);
      const keys = held.map(({ key }) => key);
      return (await completeLocks(cluster, startTs, fate, keys, budget)) ? [] : [startTs];
    }),
  );
  return alive.flat();
}

export interface Question {
  readonly primary: Uint8Array;
  readonly startTs: bigint;
  /** The store uses it to judge whether the lock's time is over. */
  readonly nowTs: bigint;
  /** If the primary has no lock and no record: roll back, so that the prewrite can never arrive any more. */
  readonly over: boolean;
}

/** Ask the primary; its answer is final unless the transaction is alive. */
export async function fateOf(cluster: Cluster, question: Question, budget: Budget): Promise<Fate> {
  const { primary, startTs, nowTs, over } = question;
  const [answer] = await answersOf(
    cluster,
    {
      keys: [primary],
      method: Tikv.method.kvCheckTxnStatus,
      request: (_, context) => ({
        context,
        primaryKey: primary,
        lockTs: startTs,
        currentTs: nowTs,
        rollbackIfNotExist: over,
      }),
      repeatable: true,
    },
    budget,
  );
  return fateIn(answer?.value, startTs);
}

function fateIn(answer: CheckTxnStatusResponse | undefined, startTs: bigint): Fate {
  const error = answer?.error;
  // The primary is not there yet: its prewrite may still be on the way.
  if (error?.txnNotFound !== undefined) return { state: 'alive' };
  if (answer === undefined || error !== undefined) {
    throw damagedFault(`TiKV does not know the state of transaction ${startTs}: ${textOf(error)}`);
  }
  if (answer.commitVersion > 0n) return { state: 'committed', commitTs: answer.commitVersion };
  return answer.lockTtl > 0n ? { state: 'alive' } : { state: 'rolled-back' };
}

/**
 * Commit or roll back locks as their primary was. False if the answer of a commit was lost: the caller meets
 * the locks again, and then asks the primary again. Sending the same commit twice is not safe, because a
 * store that was restored in between may hold the locks without the commit of their primary.
 */
async function completeLocks(
  cluster: Cluster,
  startVersion: bigint,
  fate: Fate,
  keys: readonly Uint8Array[],
  budget: Budget,
): Promise<boolean> {
  const commitVersion = fate.state === 'committed' ? fate.commitTs : 0n;
  const outcomes = await spreadOver(
    cluster,
    {
      keys,
      method: Tikv.method.kvResolveLock,
      request: (some, context) => ({ context, startVersion, commitVersion, keys: [...some] }),
      repeatable: fate.state !== 'committed',
    },
    budget,
  );
  let known = true;
  for (const outcome of outcomes) {
    if (!outcome.ok) {
      if (outcome.certain || budget.signal.aborted || budget.leftMs() <= 0)
        throw budget.faultOf(outcome.fault);
      budget.trouble(outcome.fault);
      known = false;
    } else if (outcome.value.error !== undefined)
      throw damagedFault(`TiKV did not complete a lock: ${textOf(outcome.value.error)}`);
  }
  return known;
}

/** Roll back the locks of a transaction of this store. */
export async function rollBack(
  cluster: Cluster,
  startVersion: bigint,
  keys: readonly Uint8Array[],
  budget: Budget,
): Promise<void> {
  await answersOf(
    cluster,
    {
      keys,
      method: Tikv.method.kvBatchRollback,
      request: (some, context) => ({ context, startVersion, keys: [...some] }),
      repeatable: true,
    },
    budget,
  );
}

/** A store's answer about keys, in a few words. */
export function textOf(error: KeyError | undefined): string {
  if (error === undefined) return 'no answer';
  if (error.locked !== undefined) return `locked by ${error.locked.lockVersion}`;
  if (error.conflict !== undefined) return `conflict with ${error.conflict.conflictTs}`;
  if (error.commitTsExpired !== undefined) return 'the commit came too late';
  return error.abort || error.retryable || 'an unknown error';
}

/** Pauses while a lock of a living transaction stands in the way: it lives for milliseconds. */
export function lockPauses(cluster: Cluster): () => number {
  return pauses(2, 50, cluster.spread);
}
