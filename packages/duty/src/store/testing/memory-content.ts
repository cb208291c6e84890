import type { Clock } from '@watchbill/kit';
import type { ListResult, Page, Transaction, TransactionResult } from '../port.ts';
import { checkTransactions, leaseGoneFault, leasesOf, pageLimit } from '../shared/checks.ts';
import { conflictOf } from '../shared/evaluate.ts';
import { createLeases, type Leases } from '../shared/leases.ts';
import { createWatchers, type Watchers } from '../shared/watchers.ts';

interface StoredRecord {
  readonly value: Uint8Array;
  readonly lease: string | null;
}

/** Everything a memory store held at one moment. */
export interface MemorySnapshot {
  readonly records: ReadonlyMap<string, StoredRecord>;
  /** Id and full time of each lease, in milliseconds. */
  readonly leases: readonly (readonly [id: string, ttlMs: number])[];
}

/**
 * The records of a memory store and everything that changes them. Values are copied on their way in and out.
 */
export interface Content {
  readonly leases: Leases;
  readonly watchers: Watchers;
  size(): number;
  current(key: string): Uint8Array | null;
  list(prefix: string, page: Page | undefined): ListResult;
  transact(transactions: readonly Transaction[]): TransactionResult[];
  removeLease(id: string): void;
  /** Remove the keys of ended leases. */
  removeDead(): void;
  snapshot(): MemorySnapshot;
  restore(snapshot: MemorySnapshot): void;
}

export function createContent(clock: Clock): Content {
  const records = new Map<string, StoredRecord>();
  const watchers = createWatchers();
  const leases = createLeases(clock, removeDead);
  const current = (key: string) => copyOf(records.get(key)?.value);

  function removeLease(id: string): void {
    leases.drop(id);
    const keys = [...records].filter(([, record]) => record.lease === id).map(([key]) => key);
    for (const key of keys) records.delete(key);
    watchers.changed(keys.map((key) => ({ key, value: null })));
  }

  function removeDead(): void {
    for (const id of leases.dead()) removeLease(id);
  }

  function apply(transaction: Transaction): TransactionResult {
    const conflict = conflictOf(transaction, (key) => records.get(key)?.value ?? null, current);
    if (conflict !== null) return conflict;
    for (const write of transaction.writes) {
      if (write.value === null) records.delete(write.key);
      else records.set(write.key, { value: Uint8Array.from(write.value), lease: write.lease ?? null });
    }
    watchers.changed(transaction.writes);
    return { outcome: 'applied' };
  }

  function transact(transactions: readonly Transaction[]): TransactionResult[] {
    checkCall(transactions, leases);
    return transactions.map(apply);
  }

  function restore(snapshot: MemorySnapshot): void {
    records.clear();
    leases.clear();
    for (const [key, record] of snapshot.records) records.set(key, record);
    for (const [id, ttlMs] of snapshot.leases) leases.add(id, ttlMs);
    watchers.resync();
  }

  return {
    leases,
    watchers,
    size: () => records.size,
    current,
    list: (prefix, page) => listRecords(records, prefix, page),
    transact,
    removeLease,
    removeDead,
    snapshot: () => ({ records: new Map(records), leases: leases.all() }),
    restore,
  };
}

function checkCall(transactions: readonly Transaction[], leases: Leases): void {
  checkTransactions(transactions);
  for (const id of leasesOf(transactions)) if (!leases.alive(id)) throw leaseGoneFault(id);
}

function listRecords(
  records: ReadonlyMap<string, StoredRecord>,
  prefix: string,
  page: Page | undefined,
): ListResult {
  const limit = pageLimit(page);
  const after = page?.after;
  const found: [string, StoredRecord][] = [];
  for (const entry of records) {
    if (!entry[0].startsWith(prefix)) continue;
    if (after === undefined || compareKeys(entry[0], after) > 0) found.push(entry);
  }
  const shown = found.sort((a, b) => compareKeys(a[0], b[0])).slice(0, limit);
  return {
    records: shown.map(([key, record]) => ({ key, value: Uint8Array.from(record.value) })),
    more: found.length > limit,
  };
}

/** Order of keys by their UTF-8 bytes; JavaScript's own order compares UTF-16 units. */
function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** A copy with its own memory; `slice` of a Node Buffer would share it. */
function copyOf(value: Uint8Array | undefined): Uint8Array | null {
  return value === undefined ? null : Uint8Array.from(value);
}
