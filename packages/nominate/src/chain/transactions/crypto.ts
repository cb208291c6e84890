import { bytesOfHex, hexOf } from '@watchbill/chain';
import { blake2Hash } from '@watchbill/chain/extrinsics';
import { keyFromSecret, verifySignature } from '@watchbill/chain/keys';
import type { KeyMaker, TransactionCrypto } from '../../transactions/index.ts';

/** blake2b and signatures as the chains have them. */
export const transactionCrypto: TransactionCrypto = {
  hash256: (bytes) => blake2Hash(bytesOfHex(bytes, 'what is hashed')),
  verify: (scheme, account, message, signature) =>
    verifySignature(
      { scheme, publicKey: bytesOfHex(account, 'an account') },
      bytesOfHex(message, 'what is signed'),
      bytesOfHex(signature, 'a signature'),
    ),
};

/**
 * The key of 32 secret bytes: a seed (ed25519) or a mini-secret (sr25519). Throws a RangeError that does not
 * show them.
 */
export const makeKey: KeyMaker = (scheme, secret) => {
  const { publicKey, sign } = keyFromSecret(scheme, secret);
  return { account: hexOf(publicKey), sign };
};
