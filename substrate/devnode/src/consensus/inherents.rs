//! What an author puts into each block beside transactions.

use crate::{
    partial::Client,
    runtime::{Hash, Header},
};
use codec::Encode;
use sp_inherents::{Error, InherentData, InherentDataProvider, InherentIdentifier};
use sp_version::RuntimeVersion;

/// Identifier of the parachain inherent of relay runtimes (`polkadot-primitives`, `PARACHAINS_INHERENT_IDENTIFIER`).
const PARACHAINS: InherentIdentifier = *b"parachn0";

/// The parachain inherent of a relay chain, always empty; nothing at all on other chains.
pub struct Parachains(Option<EmptyParachains>);

/// `polkadot-primitives`, `InherentData`, without any content.
#[derive(Encode)]
struct EmptyParachains {
    bitfields: Vec<()>,
    backed_candidates: Vec<()>,
    disputes: Vec<()>,
    parent_header: Header,
}

impl Parachains {
    /// For a block on top of `parent`; `wanted` as [`wants_parachains`] said.
    pub fn on(
        client: &Client,
        parent: Hash,
        wanted: bool,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        if !wanted {
            return Ok(Self(None));
        }
        let parent_header = client
            .header(parent)?
            .ok_or_else(|| format!("block {parent} has no header here"))?;
        Ok(Self(Some(EmptyParachains {
            bitfields: Vec::new(),
            backed_candidates: Vec::new(),
            disputes: Vec::new(),
            parent_header,
        })))
    }
}

#[async_trait::async_trait]
impl InherentDataProvider for Parachains {
    async fn provide_inherent_data(&self, data: &mut InherentData) -> Result<(), Error> {
        match &self.0 {
            Some(empty) => data.put_data(PARACHAINS, empty),
            None => Ok(()),
        }
    }

    async fn try_handle_error(&self, _: &InherentIdentifier, _: &[u8]) -> Option<Result<(), Error>> {
        None
    }
}

/// Whether a runtime is that of a relay chain. The trait is named by its id, the hash of its name, because its crate is
/// that of the relay chain.
pub fn wants_parachains(version: &RuntimeVersion) -> bool {
    version.has_api_with(&sp_crypto_hashing::blake2_64(b"ParachainHost"), |_| true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sp_api::RuntimeApiInfo;

    #[test]
    fn the_id_of_an_api_is_the_hash_of_its_name() {
        let id = <dyn sp_consensus_babe::BabeApi<crate::runtime::Block>>::ID;
        assert_eq!(id, sp_crypto_hashing::blake2_64(b"BabeApi"));
    }

    #[test]
    fn only_a_relay_runtime_wants_parachains() {
        let mut version = RuntimeVersion::default();
        assert!(!wants_parachains(&version));
        version.apis = vec![([0xaf, 0x2c, 0x02, 0x97, 0xa2, 0x3e, 0x6d, 0x3d], 11)].into();
        assert!(wants_parachains(&version));
    }

    #[test]
    fn provides_nothing_where_nothing_is_wanted() {
        let mut data = InherentData::new();
        futures::executor::block_on(Parachains(None).provide_inherent_data(&mut data)).unwrap();
        assert_eq!(data.len(), 0);
    }
}
