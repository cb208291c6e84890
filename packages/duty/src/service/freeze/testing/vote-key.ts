import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { SeenVote } from '../../contract.ts';

/** The header of an Ed25519 secret key in PKCS #8 (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const KEY_BYTES = 32;

/** A key of GRANDPA that signs votes as a node does. */
export function voteKey(seed: string) {
  const secret = createPrivateKey({
    key: Buffer.concat([PKCS8, Buffer.from(seed.repeat(KEY_BYTES), 'hex')]),
    format: 'der',
    type: 'pkcs8',
  });
  const key = `0x${createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES).toString('hex')}`;
  const vote = (unit: string, digest: string, part: SeenVote['part'] = 'precommit'): SeenVote => {
    const [set = '', round = ''] = unit.split('/');
    const message = Buffer.alloc(53);
    message.writeUInt8(part === 'prevote' ? 0 : 1);
    message.set(Buffer.from(digest.slice(2, 66), 'hex'), 1);
    message.writeUInt32LE(Number(`0x${digest.slice(66)}`), 33);
    message.writeBigUInt64LE(BigInt(round), 37);
    message.writeBigUInt64LE(BigInt(set), 45);
    const signature = `0x${sign(null, message, secret).toString('hex')}`;
    return { key, unit, part, digest, signature, block: { number: '101', hash: `0x${'77'.repeat(32)}` } };
  };
  return { key, vote };
}

/** The digest of a vote for block 101 of this hash. */
export function target(byte: string): string {
  return `0x${byte.repeat(32)}${(101).toString(16).padStart(16, '0')}`;
}
