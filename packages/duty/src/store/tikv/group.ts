import type { Budget } from '../grpc/budget.ts';
import type { Transaction, TransactionResult } from '../port.ts';
import { leaseGoneFault, leasesOf } from '../shared/checks.ts';
import { sameValue } from '../shared/evaluate.ts';
import { Op } from './gen/kvrpcpb_pb.js';
import { lockPauses } from './locks.ts';
import { encodeEntry, hint, type State, stateAt } from './records.ts';
import { inTwoPhases, type Mutation, type Settled, type Writer } from './two-phases.ts';

/**
 * Run transactions of which none compares a key that another writes, as one transaction of TiKV: one pair of
 * timestamps, one prewrite, one commit. Each is decided separately, on one state; those that conflict are
 * left out and the others go on.
 *
 * **Why the compares are serialisable.** All of them are read **at the commit timestamp**, which is requested
 * when every written key is locked. A client that writes a compared key with an earlier commit timestamp had
 * locked it before it requested that timestamp. So the read sees its lock and waits, or sees its write. A
 * compared key that is also written is locked from the prewrite to the commit, so no other client can write
 * it then. So every compare holds exactly at the commit timestamp, when the writes take effect: transactions
 * are as if run one after another in the order of their commit timestamps. If two transactions each compare a
 * key that the other writes, both hold their locks when they read, so one of them sees the other's: the
 * younger gives way, the older waits.
 *
 * Throws if certainly no write of the group was applied.
 */
export async function runGroup(
  writer: Writer,
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
    const startTs = await writer.cluster.pd.timestamp(budget);
    if (look) live = decide(live, await lookAt(writer, live, startTs, budget), results);
    if (live.length === 0) break;
    const settled = await write(writer, live, startTs, budget);
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

/** All compared keys, at one moment. Throws if a lease to write with has ended. */
async function lookAt(
  writer: Writer,
  live: readonly Transaction[],
  ts: bigint,
  budget: Budget,
): Promise<State> {
  const state = await stateAt(writer, comparedBy(live), [...leasesOf(live)], { ts }, budget);
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

/** Lock what is written, read what is compared, and commit if every compare holds. */
function write(
  writer: Writer,
  live: readonly Transaction[],
  startTs: bigint,
  budget: Budget,
): Promise<Settled> {
  const mutations = live.flatMap((one) => mutationsOf(writer, one));
  const compared = comparedBy(live);
  const leases = [...leasesOf(live)];
  return inTwoPhases(writer, startTs, mutations, budget, async () => {
    const ts = await writer.cluster.pd.timestamp(budget);
    if (compared.length === 0 && leases.length === 0) return ts;
    const state = await stateAt(writer, compared, leases, { ts, reader: startTs }, budget);
    if (state === null || !leases.every(state.leaseAlive)) return null;
    return live.every((one) => holds(one, state)) ? ts : null;
  });
}

function comparedBy(transactions: readonly Transaction[]): readonly string[] {
  return [...new Set(transactions.flatMap(({ compares }) => compares.map(({ key }) => key)))];
}

function holds({ compares }: Transaction, state: State): boolean {
  return compares.every(({ key, value }) => sameValue(value, state.valueOf(key)));
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
