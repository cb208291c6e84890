import { NodeFault } from '@watchbill/chain';
import { RotationFault } from './keys-fault.ts';

/** Asks a node before any change: a missing answer is a refusal. Throws a RotationFault. */
export async function asked<Value>(ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof NodeFault)) throw error;
    throw new RotationFault(
      'node',
      `the node returned an unusable answer: ${error.message}`,
      'check that it runs and is in sync; keys are requested on its own machine, over loopback, with --rpc-methods auto or unsafe',
      error,
    );
  }
}

/** The bytes of hex that a record holds. */
export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.slice(2), 'hex'));
}
