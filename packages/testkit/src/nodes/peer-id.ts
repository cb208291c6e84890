import { ed25519PublicKey } from './dev-keys.ts';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/**
 * Identity multihash of 36 bytes over a protobuf: key type ed25519, 32 bytes of key (libp2p's peer id
 * specification).
 */
const PREFIX = Buffer.from('002408011220', 'hex');

/** The peer id that a node has for the 32 bytes of its node key. */
export function peerIdOf(nodeKey: Uint8Array): string {
  return base58(Buffer.concat([PREFIX, ed25519PublicKey(nodeKey)]));
}

/** The text of bytes in the alphabet of Bitcoin, as in peer ids and SS58 addresses. */
export function base58(bytes: Uint8Array): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (; rest > 0n; rest /= 58n) text = ALPHABET.charAt(Number(rest % 58n)) + text;
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return ALPHABET.charAt(0).repeat(zeros === -1 ? bytes.length : zeros) + text;
}
