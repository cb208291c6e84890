import type { Transaction } from '../port.ts';

/** Below TiKV's limit for one entry (8 MiB by default), with room for its own encoding. */
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
 * Spread transactions over as few transactions of TiKV as possible; each group is a list of indexes, in
 * order.
 *
 * No member of a group compares a key that another one writes. All compares of a group are judged on one
 * state, so two members that each compare a key that the other writes would both be applied, although no
 * serial order gives that result.
 *
 * A write under an ended lease refuses the whole call. Transactions with leases come first, so that the
 * adapter sees a refusal before it writes anything else.
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
