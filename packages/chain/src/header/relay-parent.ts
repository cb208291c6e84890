import { NodeFault } from '../rpc/fault.ts';
import { bytesOfHex } from '../scale/hex.ts';
import { scaleReader } from '../scale/reader.ts';
import type { EngineItem } from './digest.ts';

/** cumulus-primitives-core's `CUMULUS_CONSENSUS_ID`: the collator names the hash of the relay parent. */
const BY_HASH = 'CMLS';
/** Its `RPSR_CONSENSUS_ID`: the runtime names storage root and number of the relay parent. */
const BY_STORAGE_ROOT = 'RPSR';
/** Index of `CumulusDigestItem::RelayParent`. */
const RELAY_PARENT = 0;
const IDENTIFIER_BYTES = 32;

/**
 * The relay parent of a parachain block, as the duty `aura-parachain` counts it: the first 8 bytes of its
 * identifier, which is its hash or its storage root, as a big-endian number. Null for a block of another
 * chain. `consensus`: the consensus items of the header, of which the first that names one counts, as in
 * `CumulusDigestItem::find_relay_block_identifier`. Decision 0047.
 */
export function relayParentOf(consensus: readonly EngineItem[]): bigint | null {
  for (const item of consensus) {
    const found = identifierOf(item);
    if (found !== null) return Buffer.from(found).readBigUInt64BE();
  }
  return null;
}

/** An item that cannot be read names none, as in cumulus. */
function identifierOf({ engine, data }: EngineItem): Uint8Array | null {
  if (engine !== BY_HASH && engine !== BY_STORAGE_ROOT) return null;
  const what = `the digest item ${engine}`;
  const reader = scaleReader(bytesOfHex(data, what), what);
  try {
    if (engine === BY_HASH && reader.u8() !== RELAY_PARENT) return null;
    const identifier = reader.fixed(IDENTIFIER_BYTES);
    if (engine === BY_STORAGE_ROOT) reader.compact();
    reader.end();
    return identifier;
  } catch (error) {
    if (error instanceof NodeFault) return null;
    throw error;
  }
}
