import { NodeFault } from '../rpc/fault.ts';

/** A whole number that JSON carried without loss. Throws `malformed`. */
export function safeCount(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new NodeFault('malformed', `${what} is not a whole number`);
}
