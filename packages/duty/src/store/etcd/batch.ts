import type { Transaction } from '../port.ts';
import { checkTransactions, leasesOf, refused } from '../shared/checks.ts';
import { planGroups } from '../shared/plan.ts';
import { leaseId } from './operations.ts';

/** etcd's default of `--max-txn-ops` (server/embed, `DefaultMaxTxnOps`). */
export const MAX_TXN_OPS = 128;

/**
 * Spread transactions over as few etcd requests as the limits allow; each group is a list of indexes, in
 * order. etcd counts each of the three lists of a request by itself (`checkTxnRequest` in api/v3rpc/key.go).
 * The Else has one read per compare, so it is never the longest list alone.
 */
export function planBatches(transactions: readonly Transaction[]): number[][] {
  return planGroups(transactions, (compared, written) => Math.max(compared, written) <= MAX_TXN_OPS);
}

/**
 * Throws for requests that etcd or the port would refuse, before anything is sent: see
 * {@link checkTransactions}; and more operations than one request can hold.
 */
export function checkRequests(transactions: readonly Transaction[]): void {
  checkTransactions(transactions);
  for (const id of leasesOf(transactions)) leaseId(id);
  const most = Math.max(
    0,
    ...transactions.flatMap(({ compares, writes }) => [compares.length, writes.length]),
  );
  if (most > MAX_TXN_OPS)
    throw refused(`a transaction has ${most} operations, but etcd takes ${MAX_TXN_OPS}`, 'split it');
}
