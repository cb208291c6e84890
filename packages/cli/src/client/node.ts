import type { ConnectOptions, NodeRpc } from '@watchbill/chain';
import { usageFault } from '../process/fault.ts';

/** A client of a node. A malformed address is a usage fault. `where`: for example `flag --node`. */
export function openNode(url: string, timeoutMs: number, where: string): Promise<NodeRpc> {
  return open(url, { timeoutMs }, where);
}

/** The same for a command that runs for months: its connections take little memory. */
export async function openLeanNode(url: string, timeoutMs: number, where: string): Promise<NodeRpc> {
  const { openWsSocket } = await import('@watchbill/chain');
  return await open(url, { timeoutMs, openSocket: openWsSocket }, where);
}

async function open(url: string, options: ConnectOptions, where: string): Promise<NodeRpc> {
  const { connectNode, NodeFault } = await import('@watchbill/chain');
  try {
    return connectNode(url, options);
  } catch (error) {
    if (error instanceof NodeFault) throw usageFault(error.message, error.remedy, where);
    throw error;
  }
}
