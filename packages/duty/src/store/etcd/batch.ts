import { StoreFault, type Transaction } from '../port.ts';
import { checkKey } from './keys.ts';
import { leaseId } from './operations.ts';

/** The limits of one etcd request. */
export interface BatchLimits {
  /** The cluster's `--max-txn-ops`. */
  readonly maxTxnOps: number;
  /** Estimated request size in bytes; etcd refuses above `--max-request-bytes`, 1.5 MiB by default. */
  readonly maxBytes: number;
}

interface OpenBatch {
  readonly indexes: number[];
  readonly compared: Set<string>;
  readonly written: Set<string>;
  operations: number;
  bytes: number;
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
 * If a write names an ended lease, etcd refuses the whole request. Transactions with leases come first, so
 * that they share the first request and the adapter sees a refusal before it sends anything else.
 *
 * A batch of {@link FLAT_MEMBERS} or more ends where one more would not fit into the flat form (`flatOf`).
 */
export function planBatches(transactions: readonly Transaction[], limits: BatchLimits): number[][] {
  const batches: OpenBatch[] = [];
  const entries = [...transactions.entries()];
  const leasedFirst = [
    ...entries.filter(([, transaction]) => hasLease(transaction)),
    ...entries.filter(([, transaction]) => !hasLease(transaction)),
  ];
  for (const [index, transaction] of leasedFirst) {
    let batch = batches.at(-1);
    if (batch === undefined || !fits(batch, transaction, limits)) {
      batch = { indexes: [], compared: new Set(), written: new Set(), operations: 0, bytes: 0 };
      batches.push(batch);
    }
    addTo(batch, transaction, index);
  }
  return batches.map((batch) => batch.indexes);
}

function fits(batch: OpenBatch, transaction: Transaction, limits: BatchLimits): boolean {
  const operations = Math.max(batch.operations, operationsOf(transaction));
  if (batch.indexes.length + 1 + operations > limits.maxTxnOps) return false;
  if (batch.bytes + bytesOf(transaction) > limits.maxBytes) return false;
  if (leavesFlat(batch, transaction, limits)) return false;
  if (transaction.compares.some(({ key }) => batch.written.has(key))) return false;
  return !transaction.writes.some(({ key }) => batch.compared.has(key));
}

/** Whether the batch can be sent flat, and with this one no more. */
function leavesFlat(batch: OpenBatch, { compares, writes }: Transaction, limits: BatchLimits): boolean {
  const { maxTxnOps } = limits;
  if (batch.indexes.length < FLAT_MEMBERS || batch.compared.size > maxTxnOps) return false;
  const more = compares.filter(({ key }) => !batch.compared.has(key)).length;
  return batch.compared.size + more > maxTxnOps || batch.written.size + writes.length > maxTxnOps;
}

function addTo(batch: OpenBatch, transaction: Transaction, index: number): void {
  batch.indexes.push(index);
  batch.operations = Math.max(batch.operations, operationsOf(transaction));
  batch.bytes += bytesOf(transaction);
  for (const { key } of transaction.compares) batch.compared.add(key);
  for (const { key } of transaction.writes) batch.written.add(key);
}

/** The Else has one read per compare, so it is never the longest list alone. */
function operationsOf(transaction: Transaction): number {
  return Math.max(transaction.compares.length, transaction.writes.length);
}

/** Whether a transaction writes under a lease. */
export function hasLease(transaction: Transaction): boolean {
  return transaction.writes.some((write) => write.value !== null && write.lease !== undefined);
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
 * Throws for requests that etcd or the port would refuse, before anything is sent: an invalid key, a key that
 * one call writes twice or one transaction compares twice, and more operations than one request can hold.
 */
export function checkTransactions(transactions: readonly Transaction[], maxTxnOps: number): void {
  const written = new Set<string>();
  for (const transaction of transactions) {
    for (const { key } of transaction.compares) checkKey(key);
    for (const write of transaction.writes) {
      const { key } = write;
      checkKey(key);
      if (write.value !== null && write.lease !== undefined) leaseId(write.lease);
      if (written.has(key))
        throw refused(`key "${key}" is written twice in one call`, 'send the second in a later call');
      written.add(key);
    }
    const compared = new Set(transaction.compares.map(({ key }) => key));
    if (compared.size < transaction.compares.length) {
      throw refused('a key is compared twice in one transaction', 'compare each key once');
    }
    if (operationsOf(transaction) > maxTxnOps) {
      throw refused(
        `a transaction has ${operationsOf(transaction)} operations, but etcd takes ${maxTxnOps}`,
        'split it, or raise --max-txn-ops on every member and the maxTxnOps option with it',
      );
    }
  }
}

function refused(what: string, remedy: string): StoreFault {
  return new StoreFault('refused', what, remedy);
}
