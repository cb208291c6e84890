import { NodeFault } from '../rpc/fault.ts';
import { bytesOfHex } from '../scale/hex.ts';
import { scaleReader } from '../scale/reader.ts';
import type { EngineItem } from './digest.ts';

/** The slot of a header. Aura has no author in it: it is authority (slot mod number of authorities). */
export type SlotClaim =
  | {
      readonly consensus: 'babe';
      readonly slot: bigint;
      readonly claim: 'primary' | 'secondary-plain' | 'secondary-vrf';
      /** Index into the authorities of the block's epoch. */
      readonly authorityIndex: number;
    }
  | { readonly consensus: 'aura'; readonly slot: bigint };

/** By the index in sp-consensus-babe's `PreDigest`, which begins with 1. */
const CLAIMS = [undefined, 'primary', 'secondary-plain', 'secondary-vrf'] as const;

/** VRF output (32 bytes) and proof (64 bytes) of an sr25519 key. */
const VRF_BYTES = 96;

/** The claim in a pre-runtime item; null if it is of another engine. Throws `malformed`. */
export function slotClaim({ engine, data }: EngineItem): SlotClaim | null {
  if (engine !== 'BABE' && engine !== 'aura') return null;
  const what = `the pre-runtime digest of ${engine}`;
  const reader = scaleReader(bytesOfHex(data, what), what);
  if (engine === 'aura') {
    const slot = reader.u64();
    reader.end();
    return { consensus: 'aura', slot };
  }
  const index = reader.u8();
  const claim = CLAIMS[index];
  if (claim === undefined)
    throw new NodeFault('malformed', `${what} is a claim of the unknown kind ${index}`);
  const authorityIndex = reader.u32();
  const slot = reader.u64();
  if (claim !== 'secondary-plain') reader.fixed(VRF_BYTES);
  reader.end();
  return { consensus: 'babe', slot, claim, authorityIndex };
}
