import type { Transaction } from '../port.ts';
import { checkTransactions, leasesOf, refused } from '../shared/checks.ts';
import { type Group, planGroups } from '../shared/plan.ts';
import { leaseId } from './operations.ts';

/** The limits of one etcd request. */
export interface BatchLimits {
  /** The cluster's `--max-txn-ops`. */
  readonly maxTxnOps: number;
  /** Estimated request size in bytes; etcd refuses above `--max-request-bytes`, 1.5 MiB by default. */
  readonly maxBytes: number;
}

/** From so many members on, two flat requests cost less than a nested one of all. */
const FLAT_MEMBERS = 32;
/** Field tags, lengths and nesting around one key and one value; generous. */
const BYTES_PER_OPERATION = 48;

/**
 * Spread transactions over as few etcd requests as the limits allow; each group is a list of indexes, in
 * order.
 *
 * **Why nesting keeps them independent.** etcd evaluates the compares of all nested transactions before it
 * runs any operation of the outer one (server/etcdserver/txn/txn.go: `compareToPath`, called by `Txn` before
 * the write transaction begins; the same in 3.4's apply.go). So a nested transaction does not see the writes
 * of another one in its batch. If two transactions each compared a key that the other writes, etcd would
 * apply both, although no serial order gives that result. So no member of a batch compares a key that another
 * member writes.
 *
 * **Limits** (`checkTxnRequest` in api/v3rpc/key.go): the operations of a transaction are the largest of its
 * three lists; a nested one may have as many as its parent left. One flat batch of n may thus nest up to
 * `maxTxnOps - n` each.
 *
 * A batch of {@link FLAT_MEMBERS} or more ends where one more would not fit into the flat form (`flatOf`).
 */
export function planBatches(transactions: readonly Transaction[], limits: BatchLimits): number[][] {
  return planGroups(transactions, {
    operations: (before, transaction) => Math.max(before, operationsOf(transaction)),
    bytes: bytesOf,
    mostBytes: limits.maxBytes,
    hasRoom: (batch, transaction, operations) =>
      batch.indexes.length + 1 + operations <= limits.maxTxnOps && !leavesFlat(batch, transaction, limits),
  });
}

/** Whether the batch can be sent flat, and with this one no more. */
function leavesFlat(batch: Group, { compares, writes }: Transaction, limits: BatchLimits): boolean {
  const { maxTxnOps } = limits;
  if (batch.indexes.length < FLAT_MEMBERS || batch.compared.size > maxTxnOps) return false;
  const more = compares.filter(({ key }) => !batch.compared.has(key)).length;
  return batch.compared.size + more > maxTxnOps || batch.written.size + writes.length > maxTxnOps;
}

/** The Else has one read per compare, so it is never the longest list alone. */
function operationsOf(transaction: Transaction): number {
  return Math.max(transaction.compares.length, transaction.writes.length);
}

/**
 * An upper estimate: a compared key is sent twice, in the If and in the Else; UTF-8 is at most three bytes a
 * unit.
 */
function bytesOf(transaction: Transaction): number {
  let bytes = 0;
  for (const { key, value } of transaction.compares) {
    bytes += 2 * (3 * key.length + BYTES_PER_OPERATION) + (value?.length ?? 0);
  }
  for (const { key, value } of transaction.writes) {
    bytes += 3 * key.length + BYTES_PER_OPERATION + (value?.length ?? 0);
  }
  return bytes;
}

/**
 * Throws for requests that etcd or the port would refuse, before anything is sent: see
 * {@link checkTransactions}; and more operations than one request can hold.
 */
export function checkRequests(transactions: readonly Transaction[], maxTxnOps: number): void {
  checkTransactions(transactions);
  for (const id of leasesOf(transactions)) leaseId(id);
  const most = Math.max(0, ...transactions.map(operationsOf));
  if (most > maxTxnOps)
    throw refused(
      `a transaction has ${most} operations, but etcd takes ${maxTxnOps}`,
      'split it, or raise --max-txn-ops on every member and the maxTxnOps option with it',
    );
}
