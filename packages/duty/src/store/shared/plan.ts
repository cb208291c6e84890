import type { Transaction } from '../port.ts';

/** Transactions that are sent as one, by their indexes, with everything that they compare and write. */
export interface Group {
  readonly indexes: number[];
  readonly compared: Set<string>;
  readonly written: Set<string>;
  operations: number;
  bytes: number;
}

/** How much a transaction takes of a request. */
export interface Sizes {
  /** The operations of a group with one more transaction. */
  readonly operations: (before: number, transaction: Transaction) => number;
  readonly bytes: (transaction: Transaction) => number;
  readonly mostBytes: number;
  /** Whether the group has room for one more transaction, with so many operations then. */
  readonly hasRoom: (group: Group, transaction: Transaction, operations: number) => boolean;
}

/**
 * Spread transactions over as few groups as possible; each is a list of indexes, in order.
 *
 * No member of a group compares a key that another one writes. All compares of a group are judged on one
 * state, so two members that each compare a key that the other writes would both be applied, although no
 * serial order gives that result.
 *
 * A write under an ended lease refuses the whole call. Transactions with leases come first, so that the
 * adapter sees a refusal before it writes anything else.
 */
export function planGroups(transactions: readonly Transaction[], sizes: Sizes): number[][] {
  const groups: Group[] = [];
  const numbered = [...transactions.entries()];
  const leasedFirst = [
    ...numbered.filter(([, transaction]) => hasLease(transaction)),
    ...numbered.filter(([, transaction]) => !hasLease(transaction)),
  ];
  for (const [index, transaction] of leasedFirst) {
    let group = groups.at(-1);
    if (group === undefined || !fits(group, transaction, sizes)) {
      group = { indexes: [], compared: new Set(), written: new Set(), operations: 0, bytes: 0 };
      groups.push(group);
    }
    group.indexes.push(index);
    group.operations = sizes.operations(group.operations, transaction);
    group.bytes += sizes.bytes(transaction);
    for (const { key } of transaction.compares) group.compared.add(key);
    for (const { key } of transaction.writes) group.written.add(key);
  }
  return groups.map(({ indexes }) => indexes);
}

function fits(group: Group, transaction: Transaction, sizes: Sizes): boolean {
  if (group.bytes + sizes.bytes(transaction) > sizes.mostBytes) return false;
  if (!sizes.hasRoom(group, transaction, sizes.operations(group.operations, transaction))) return false;
  if (transaction.compares.some(({ key }) => group.written.has(key))) return false;
  return !transaction.writes.some(({ key }) => group.compared.has(key));
}

/** Whether a transaction writes under a lease. */
export function hasLease({ writes }: Transaction): boolean {
  return writes.some((write) => write.value !== null && write.lease !== undefined);
}
