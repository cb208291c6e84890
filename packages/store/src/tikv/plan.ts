import type { Transaction } from '../port.ts';

/** Below what TiKV takes as one entry (8 MiB by default), with room for its own encoding. */
const MAX_GROUP_BYTES = 1_000_000;
/** Keeps one transaction of TiKV short; its locks stand for all of it. */
const MAX_GROUP_KEYS = 2_048;
const BYTES_PER_KEY = 64;

interface OpenGroup {
  readonly indexes: number[];
  readonly compared: Set<string>;
  readonly written: Set<string>;
  keys: number;
  bytes: number;
}

/**
 * Spread transactions over as few transactions of TiKV as may be; each group is a list of indexes, in order.
 *
 * Nothing that a group compares is written by another member of it: all compares of a group are judged on one state, so
 * two members that compare what the other writes would both be applied, which no order of the two gives.
 *
 * A write under a lease that is gone refuses the whole call. Those with leases come first, so that a refusal is known
 * before anything else was written.
 */
export function planGroups(transactions: readonly Transaction[]): number[][] {
  const groups: OpenGroup[] = [];
  const numbered = [...transactions.entries()];
  const leasedFirst = [
    ...numbered.filter(([, transaction]) => hasLease(transaction)),
    ...numbered.filter(([, transaction]) => !hasLease(transaction)),
  ];
  for (const [index, transaction] of leasedFirst) {
    let group = groups.at(-1);
    if (group === undefined || !fits(group, transaction)) {
      group = { indexes: [], compared: new Set(), written: new Set(), keys: 0, bytes: 0 };
      groups.push(group);
    }
    add(group, transaction, index);
  }
  return groups.map(({ indexes }) => indexes);
}

function fits(group: OpenGroup, { compares, writes }: Transaction): boolean {
  if (group.keys + compares.length + writes.length > MAX_GROUP_KEYS) return false;
  if (group.bytes + bytesOf({ compares, writes }) > MAX_GROUP_BYTES) return false;
  if (compares.some(({ key }) => group.written.has(key))) return false;
  return !writes.some(({ key }) => group.compared.has(key));
}

function add(group: OpenGroup, transaction: Transaction, index: number): void {
  group.indexes.push(index);
  group.keys += transaction.compares.length + transaction.writes.length;
  group.bytes += bytesOf(transaction);
  for (const { key } of transaction.compares) group.compared.add(key);
  for (const { key } of transaction.writes) group.written.add(key);
}

function bytesOf({ writes }: Transaction): number {
  return writes.reduce(
    (sum, { key, value }) => sum + BYTES_PER_KEY + 3 * key.length + (value?.length ?? 0),
    0,
  );
}

export function hasLease({ writes }: Transaction): boolean {
  return writes.some((write) => write.value !== null && write.lease !== undefined);
}
