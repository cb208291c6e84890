import { finalizedHead, genesisHash, type Head } from '../header/header.ts';
import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { bytesOfHex } from '../scale/hex.ts';
import { littleEndian } from '../scale/number-bytes.ts';
import { storageKey } from '../scale/storage-key.ts';
import { countedNode } from './count.ts';

/** An endpoint's state at a poll. */
export type Probe =
  | {
      readonly result: 'answered';
      readonly genesis: string;
      readonly head: Head;
      readonly headMs: number | null;
    }
  | { readonly result: 'silent'; readonly fault: NodeFault };

const NOW_KEY = storageKey('Timestamp', 'Now');

/** Genesis, finalised head and the head's own time of an endpoint. Never rejects. */
export async function probe(node: NodeRpc, timeoutMs: number): Promise<Probe> {
  const { node: hurried } = countedNode(node, () => timeoutMs);
  try {
    const genesis = await genesisHash(hurried);
    const head = await finalizedHead(hurried);
    const stored = await hurried.call('state_getStorage', [NOW_KEY, head.hash]);
    return { result: 'answered', genesis, head, headMs: momentOf(stored) };
  } catch (error) {
    if (error instanceof NodeFault) return { result: 'silent', fault: error };
    throw error;
  }
}

/** Eight bytes, little-endian; null if the chain has no clock. */
function momentOf(stored: unknown): number | null {
  if (stored === null) return null;
  const bytes = bytesOfHex(stored, 'the time of a block');
  if (bytes.length !== 8) return null;
  const moment = littleEndian(bytes);
  return moment <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(moment) : null;
}
