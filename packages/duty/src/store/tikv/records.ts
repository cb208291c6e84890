import type { Budget } from '../grpc/budget.ts';
import { StoreFault } from '../port.ts';
import type { KeySpace } from '../shared/key-space.ts';
import { byteText } from './keys.ts';
import type { Cluster } from './requests.ts';
import { type Moment, readAt } from './snapshot.ts';
import { physicalMs } from './timestamp.ts';

/**
 * A record in TiKV: one byte that marks it as this store's, one for its form, the lease if it has one, then
 * the value. TiKV takes an empty value for an absent one, and this one is never empty.
 */
export interface Entry {
  readonly value: Uint8Array;
  /** The lease without which the record is absent; null: it stays. */
  readonly lease: string | null;
}

const MAGIC = 0x77;
const PLAIN = 1;
const LEASED = 2;
const LEASE = 3;
const HEAD_BYTES = 2;
const LEASE_RECORD_BYTES = HEAD_BYTES + 16;

export function encodeEntry({ value, lease }: Entry): Uint8Array {
  const id = lease === null ? null : Buffer.from(lease);
  const head = id === null ? [MAGIC, PLAIN] : [MAGIC, LEASED, id.length, ...id];
  const bytes = new Uint8Array(head.length + value.length);
  bytes.set(head);
  bytes.set(value, head.length);
  return bytes;
}

/** Null if the bytes are not a record of this store. The value is a copy. */
export function decodeEntry(bytes: Uint8Array): Entry | null {
  if (bytes[0] !== MAGIC) return null;
  if (bytes[1] === PLAIN) return { value: bytes.slice(HEAD_BYTES), lease: null };
  const idLength = bytes[HEAD_BYTES];
  if (bytes[1] !== LEASED || idLength === undefined) return null;
  const begin = HEAD_BYTES + 1 + idLength;
  if (idLength === 0 || begin > bytes.length) return null;
  return { value: bytes.slice(begin), lease: Buffer.from(bytes.subarray(HEAD_BYTES + 1, begin)).toString() };
}

/** The requested time of a lease, and its end by PD's clock in Unix milliseconds. */
export interface LeaseRecord {
  readonly ttlMs: number;
  readonly endsAtMs: number;
}

export function encodeLease({ ttlMs, endsAtMs }: LeaseRecord): Uint8Array {
  const bytes = Buffer.alloc(LEASE_RECORD_BYTES);
  bytes[0] = MAGIC;
  bytes[1] = LEASE;
  bytes.writeBigUInt64BE(BigInt(ttlMs), HEAD_BYTES);
  bytes.writeBigUInt64BE(BigInt(endsAtMs), HEAD_BYTES + 8);
  return bytes;
}

export function decodeLease(bytes: Uint8Array): LeaseRecord | null {
  if (bytes.length !== LEASE_RECORD_BYTES || bytes[0] !== MAGIC || bytes[1] !== LEASE) return null;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    ttlMs: Number(view.readBigUInt64BE(HEAD_BYTES)),
    endsAtMs: Number(view.readBigUInt64BE(HEAD_BYTES + 8)),
  };
}

/** Reads records together with their leases. */
export interface Reader {
  readonly cluster: Cluster;
  readonly keys: KeySpace;
  /** The lease of a key at its last read or write: a guess that saves a round trip. */
  readonly leaseHints: Map<string, string>;
}

/** Records and leases at one moment. */
export type State = ReturnType<typeof stateOf>;

/** Enough for every leased record of a ledger; when full it is begun anew. */
const MAX_HINTS = 10_000;

/** The records of these keys and their leases, all at one moment; null if the reader would not wait. */
export async function stateAt(
  reader: Reader,
  names: readonly string[],
  leases: readonly string[],
  moment: Moment,
  budget: Budget,
): Promise<State | null> {
  const { cluster, keys, leaseHints } = reader;
  const guessed = new Set([...leases, ...names.flatMap((name) => leaseHints.get(name) ?? [])]);
  const wanted = [...names.map((name) => keys.encode(name)), ...[...guessed].map((id) => keys.lease(id))];
  const found = await readAt(cluster, wanted, moment, budget);
  if (found === null) return null;
  const entries = new Map(
    names.map((name) => {
      const bytes = found.get(byteText(keys.encode(name)));
      return [name, bytes === undefined ? null : entryOrThrow(bytes, name)] as const;
    }),
  );
  const more = [...entries.values()].flatMap((entry) => entry?.lease ?? []).filter((id) => !guessed.has(id));
  const others = new Set(more);
  const leaseKeys = [...others].map((id) => keys.lease(id));
  const rest =
    others.size === 0 ? new Map<string, Uint8Array>() : await readAt(cluster, leaseKeys, moment, budget);
  if (rest === null) return null;
  for (const [name, entry] of entries) hint(leaseHints, name, entry?.lease ?? null);
  const records = new Map<string, LeaseRecord | null>();
  for (const id of [...guessed, ...others]) {
    const bytes = found.get(byteText(keys.lease(id))) ?? rest.get(byteText(keys.lease(id)));
    records.set(id, bytes === undefined ? null : leaseOrThrow(bytes, id));
  }
  return stateOf(entries, records, moment.ts);
}

function stateOf(
  entries: ReadonlyMap<string, Entry | null>,
  records: ReadonlyMap<string, LeaseRecord | null>,
  ts: bigint,
) {
  const leaseAlive = (id: string): boolean => isAlive(records.get(id) ?? null, ts);
  return {
    leaseAlive,
    /** The lease of a record, alive or not. */
    leaseOf: (key: string): string | null => entries.get(key)?.lease ?? null,
    /**
     * The value, or null if the key is absent or its lease has ended. Throws `damaged` for bytes of another
     * program.
     */
    valueOf: (key: string): Uint8Array | null => {
      const entry = entries.get(key) ?? null;
      if (entry === null) return null;
      return entry.lease === null || leaseAlive(entry.lease) ? entry.value : null;
    },
  };
}

/** A lease is alive while PD's clock, as timestamps carry it, is before its end. */
export function isAlive(record: LeaseRecord | null, ts: bigint): boolean {
  return record !== null && physicalMs(ts) < record.endsAtMs;
}

export function hint(hints: Map<string, string>, name: string, lease: string | null): void {
  if (lease === null) {
    hints.delete(name);
    return;
  }
  if (hints.size >= MAX_HINTS) hints.clear();
  hints.set(name, lease);
}

/** Throws `damaged` for bytes that this store did not write. */
export function entryOrThrow(bytes: Uint8Array, name: string): Entry {
  return decodeEntry(bytes) ?? foreign(`the record ${JSON.stringify(name)}`);
}

export function leaseOrThrow(bytes: Uint8Array, id: string): LeaseRecord {
  return decodeLease(bytes) ?? foreign(`the record of lease ${id}`);
}

function foreign(what: string): never {
  throw new StoreFault(
    'damaged',
    `${what} in TiKV does not have the form of this store`,
    'another program or another version writes under this prefix: give each ledger a different prefix',
  );
}
