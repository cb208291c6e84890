import type { ListResult, StoreRecord, Transaction, TransactionResult, WatchChange } from '../port.ts';
import { leaseGoneFault, leasesOf } from '../shared/checks.ts';
import { conflictOf } from '../shared/evaluate.ts';
import type { Leases } from '../shared/leases.ts';
import type { Row } from './record-table.ts';
import type { RecordTable } from './remembered.ts';

/** A record of an ended lease is absent, even before it is removed from the file. */
export function livingValue(row: Row | null, leases: Leases): Uint8Array | null {
  return row !== null && (row.lease === null || leases.alive(row.lease)) ? row.value : null;
}

export function listRecords(
  table: RecordTable,
  leases: Leases,
  prefix: string,
  after: string | undefined,
  limit: number,
): ListResult {
  const records: StoreRecord[] = [];
  // Keys with the prefix are adjacent in key order, so the first key without it is the end.
  const beyond = after !== undefined && Buffer.compare(Buffer.from(after), Buffer.from(prefix)) >= 0;
  for (const row of table.from(beyond ? after : prefix, beyond)) {
    if (!row.key.startsWith(prefix)) break;
    const value = livingValue(row, leases);
    if (value === null) continue;
    if (records.length === limit) return { records, more: true };
    records.push({ key: row.key, value });
  }
  return { records, more: false };
}

/** Evaluate the transactions of one call in order, inside an open transaction of SQLite. */
export function runTransactions(
  table: RecordTable,
  leases: Leases,
  transactions: readonly Transaction[],
  changes: WatchChange[],
): TransactionResult[] {
  // Before the first write, so that a refused call has written nothing.
  for (const id of leasesOf(transactions)) if (!leases.alive(id)) throw leaseGoneFault(id);
  return transactions.map((transaction) => {
    const conflict = conflictOf(
      transaction,
      (key) => livingValue(table.peek(key), leases),
      (key) => livingValue(table.get(key), leases),
    );
    if (conflict !== null) return conflict;
    for (const write of transaction.writes) {
      if (write.value === null) table.remove(write.key);
      else table.put(write.key, write.value, write.lease ?? null);
      changes.push(write);
    }
    transaction.along?.();
    return { outcome: 'applied' };
  });
}
