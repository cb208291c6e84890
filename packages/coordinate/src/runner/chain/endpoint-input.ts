import { bytesOfHex, finalizedHead, type NodeRpc, storageKey } from '@watchbill/chain';
import type { InputAsk } from '../../rules.ts';

/** Every input has this many bytes. */
const INPUT_BYTES = 32;

/** An input from one node. Throws if it has not finalised that height, or cannot answer. */
export async function endpointInput(node: NodeRpc, { kind, height }: InputAsk): Promise<Uint8Array> {
  const { number } = await finalizedHead(node);
  if (BigInt(number) < height)
    throw new Error(`${node.address} has finalised only block ${number}; block ${height} is needed`);
  const hash = await node.call('chain_getBlockHash', [Number(height)]);
  const bytes = sized(bytesOfHex(hash, `the hash of block ${height}`), `the hash of block ${height}`);
  if (kind === 'block-hash') return bytes;
  const stored = await node.call('state_getStorage', [storageKey('Babe', 'Randomness'), hash]);
  if (stored === null)
    throw new Error(
      `${node.address}: the chain has no epoch randomness of BABE; use \`seedSource: block-hash\``,
    );
  return sized(bytesOfHex(stored, 'the epoch randomness'), 'the epoch randomness');
}

function sized(bytes: Uint8Array, what: string): Uint8Array {
  if (bytes.length === INPUT_BYTES) return bytes;
  throw new Error(`${what} must have ${INPUT_BYTES} bytes; got ${bytes.length}`);
}
