import type { Transaction } from '../port.ts';
import { sameValue } from './evaluate.ts';

/** Whether one request may compare and write so many keys. */
export type Fits = (compared: number, written: number) => boolean;

/**
 * Below the least limit of a cluster with room for the envelope: 1.5 MiB for a request of etcd, 8 MiB for an
 * entry of TiKV.
 */
const MOST_BYTES = 1_000_000;
/** Field tags, lengths and nesting around one key and one value; generous. */
const BYTES_PER_OPERATION = 64;

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
export function planGroups(
  transactions: readonly Transaction[],
  fits: Fits,
  mostBytes: number = MOST_BYTES,
): number[][] {
  const groups: Group[] = [];
  const numbered = [...transactions.entries()];
  const leasedFirst = [
    ...numbered.filter(([, transaction]) => hasLease(transaction)),
    ...numbered.filter(([, transaction]) => !hasLease(transaction)),
  ];
  for (const [index, transaction] of leasedFirst) {
    const bytes = bytesOf(transaction);
    let group = groups.at(-1);
    if (
      group === undefined ||
      group.bytes + bytes > mostBytes ||
      !isIndependent(group, transaction) ||
      !hasRoom(group, transaction, fits)
    ) {
      group = { indexes: [], compared: new Map(), written: new Set(), bytes: 0 };
      groups.push(group);
    }
    group.indexes.push(index);
    group.bytes += bytes;
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

function hasRoom({ compared, written }: Group, { compares, writes }: Transaction, fits: Fits): boolean {
  const more = compares.filter(({ key }) => !compared.has(key)).length;
  return fits(compared.size + more, written.size + writes.length);
}

/** An upper estimate: etcd gets a compared key twice; UTF-8 is at most three bytes a unit. */
function bytesOf({ compares, writes }: Transaction): number {
  let bytes = 0;
  for (const { key, value } of compares)
    bytes += 2 * (3 * key.length + BYTES_PER_OPERATION) + (value?.length ?? 0);
  for (const { key, value } of writes) bytes += 3 * key.length + BYTES_PER_OPERATION + (value?.length ?? 0);
  return bytes;
}

/** Whether a transaction writes under a lease. */
export function hasLease({ writes }: Transaction): boolean {
  return writes.some((write) => write.value !== null && write.lease !== undefined);
}
