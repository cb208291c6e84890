import { Blake2256 } from '@polkadot-api/substrate-bindings';
import { type RawHeader, readHeader } from '../header/header.ts';
import { relayParentOf } from '../header/relay-parent.ts';
import { verifySignature } from '../keys/verify.ts';
import { auraAuthorities, babeAuthorities } from '../reads/authorities.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { bytesOfHex, hexOf } from '../scale/hex.ts';
import { compactBytes } from '../scale/number-bytes.ts';

/** A block with its author, whose seal was checked. */
export interface AuthoredBlock {
  readonly duty: 'babe' | 'aura';
  /** Public key of the author, `0x…`. */
  readonly key: string;
  readonly slot: bigint;
  /** Of a parachain block, as the unit of `aura-parachain` has it; null on other chains. */
  readonly relayParent: bigint | null;
  /** Hash of the header without its seal: the bytes that the author signed. `0x…` */
  readonly digest: string;
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
}

const SEAL_ENGINE = { babe: 'BABE', aura: 'aura' } as const;

/**
 * The author of a header, found by its seal among the authorities of the block. Null for a block without one
 * seal of BABE or Aura, and if no authority made it: for example an encoding that this release does not
 * know. Throws a {@link NodeFault}.
 */
export async function authoredBlock(node: NodeRpc, raw: RawHeader): Promise<AuthoredBlock | null> {
  const { number, parentHash, digest } = readHeader(raw);
  const { slot: claim, seals } = digest;
  const [seal] = seals;
  if (claim === null || seal === undefined || seals.length !== 1) return null;
  const duty = claim.consensus;
  if (seal.engine !== SEAL_ENGINE[duty]) return null;
  const unsealed = unsealedHash(raw);
  const signature = bytesOfHex(seal.data, 'a seal');
  const isAuthor = (key: string | undefined): key is string =>
    key !== undefined && isSealOf(key, unsealed, signature);
  const hash = headerHash(raw);
  // The first block of an epoch may have other authorities than its parent's state shows.
  for (const at of [parentHash, hash]) {
    const key =
      claim.consensus === 'babe'
        ? (await babeAuthorities(node, at))[claim.authorityIndex]?.key
        : turnOf(await auraAuthorities(node, at), claim.slot);
    if (isAuthor(key))
      return {
        ...{ duty, key, slot: claim.slot, relayParent: relayParentOf(digest.consensus) },
        ...{ digest: hexOf(unsealed), number, hash, parentHash },
      };
  }
  return null;
}

/** The authority whose turn a slot of Aura is; undefined without authorities. */
export function turnOf(authorities: readonly string[], slot: bigint): string | undefined {
  return authorities.length === 0 ? undefined : authorities[Number(slot % BigInt(authorities.length))];
}

function isSealOf(key: string, message: Uint8Array, signature: Uint8Array): boolean {
  const publicKey = bytesOfHex(key, 'an authority');
  return (['sr25519', 'ed25519'] as const).some((scheme) =>
    verifySignature({ scheme, publicKey }, message, signature),
  );
}

/** Hash of a header without its seal, the last item of its digest: the bytes that the author signs. */
export function unsealedHash(raw: RawHeader): Uint8Array {
  return blake2b(raw, raw.digest.logs.slice(0, -1));
}

/** `0x…`: the hash of the block with this header. No RPC returns that of a block that lost. */
export function headerHash(raw: RawHeader): string {
  return hexOf(blake2b(raw, raw.digest.logs));
}

/** BLAKE2b-256 of a header's SCALE bytes (sp-runtime's `generic::Header`) with these digest items. */
function blake2b(raw: RawHeader, logs: readonly string[]): Uint8Array {
  const bytes = (text: string): Uint8Array => bytesOfHex(text, 'a header');
  return Blake2256(
    Buffer.concat([
      bytes(raw.parentHash),
      compactBytes(BigInt(raw.number)),
      bytes(raw.stateRoot),
      bytes(raw.extrinsicsRoot),
      compactBytes(BigInt(logs.length)),
      ...logs.map(bytes),
    ]),
  );
}
