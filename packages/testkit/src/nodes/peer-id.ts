import { base58 } from '@scure/base';
import { ed25519PublicKey } from './dev-keys.ts';

/**
 * Identity multihash of 36 bytes over a protobuf: key type ed25519, 32 bytes of key (libp2p's peer id
 * specification).
 */
const PREFIX = Buffer.from('002408011220', 'hex');

/** The peer id that a node has for the 32 bytes of its node key. */
export function peerIdOf(nodeKey: Uint8Array): string {
  return base58.encode(Buffer.concat([PREFIX, ed25519PublicKey(nodeKey)]));
}
