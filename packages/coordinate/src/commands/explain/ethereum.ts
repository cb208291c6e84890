import { NodeFault, type NodeRpc } from '@watchbill/chain';
import { openNode } from '@watchbill/chain/command/node';
import { fault, usageFault } from '@watchbill/kit';
import { lastWindow, RFC12_WINDOWS, safeBlock, windowOf } from '../../index.ts';
import { type ExplainFlags, given } from './flags.ts';
import { indexOf } from './rfc12-inputs.ts';

const RPC_TIMEOUT_MS = 20_000;
const QUANTITY = /^0x[0-9a-f]{1,16}$/;
const HASH = /^0x[0-9a-f]{64}$/;

/** First block of the window and the hash that feeds its seed: as given, or from a node of Ethereum. */
export async function readRfc12Chain(
  options: ExplainFlags,
): Promise<{ readonly block: string; readonly blockHash: string }> {
  const { chain, window, blockHash } = options;
  if (window !== undefined && options.block !== undefined)
    throw usageFault('--window and --block both choose the window', 'keep one of them', 'flag --window');
  const block = window === undefined ? options.block : firstBlock(window);
  if (chain === undefined)
    return { block: given(block, '--block'), blockHash: given(blockHash, '--block-hash') };
  if (blockHash !== undefined && block !== undefined) return { block, blockHash };
  const node = await openNode(chain, RPC_TIMEOUT_MS, 'flag --chain');
  try {
    const first = block ?? (await lastBlock(node));
    const height = safeBlock(windowOf(RFC12_WINDOWS, indexOf(first)));
    return { block: first, blockHash: blockHash ?? (await hashAt(node, height)) };
  } catch (error) {
    if (!(error instanceof NodeFault)) throw error;
    const { message: what, remedy } = error;
    throw fault(`node-${error.code}`, 'unreachable', { what, where: 'flag --chain', remedy }, error);
  } finally {
    node.close();
  }
}

function firstBlock(window: string): string {
  if (/^[1-9][0-9]{0,17}$/.test(window)) return `${windowOf(RFC12_WINDOWS, BigInt(window)).block}`;
  throw usageFault(
    `${window} is not the index of a window`,
    'give a whole number from 1, for example 42',
    'flag --window',
  );
}

async function lastBlock(node: NodeRpc): Promise<string> {
  const answer = await node.call('eth_blockNumber');
  if (typeof answer !== 'string' || !QUANTITY.test(answer))
    throw new NodeFault('malformed', `${node.address} did not report a height of Ethereum`);
  const window = lastWindow(RFC12_WINDOWS, BigInt(answer));
  if (window === null)
    throw usageFault('no window has begun on that chain', 'wait, or give --window', 'flag --chain');
  return `${window.block}`;
}

async function hashAt(node: NodeRpc, height: bigint): Promise<string> {
  const block = await node.call<{ hash?: unknown } | null>('eth_getBlockByNumber', [
    `0x${height.toString(16)}`,
    false,
  ]);
  const hash = block?.hash;
  if (typeof hash === 'string' && HASH.test(hash)) return hash;
  throw new NodeFault('malformed', `${node.address} has no block ${height}`);
}
