import type { Transaction, TransactionResult } from '../port.ts';

/**
 * Compare a transaction with the current values. Null if every compare holds; else the conflict with the
 * current values, in the order of the compares.
 */
export function conflictOf(
  transaction: Transaction,
  current: (key: string) => Uint8Array | null,
): TransactionResult | null {
  const values = transaction.compares.map(({ key }) => current(key));
  const holds = transaction.compares.every(({ value }, index) => sameBytes(value, values[index] ?? null));
  return holds ? null : { outcome: 'conflict', current: values };
}

function sameBytes(expected: Uint8Array | null, found: Uint8Array | null): boolean {
  if (expected === null || found === null) return expected === found;
  return Buffer.compare(expected, found) === 0;
}
