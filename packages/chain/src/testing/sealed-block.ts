import { generateKeyPairSync, sign } from 'node:crypto';
import type { RawHeader } from '../header/header.ts';
import { unsealedHash } from '../observe/authored.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const OTHER = `0x${'5a'.repeat(32)}`;
/** The author of each {@link auraBlock}. */
export const AURA_KEY = `0x${publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex')}`;

/** A block of Aura with these items between its slot and its seal. */
export function auraBlock(slot: bigint, ...items: readonly string[]) {
  const claim = Buffer.alloc(8);
  claim.writeBigUInt64LE(slot);
  const logs = [`0x066175726120${claim.toString('hex')}`, ...items];
  const of = (...seal: readonly string[]): RawHeader => ({
    ...{ parentHash: OTHER, number: '0x40', stateRoot: OTHER, extrinsicsRoot: OTHER },
    digest: { logs: [...logs, ...seal] },
  });
  const unsealed = unsealedHash(of('0x'));
  const header = of(`0x05617572610101${sign(null, unsealed, privateKey).toString('hex')}`);
  return { header, digest: `0x${Buffer.from(unsealed).toString('hex')}` };
}
