import { createHash } from 'node:crypto';
import { hexOf, NodeFault } from '@watchbill/chain';
import { readExtrinsic } from '@watchbill/chain/extrinsics';
import { DEVNET } from './devnet.ts';

export interface Block {
  readonly hash: string;
  readonly extrinsics: readonly Uint8Array[];
  readonly nonces: ReadonlyMap<string, number>;
  readonly keys: ReadonlyMap<string, string>;
}

/** An extrinsic that waits for a block. */
export interface Pooled {
  readonly bytes: Uint8Array;
  /** See {@link deathOf}. */
  readonly deadAt: number;
}

/** The signer of an extrinsic, its nonce, and its call in hex. Throws a {@link NodeFault} for other bytes. */
export function authorOf(bytes: Uint8Array): {
  readonly account: string;
  readonly nonce: number;
  readonly call: string;
} {
  const read = readExtrinsic(DEVNET, bytes);
  if (read === null || read.author === null)
    throw new NodeFault('refused', 'no extrinsic', { rpcCode: 1010 });
  return {
    account: hexOf(read.author.account),
    nonce: read.author.nonce,
    call: Buffer.from(read.call).toString('hex'),
  };
}

/** Takes the first extrinsic out of the pool that a block of this height may include. */
export function taken(
  pool: Pooled[],
  nonces: ReadonlyMap<string, number>,
  height: number,
): readonly Uint8Array[] {
  const ready = pool.findIndex(({ bytes, deadAt }) => {
    const { account, nonce } = authorOf(bytes);
    return deadAt > height && nonce === (nonces.get(account) ?? 0);
  });
  return ready < 0 ? [] : pool.splice(ready, 1).map(({ bytes }) => bytes);
}

/** The height from which on no block may include an extrinsic of this height. */
export function deathOf(bytes: Uint8Array, height: number): number {
  const lengthBytes = [1, 2, 4][(bytes[0] ?? 0) & 3] ?? 4;
  // Version, address and signature come first, each signature with its kind.
  const at = lengthBytes + 1 + 33 + 65;
  const era = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  const [period, phase] = [2 ** ((era & 0xf) + 1), era >> 4];
  return height - ((height + period - phase) % period) + period;
}

export function hashOf(height: bigint): string {
  return `0x${createHash('sha256').update(`fake block ${height}`).digest('hex')}`;
}
