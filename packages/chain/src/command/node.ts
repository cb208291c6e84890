import { usageFault } from '@watchbill/kit';
import type { NodeRpc } from '../index.ts';

/** A client of a node. A malformed address is a usage fault. `where`: for example `flag --node`. */
export async function openNode(url: string, timeoutMs: number, where: string): Promise<NodeRpc> {
  const { connectNode, NodeFault } = await import('../index.ts');
  try {
    return connectNode(url, { timeoutMs });
  } catch (error) {
    if (error instanceof NodeFault) throw usageFault(error.message, error.remedy, where);
    throw error;
  }
}
