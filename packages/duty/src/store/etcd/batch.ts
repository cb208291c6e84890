import type { Transaction } from '../port.ts';
import { checkTransactions, leasesOf, refused } from '../shared/checks.ts';
import { planGroups } from '../shared/plan.ts';
import { leaseId } from './operations.ts';

/** The limits of one etcd request. */
export interface BatchLimits {
  /** The cluster's `--max-txn-ops`. */
  readonly maxTxnOps: number;
  /** Estimated request size in bytes; etcd refuses above `--max-request-bytes`, 1.5 MiB by default. */
  readonly maxBytes: number;
}

/** Field tags, lengths and nesting around one key and one value; generous. */
const BYTES_PER_OPERATION = 48;

/**
 * Spread transactions over as few etcd requests as the limits allow; each group is a list of indexes, in
 * order. etcd counts each of the three lists of a request by itself (`checkTxnRequest` in api/v3rpc/key.go).
 */
export function planBatches(
  transactions: readonly Transaction[],
  { maxTxnOps, maxBytes }: BatchLimits,
): number[][] {
  return planGroups(transactions, {
    fits: (compared, written) => compared <= maxTxnOps && written <= maxTxnOps,
    bytesOf,
    mostBytes: maxBytes,
  });
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
