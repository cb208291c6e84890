import { bytesOfHex, hexOf, type RawHeader } from '@watchbill/chain';
import { blake2b256 } from './blake2b.ts';

/**
 * Hash of a header with its seal, computed from the header in a subscription, which has no hash: BLAKE2b-256
 * of its SCALE bytes (sp-runtime's `generic::Header`). No RPC returns the hash of a block that lost.
 */
export function headerHash(raw: RawHeader): string {
  const bytes = (text: string, what: string): Uint8Array => bytesOfHex(text, what);
  return hexOf(
    blake2b256(
      Buffer.concat([
        bytes(raw.parentHash, 'the parent of a header'),
        compact(Number(raw.number)),
        bytes(raw.stateRoot, 'the state root of a header'),
        bytes(raw.extrinsicsRoot, 'the extrinsics root of a header'),
        compact(raw.digest.logs.length),
        ...raw.digest.logs.map((log) => bytes(log, 'a digest item')),
      ]),
    ),
  );
}

/** SCALE's compact form of a number below 2^30. */
export function compact(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** 30)
    throw new RangeError(`no number of a test chain: ${value}`);
  if (value < 2 ** 6) return Uint8Array.of(value << 2);
  const bytes = Buffer.alloc(value < 2 ** 14 ? 2 : 4);
  if (bytes.length === 2) bytes.writeUInt16LE(value * 4 + 1);
  else bytes.writeUInt32LE(value * 4 + 2);
  return bytes;
}
