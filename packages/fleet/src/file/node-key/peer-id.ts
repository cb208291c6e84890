import { createPrivateKey, createPublicKey } from 'node:crypto';
import { base58 } from '@scure/base';

/** A private key of ed25519 in PKCS 8, up to its 32 bytes (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
/** The identity hash over a key of ed25519, as the specification of peer ids of libp2p has it. */
const IDENTITY = Buffer.from('002408011220', 'hex');
const KEY_BYTES = 32;

/** The peer id of the node that has the 32 bytes as its node key. */
export function peerIdOf(nodeKey: Uint8Array): string {
  if (nodeKey.length !== KEY_BYTES)
    throw new RangeError(`a node key has ${KEY_BYTES} bytes, not ${nodeKey.length}`);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, nodeKey]), format: 'der', type: 'pkcs8' });
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return base58.encode(Buffer.concat([IDENTITY, der.subarray(der.length - KEY_BYTES)]));
}
