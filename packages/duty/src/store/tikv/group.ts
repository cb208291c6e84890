import type { Transaction, TransactionResult } from '../port.ts';
import { leaseGoneFault, leasesOf } from '../shared/checks.ts';
import { sameValue } from '../shared/evaluate.ts';
import { type Attempt, attemptOf, type Mutation, type Settled, undo, type Writer } from './attempt.ts';
import type { Budget } from './budget.ts';
import { commit } from './commit.ts';
import { Op } from './gen/kvrpcpb_pb.js';
import { lockPauses } from './locks.ts';
import { prewrite } from './prewrite.ts';
import { encodeEntry, hint, type State, stateAt } from './records.ts';
import type { Starts } from './starts.ts';

export interface GroupWriter extends Writer {
  readonly starts: Starts;
}

/**
 * Run transactions of which none compares a key that another writes, as one transaction of TiKV: one pair of
 * timestamps, one prewrite, one commit. Each is decided separately, on one state; those that conflict are
 * left out and the others go on.
 *
 * **Why the compares are serialisable.** Every written key is locked, and the lock fails if the key was
 * written after the start timestamp. So a compared key that is also written does not change from the start
 * timestamp, at which it is read, until the commit. A key that is only compared is not locked. It is read
 * **at the commit timestamp**, which is requested when all locks are held. A client that writes that key with
 * an earlier commit timestamp had locked it before it requested that timestamp. So the read sees its lock and
 * waits, or sees its write. So every compare holds exactly at the commit timestamp, when the writes take
 * effect: transactions are as if run one after another in the order of their commit timestamps. If two
 * transactions each compare a key that the other writes, both hold their locks when they read, so one of them
 * sees the other's: the younger gives way, the older waits.
 *
 * Throws if certainly no write of the group was applied.
 */
export async function runGroup(
  writer: GroupWriter,
  transactions: readonly Transaction[],
  budget: Budget,
): Promise<TransactionResult[]> {
  const results = new Map<Transaction, TransactionResult>();
  const pause = lockPauses(writer.cluster);
  let live = transactions;
  // The first try assumes that the compares hold. If they did not, or another client was faster, the next one
  // reads first.
  for (let look = live.some(({ writes }) => writes.length === 0); ; look = true) {
    budget.check();
    const fresh = async (): Promise<Start> => ({ ts: await writer.cluster.pd.timestamp(budget), ageMs: 0 });
    const start = await (look ? fresh() : writer.starts.take(budget));
    const state = look ? await lookAt(writer, live, start.ts, budget) : null;
    if (state !== null) live = decide(live, state, results);
    if (live.length === 0) break;
    const settled = await write(writer, live, start, state, budget);
    if (settled.kind !== 'again') {
      const result: TransactionResult =
        settled.kind === 'applied' ? { outcome: 'applied' } : { outcome: 'ambiguous', cause: settled.cause };
      for (const one of live) results.set(one, result);
      break;
    }
    if (settled.wait) await budget.pause(pause());
  }
  return transactions.map((one) => {
    const result = results.get(one);
    if (result === undefined) throw new Error('a transaction was left without a result');
    return result;
  });
}

interface Start {
  readonly ts: bigint;
  readonly ageMs: number;
}

/** All compared keys, at one moment. Throws if a lease to write with has ended. */
async function lookAt(
  writer: GroupWriter,
  live: readonly Transaction[],
  ts: bigint,
  budget: Budget,
): Promise<State> {
  const keys = new Set(live.flatMap(({ compares }) => compares.map(({ key }) => key)));
  const state = await stateAt(writer, [...keys], [...leasesOf(live)], { ts }, budget);
  if (state === null) throw new Error('a read that waits for ever gave up');
  for (const id of leasesOf(live)) if (!state.leaseAlive(id)) throw leaseGoneFault(id);
  return state;
}

/**
 * A transaction that conflicts at that moment is a conflict. One that only compares, and holds, is applied.
 * Both are true of that moment. Returns the transactions that have writes.
 */
function decide(
  live: readonly Transaction[],
  state: State,
  results: Map<Transaction, TransactionResult>,
): readonly Transaction[] {
  return live.filter((one) => {
    if (!holds(one, state)) {
      const current = one.compares.map(({ key }) => state.valueOf(key)?.slice() ?? null);
      results.set(one, { outcome: 'conflict', current });
      return false;
    }
    if (one.writes.length > 0) return true;
    results.set(one, { outcome: 'applied' });
    return false;
  });
}

/** Lock, read, commit. `known`: the values at the start timestamp, if every compare held. */
async function write(
  writer: GroupWriter,
  live: readonly Transaction[],
  start: Start,
  known: State | null,
  budget: Budget,
): Promise<Settled> {
  const written = new Set(live.flatMap(({ writes }) => writes.map(({ key }) => key)));
  const compared = live.flatMap(({ compares }) => compares.map(({ key }) => key));
  const both = compared.filter((key) => written.has(key));
  const attempt = attemptOf(
    start.ts,
    live.flatMap((one) => mutationsOf(writer, one)),
    writer.lockTtlMs + start.ageMs,
  );
  const take = prewrite(writer, attempt, budget);
  // Its own locks do not matter to the read: it reads before them.
  const moment = { ts: start.ts, passing: [start.ts] };
  const read = known !== null || both.length === 0 ? known : stateAt(writer, both, [], moment, budget);
  const [locked, before] = await Promise.allSettled([take, read]);
  if (locked.status === 'rejected') throw locked.reason;
  if (locked.value.kind !== 'locked') return locked.value;
  return guarded(writer, attempt, budget, async () => {
    if (before.status === 'rejected') throw before.reason;
    const state = before.value;
    if (state !== null && !live.every((one) => holds(one, state, written))) return null;
    const commitTs = await writer.starts.commitTs(budget);
    const only = [...new Set(compared.filter((key) => !written.has(key)))];
    const leases = [...leasesOf(live), ...livingLeases(both, state)];
    const moment = { startTs: attempt.startTs, commitTs };
    return (await holdsAt(writer, { live, only, leases }, moment, budget)) ? commitTs : null;
  });
}

/** Leases of compared values. An ended lease stays ended, and its key stays absent. */
function livingLeases(keys: readonly string[], state: State | null): readonly string[] {
  if (state === null) return [];
  return keys.flatMap((key) => (state.valueOf(key) === null ? [] : (state.leaseOf(key) ?? [])));
}

/** Everything between the locks and the commit; if it ends without a commit, the locks are taken back. */
async function guarded(
  writer: GroupWriter,
  attempt: Attempt,
  budget: Budget,
  look: () => Promise<bigint | null>,
): Promise<Settled> {
  let commitTs: bigint | null;
  try {
    commitTs = await look();
  } catch (error) {
    await undo(writer, attempt, attempt.keys, budget);
    throw error;
  }
  if (commitTs !== null) return commit(writer, attempt, commitTs, budget);
  await undo(writer, attempt, attempt.keys, budget);
  return { kind: 'again', wait: true };
}

/** The parts of transactions that no lock of theirs protects. */
interface Unlocked {
  readonly live: readonly Transaction[];
  /** Keys that are only compared. */
  readonly only: readonly string[];
  readonly leases: readonly string[];
}

/** Whether every compare without a lock holds at the commit timestamp. */
async function holdsAt(
  writer: GroupWriter,
  { live, only, leases }: Unlocked,
  { startTs, commitTs }: { readonly startTs: bigint; readonly commitTs: bigint },
  budget: Budget,
): Promise<boolean> {
  if (only.length === 0 && leases.length === 0) return true;
  const waitFor = (holders: readonly bigint[]): boolean => holders.every((other) => other > startTs);
  const state = await stateAt(writer, only, leases, { ts: commitTs, passing: [startTs], waitFor }, budget);
  if (state === null) return false;
  return leases.every(state.leaseAlive) && live.every((one) => holds(one, state, new Set(only)));
}

/** Whether the compares hold, or only those of them that use these keys. */
function holds({ compares }: Transaction, state: State, among?: ReadonlySet<string>): boolean {
  return compares.every(
    ({ key, value }) => among?.has(key) === false || sameValue(value, state.valueOf(key)),
  );
}

function mutationsOf({ keys, leaseHints }: Writer, { writes }: Transaction): readonly Mutation[] {
  return writes.map((write) => {
    const lease = write.value === null ? null : (write.lease ?? null);
    hint(leaseHints, write.key, lease);
    const key = keys.encode(write.key);
    if (write.value === null) return { op: Op.Del, key };
    return { op: Op.Put, key, value: encodeEntry({ value: write.value, lease }) };
  });
}
