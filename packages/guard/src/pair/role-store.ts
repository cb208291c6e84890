import type { CallOptions, Store, Transaction } from '@watchbill/duty/store';
import { decodeRole, encodeRole, type RoleRecord } from './record.ts';

/** Key of the role record, below the prefix of the pair. */
export const ROLE_KEY = 'role';

/**
 * The record, linearizably; null if there is none. Rejects with a StoreFault, or a GuardFault for a record
 * that cannot be read.
 */
export async function readRole(store: Store, options?: CallOptions): Promise<RoleRecord | null> {
  const [value] = await store.read([ROLE_KEY], options);
  return value == null ? null : decodeRole(Buffer.from(value).toString());
}

/** A new record in the place of exactly this one, or of none. */
export function roleChange(from: RoleRecord | null, to: RoleRecord): Transaction {
  return {
    compares: [{ key: ROLE_KEY, value: bytesOf(from) }],
    writes: [{ key: ROLE_KEY, value: Buffer.from(encodeRole(to)) }],
  };
}

export function isSameRole(one: RoleRecord | null, other: RoleRecord | null): boolean {
  const [bytes, others] = [bytesOf(one), bytesOf(other)];
  return bytes === null || others === null ? bytes === others : bytes.equals(others);
}

const bytesOf = (record: RoleRecord | null): Buffer | null =>
  record === null ? null : Buffer.from(encodeRole(record));
