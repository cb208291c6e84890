import { z } from 'zod';
import { NodeFault } from '../rpc/fault.ts';

/** A whole number that JSON carries without loss. */
export const count = z.int().min(0);

/** A value of a node in its shape. `what` names it in the text of the fault. Throws `malformed`. */
export function shaped<Value>(shape: z.ZodType<Value>, value: unknown, what: string): Value {
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  throw new NodeFault('malformed', `the node sent ${what} that cannot be read`);
}
