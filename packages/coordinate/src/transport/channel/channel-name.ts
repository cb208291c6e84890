import { ECDH } from 'node:crypto';

/**
 * The name of a wallet's channel, which is its topic: `tbtc-`, the 65 bytes of its uncompressed public key in
 * hex, `-coordination`. Takes 33 or 65 bytes; throws a RangeError for other lengths, and for bytes that are
 * not a point of secp256k1.
 */
export function channelName(walletKey: Uint8Array): string {
  try {
    const whole = ECDH.convertKey(walletKey, 'secp256k1', undefined, undefined, 'uncompressed');
    return `tbtc-${Buffer.from(whole).toString('hex')}-coordination`;
  } catch (cause) {
    throw new RangeError('expected a public key of secp256k1: the 33 or 65 bytes of a point', {
      cause,
    });
  }
}
