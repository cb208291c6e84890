import { createHash } from 'node:crypto';
import { hexOf } from '@watchbill/chain';
import { keyFromSecret } from '@watchbill/chain/keys';
import { ecdsaKey } from '@watchbill/chain/testing';
import type { Account, Call } from './accounts.ts';

/** Session keys of a relay chain of 2026, in their order. */
const SESSION_KEYS = [
  ['grandpa', 'ed25519'],
  ['babe', 'sr25519'],
  ['para_validator', 'sr25519'],
  ['para_assignment', 'sr25519'],
  ['authority_discovery', 'sr25519'],
  ['beefy', 'ecdsa'],
] as const;

/** Each key signs this, followed by the owner's public key, to prove that its owner has it. */
const PROOF_PREFIX = Buffer.from('POP_');

export interface SessionKeys {
  readonly keys: string;
  readonly proof: string;
}

/** Fresh session keys of a validator, with the proof of ownership. */
export function sessionKeysOf({ key, signer }: Account): SessionKeys {
  const statement = Uint8Array.from(Buffer.concat([PROOF_PREFIX, signer.publicKey]));
  const pairs = SESSION_KEYS.map(([kind, scheme]) => {
    const secret = Uint8Array.from(createHash('sha256').update(`${kind} of ${key}`).digest());
    return scheme === 'ecdsa' ? ecdsaKey(secret) : keyFromSecret(scheme, secret);
  });
  return {
    keys: hexOf(Buffer.concat(pairs.map(({ publicKey }) => publicKey))),
    proof: hexOf(Buffer.concat(pairs.map((pair) => pair.sign(statement)))),
  };
}

/** Registers session keys on Asset Hub, which hands them to the relay. */
export function setKeys({ keys, proof }: SessionKeys): Call {
  return ['StakingRcClient', 'set_keys', { keys, proof, max_delivery_and_remote_execution_fee: null }];
}
