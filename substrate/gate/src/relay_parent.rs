//! The relay parent of a parachain block, as cumulus tells blocks apart.
//!
//! `cumulus-client-consensus-aura` counts blocks by (slot, number, relay parent), and takes the relay parent from the
//! header: `CumulusDigestItem::find_relay_block_identifier` of `cumulus-primitives-core` 0.26. Its two items are decoded
//! here, since that crate brings the primitives of the relay chain and a node of a solo chain needs none of them.

use codec::{Compact, Decode, DecodeAll};
use sp_runtime::{ConsensusEngineId, Digest, DigestItem};

/// `CUMULUS_CONSENSUS_ID`: a collator names the hash of the relay parent.
const BY_HASH: ConsensusEngineId = *b"CMLS";
/// `RPSR_CONSENSUS_ID`: the runtime names the storage root and the number of the relay parent.
const BY_STORAGE_ROOT: ConsensusEngineId = *b"RPSR";

/// The variant of `CumulusDigestItem` that is meant. Other variants do not decode as it.
#[derive(Decode)]
enum Item {
    #[codec(index = 0)]
    RelayParent([u8; 32]),
}

/// The first 8 bytes of the first identifier in the digest, as a big-endian number. Two relay parents that begin alike
/// share a unit, so that the second block is denied.
///
/// # Errors
/// A sentence for the log, if the digest names no relay parent.
pub(crate) fn relay_parent(digest: &Digest) -> Result<u64, &'static str> {
    let named = digest.logs().iter().find_map(identifier).ok_or(
        "its header names no relay parent, so the chain is no parachain: set Options::aura_unit to another unit",
    )?;
    let [a, b, c, d, e, f, g, h, ..] = named;
    Ok(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
}

fn identifier(item: &DigestItem) -> Option<[u8; 32]> {
    match item {
        DigestItem::Consensus(BY_HASH, bytes) => {
            let Item::RelayParent(hash) = Item::decode_all(&mut &bytes[..]).ok()?;
            Some(hash)
        }
        DigestItem::Consensus(BY_STORAGE_ROOT, bytes) => {
            let (root, _number) = <([u8; 32], Compact<u32>)>::decode_all(&mut &bytes[..]).ok()?;
            Some(root)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use codec::Encode;

    const FIRST: u64 = 0x0102_0304_0506_0708;

    fn id() -> [u8; 32] {
        std::array::from_fn(|n| n as u8 + 1)
    }

    fn by_hash(hash: [u8; 32]) -> DigestItem {
        DigestItem::Consensus(BY_HASH, (0u8, hash).encode())
    }

    fn by_root(root: [u8; 32]) -> DigestItem {
        DigestItem::Consensus(BY_STORAGE_ROOT, (root, Compact(70_000u32)).encode())
    }

    fn of(logs: Vec<DigestItem>) -> Result<u64, &'static str> {
        relay_parent(&Digest { logs })
    }

    #[test]
    fn it_is_named_by_hash_or_by_storage_root() {
        for item in [by_hash(id()), by_root(id())] {
            assert_eq!(of(vec![DigestItem::Other(vec![9]), item]), Ok(FIRST));
        }
    }

    #[test]
    fn the_first_identifier_counts_as_with_cumulus() {
        assert_eq!(of(vec![by_hash(id()), by_root([9; 32])]), Ok(FIRST));
        assert_eq!(of(vec![by_root(id()), by_hash([9; 32])]), Ok(FIRST));
    }

    #[test]
    fn nothing_else_is_one() {
        let other_variant = DigestItem::Consensus(BY_HASH, (1u8, id()).encode());
        let too_long = DigestItem::Consensus(BY_HASH, (0u8, id(), 0u8).encode());
        let too_short = DigestItem::Consensus(BY_STORAGE_ROOT, id().to_vec());
        let before_the_block = DigestItem::PreRuntime(BY_HASH, (0u8, id()).encode());
        for item in [other_variant, too_long, too_short, before_the_block] {
            assert_eq!(of(vec![item.clone(), by_root(id())]), Ok(FIRST));
            assert!(of(vec![item]).unwrap_err().contains("no relay parent"));
        }
    }
}
