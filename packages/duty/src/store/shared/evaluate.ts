import type { Transaction, TransactionResult } from '../port.ts';

/**
 * Compare a transaction with the current values. Null if every compare holds; else the conflict with the
 * current values, in the order of the compares.
 *
 * @param compared the current value, which is only compared
 * @param copied a copy of it, for the caller; by default what `compared` gives
 */
export function conflictOf(
  { compares }: Transaction,
  compared: (key: string) => Uint8Array | null,
  copied: (key: string) => Uint8Array | null = compared,
): TransactionResult | null {
  const holds = compares.every(({ key, value }) => sameValue(value, compared(key)));
  return holds ? null : { outcome: 'conflict', current: compares.map(({ key }) => copied(key)) };
}

/** Whether two values, or absences, are the same. */
export function sameValue(one: Uint8Array | null, other: Uint8Array | null): boolean {
  if (one === null || other === null) return one === other;
  return one === other || Buffer.compare(one, other) === 0;
}
