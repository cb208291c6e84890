import { Fault, systemFault } from '@watchbill/kit';
import { type Look, seen, unread } from '../doctor/facts.ts';

/** A reading as a fact: a node or file that does not answer gives a reason. Other errors are defects. */
export async function looking<Value>(read: () => Promise<Value>): Promise<Look<Value>> {
  try {
    return seen(await read());
  } catch (error) {
    const known = error instanceof Fault ? error : systemFault(error);
    if (known === null) throw error;
    return unread(known.message);
  }
}
