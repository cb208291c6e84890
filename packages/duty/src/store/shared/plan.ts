import type { Transaction } from '../port.ts';
import { sameValue } from './evaluate.ts';

/** How much fits into one request. */
export interface Limits {
  /** Whether it may compare and write so many keys. */
  readonly fits: (compared: number, written: number) => boolean;
  readonly bytesOf: (transaction: Transaction) => number;
  readonly mostBytes: number;
}

/** Transactions that are sent as one, by their indexes, with everything that they compare and write. */
interface Group {
  readonly indexes: number[];
  readonly compared: Map<string, Uint8Array | null>;
  readonly written: Set<string>;
  bytes: number;
}

/**
 * Spread transactions over as few groups as possible; each is a list of indexes, in order.
 *
 * No member of a group compares a key that another one writes. All compares of a group are judged on one
 * state, so two members that each compare a key that the other writes would both be applied, although no
 * serial order gives that result. No two members expect different values of one key, so that all of them may
 * hold.
 *
 * A write under an ended lease refuses the whole call. Transactions with leases come first, so that the
 * adapter sees a refusal before it writes anything else.
 */
export function planGroups(transactions: readonly Transaction[], limits: Limits): number[][] {
  const groups: Group[] = [];
  const numbered = [...transactions.entries()];
  const leasedFirst = [
    ...numbered.filter(([, transaction]) => hasLease(transaction)),
    ...numbered.filter(([, transaction]) => !hasLease(transaction)),
  ];
  for (const [index, transaction] of leasedFirst) {
    let group = groups.at(-1);
    if (group === undefined || !isIndependent(group, transaction) || !hasRoom(group, transaction, limits)) {
      group = { indexes: [], compared: new Map(), written: new Set(), bytes: 0 };
      groups.push(group);
    }
    group.indexes.push(index);
    group.bytes += limits.bytesOf(transaction);
    for (const { key, value } of transaction.compares) group.compared.set(key, value);
    for (const { key } of transaction.writes) group.written.add(key);
  }
  return groups.map(({ indexes }) => indexes);
}

function isIndependent({ compared, written }: Group, { compares, writes }: Transaction): boolean {
  if (writes.some(({ key }) => compared.has(key))) return false;
  return compares.every(({ key, value }) => {
    const expected = compared.get(key);
    return !written.has(key) && (expected === undefined || sameValue(expected, value));
  });
}

function hasRoom(group: Group, transaction: Transaction, { fits, bytesOf, mostBytes }: Limits): boolean {
  const { compared, written, bytes } = group;
  const more = transaction.compares.filter(({ key }) => !compared.has(key)).length;
  return (
    fits(compared.size + more, written.size + transaction.writes.length) &&
    bytes + bytesOf(transaction) <= mostBytes
  );
}

/** Whether a transaction writes under a lease. */
export function hasLease({ writes }: Transaction): boolean {
  return writes.some((write) => write.value !== null && write.lease !== undefined);
}
