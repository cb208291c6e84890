import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Budget, openBudget } from '../grpc/budget.ts';
import { StoreFault } from '../port.ts';
import { damagedFault } from './faults.ts';
import type { KeyError, MutationSchema } from './gen/kvrpcpb_pb.js';
import { Tikv } from './gen/tikvpb_pb.js';
import { clearLocks, fateOf, locksIn, rollBack, textOf } from './locks.ts';
import type { Reader } from './records.ts';
import { holds, type Region } from './region.ts';
import { type Context, spreadOver } from './requests.ts';
import { LAST_TIMESTAMP } from './timestamp.ts';

type Keys = readonly Uint8Array[];

export type Mutation = MessageInitShape<typeof MutationSchema> & { readonly key: Uint8Array };

export interface Writer extends Reader {
  readonly lockTtlMs: number;
  /** Work that continues after a reply; `close` does not wait for it. */
  background(run: (budget: Budget) => Promise<unknown>): void;
}

/**
 * Writes of one transaction of TiKV, from its first phase on. Its start timestamp is used for one prewrite
 * only.
 */
interface Attempt {
  readonly startTs: bigint;
  /** In order. The first one is the primary: its lock decides. */
  readonly keys: Keys;
  readonly primary: Uint8Array;
  /** By those keys. */
  readonly mutations: ReadonlyMap<Uint8Array, Mutation>;
}

/** How a transaction ended. */
export type Settled =
  | { readonly kind: 'applied' }
  /**
   * Certainly without effect, now and later: begin with a new start timestamp, after reading the current
   * values. `wait`: the lock of a living transaction is in the way.
   */
  | { readonly kind: 'again'; readonly wait: boolean }
  | { readonly kind: 'ambiguous'; readonly cause: StoreFault };

/** Cleaning up takes at most this much of the caller's time; other clients can do it as well. */
const UNDO_MS = 400;

/**
 * Lock, decide, commit. `decide` is called when every lock is held, and returns the timestamp to commit at,
 * or null not to commit. If there is no commit, the locks are taken back.
 */
export async function inTwoPhases(
  writer: Writer,
  startTs: bigint,
  all: readonly Mutation[],
  budget: Budget,
  decide: () => Promise<bigint | null>,
): Promise<Settled> {
  const keys = all.map(({ key }) => key).sort(Buffer.compare);
  const [primary] = keys;
  if (primary === undefined) throw new Error('a transaction of no writes was to be prewritten');
  const attempt: Attempt = { startTs, keys, primary, mutations: new Map(all.map((one) => [one.key, one])) };
  const unlocked = await prewrite(writer, attempt, budget);
  if (unlocked !== null) return unlocked;
  let commitTs: bigint | null = null;
  try {
    commitTs = await decide();
  } finally {
    if (commitTs === null) await undo(writer, attempt, keys, budget);
  }
  return commitTs === null ? { kind: 'again', wait: true } : commit(writer, attempt, commitTs, budget);
}

/**
 * First phase: lock every key, unless one was written after `startTs` or is locked. Null if every key is
 * locked. Throws a fault if the stores do not serve; then no write is committed.
 *
 * A prewrite whose answer was lost is never sent again: its start timestamp is given up. So when a commit is
 * sent, no prewrite of the same start timestamp can be on its way, and a transaction that was rolled back
 * stays so.
 */
async function prewrite(writer: Writer, attempt: Attempt, budget: Budget): Promise<Settled | null> {
  const { startTs, keys, primary, mutations } = attempt;
  const locking = {
    keys,
    method: Tikv.method.kvPrewrite,
    request: (some: Keys, context: Context) => ({
      context,
      mutations: some.flatMap((key) => mutations.get(key) ?? []),
      primaryLock: primary,
      startVersion: startTs,
      lockTtl: BigInt(writer.lockTtlMs),
      txnSize: BigInt(some.length),
    }),
    repeatable: false,
  };
  const outcomes = await spreadOver(writer.cluster, locking, budget);
  const errors = outcomes.flatMap((outcome) => (outcome.ok ? outcome.value.errors : []));
  const failed = outcomes.find((outcome) => !outcome.ok);
  if (errors.length === 0 && failed === undefined) return null;
  const touched = outcomes.filter((one) => (one.ok ? one.value.errors.length === 0 : !one.certain));
  await undo(
    writer,
    attempt,
    touched.flatMap((outcome) => outcome.keys),
    budget,
  );
  if (errors.length > 0) return makeWay(writer, errors, budget);
  if (failed?.ok === false && failed.certain) throw budget.faultOf(failed.fault);
  return { kind: 'again', wait: true };
}

/** No commit was sent, so a conflict is with another transaction, or says that this one was rolled back. */
async function makeWay(writer: Writer, errors: readonly KeyError[], budget: Budget): Promise<Settled> {
  const strange = errors.find(
    ({ locked, conflict, retryable }) => locked === undefined && conflict === undefined && retryable === '',
  );
  if (strange !== undefined) throw damagedFault(`TiKV refused to lock: ${textOf(strange)}`);
  const locks = locksIn(errors);
  if (locks.length === 0) return { kind: 'again', wait: false };
  const alive = await clearLocks(writer.cluster, locks, budget);
  return { kind: 'again', wait: alive.length > 0 };
}

/**
 * Second phase. The commit of the primary decides; keys of the same region go with it. It is sent once, and
 * again only after a store certainly refused it. If its answer is lost, the adapter asks the store about the
 * transaction and rolls it back if its commit never arrived. A second sending could reach a store that was
 * restored in between to a moment when the locks existed, and would apply a transaction that the store had
 * forgotten.
 *
 * `applied` means that a store confirmed it. A commit that may have arrived, and that the store does not
 * confirm, is `ambiguous`. Throws a fault if certainly no commit arrived.
 */
async function commit(writer: Writer, attempt: Attempt, commitTs: bigint, budget: Budget): Promise<Settled> {
  const { startTs, keys, primary } = attempt;
  const together = (_: Keys, region: Region): Keys => keys.filter((key) => holds(region, key));
  const decisive = commitOf(startTs, commitTs, [primary], together);
  const [outcome] = await spreadOver(writer.cluster, decisive, budget);
  if (outcome === undefined) throw damagedFault('TiKV gave no answer to a commit');
  if (!outcome.ok) {
    if (!outcome.certain) return settle(writer, attempt, commitTs, outcome.fault, budget);
    writer.background((own) => undo(writer, attempt, keys, own));
    throw budget.faultOf(outcome.fault);
  }
  // The store found no lock of this transaction: its status decides.
  if (outcome.value.error !== undefined) return settle(writer, attempt, commitTs, null, budget);
  // The primary is committed, and with it the transaction: the other locks name the primary. Each of them
  // gets one request to clean up: in a store that was restored in between, a second one could commit it
  // without its primary.
  const others = keys.filter((key) => !holds(outcome.region, key));
  const cleanup = commitOf(startTs, commitTs, others);
  if (others.length > 0) writer.background((own) => spreadOver(writer.cluster, cleanup, own));
  return { kind: 'applied' };
}

/** A commit of these keys; `inRequest` selects the ones for a region. */
function commitOf(
  startVersion: bigint,
  commitVersion: bigint,
  keys: Keys,
  inRequest: (some: Keys, region: Region) => Keys = (some) => some,
) {
  return {
    keys,
    method: Tikv.method.kvCommit,
    request: (some: Keys, context: Context, region: Region) => ({
      ...{ context, startVersion, commitVersion },
      keys: [...inRequest(some, region)],
    }),
    repeatable: false,
  };
}

/**
 * Final: the status of the primary, which is rolled back if it is neither committed nor rolled back. `lost`
 * is the fault of a commit whose answer did not come; null if the commit was answered.
 *
 * The answer "rolled back" does not settle a commit without an answer: a store that was restored in between
 * gives it for a transaction that it had applied before. The result is `ambiguous`, and the caller reads and
 * decides again.
 */
async function settle(
  writer: Writer,
  attempt: Attempt,
  commitTs: bigint,
  lost: StoreFault | null,
  budget: Budget,
): Promise<Settled> {
  const { startTs, primary, keys } = attempt;
  try {
    const question = { primary, startTs, nowTs: LAST_TIMESTAMP, over: true };
    const fate = await fateOf(writer.cluster, question, budget);
    if (fate.state === 'committed') {
      if (fate.commitTs === commitTs) return { kind: 'applied' };
      throw damagedFault(
        `transaction ${startTs} was committed at ${fate.commitTs}, a timestamp that this client never sent`,
      );
    }
    if (fate.state === 'alive')
      throw damagedFault(`transaction ${startTs} neither committed nor rolled back`);
    const others = keys.filter((key) => key !== primary);
    await undo(writer, attempt, others, budget);
    return lost === null ? { kind: 'again', wait: false } : { kind: 'ambiguous', cause: lost };
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    // A commit was sent and the store answered about it, so it may have had an effect.
    return { kind: 'ambiguous', cause: lost ?? budget.faultOf(error) };
  }
}

/**
 * Take back the locks of an attempt that will not be committed. If this fails, other clients do it when they
 * meet the locks.
 */
async function undo(writer: Writer, { startTs }: Attempt, keys: Keys, budget: Budget): Promise<void> {
  if (keys.length === 0) return;
  const own = openBudget(writer.cluster, budget.request(UNDO_MS).timeoutMs);
  try {
    await rollBack(writer.cluster, startTs, keys, own);
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    writer.cluster.log(`locks of transaction ${startTs} were left behind: ${error.message}`);
  }
}
