//! The runtime as the client sees it: which APIs there are, and no code.
//!
//! The node has no native runtime. Every call goes to the Wasm that the chain specification carries, but the client
//! wants a type that lists the APIs it may call. Both consensus APIs are listed; which of them the Wasm really has is
//! found out at start (`consensus::kind_of`). No body here is ever run: the types are only named.

use sp_runtime::{
    generic,
    traits::{BlakeTwo256, Block as BlockT},
    OpaqueExtrinsic,
};

/// Number of a block.
pub type BlockNumber = u32;
/// Header with the hash that relay chains and most solo chains use.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// Block whose extrinsics stay bytes: only the runtime knows what they mean.
pub type Block = generic::Block<Header, OpaqueExtrinsic>;
/// Hash of a block.
pub type Hash = <Block as BlockT>::Hash;
/// Account, for `system_accountNextIndex`.
pub type AccountId = sp_core::crypto::AccountId32;
/// Count of transactions of an account.
pub type Nonce = u32;

/// Never constructed: [`RuntimeApi`] is what the client is made with.
#[allow(dead_code)]
pub struct Runtime;

sp_api::impl_runtime_apis! {
    impl sp_api::Core<Block> for Runtime {
        fn version() -> sp_version::RuntimeVersion { unimplemented!() }
        fn execute_block(_: <Block as BlockT>::LazyBlock) { unimplemented!() }
        fn initialize_block(_: &<Block as BlockT>::Header) -> sp_runtime::ExtrinsicInclusionMode { unimplemented!() }
    }

    impl sp_api::Metadata<Block> for Runtime {
        fn metadata() -> sp_core::OpaqueMetadata { unimplemented!() }
        fn metadata_at_version(_: u32) -> Option<sp_core::OpaqueMetadata> { unimplemented!() }
        fn metadata_versions() -> Vec<u32> { unimplemented!() }
    }

    impl sp_block_builder::BlockBuilder<Block> for Runtime {
        fn apply_extrinsic(_: <Block as BlockT>::Extrinsic) -> sp_runtime::ApplyExtrinsicResult { unimplemented!() }
        fn finalize_block() -> <Block as BlockT>::Header { unimplemented!() }
        fn inherent_extrinsics(_: sp_inherents::InherentData) -> Vec<<Block as BlockT>::Extrinsic> { unimplemented!() }
        fn check_inherents(
            _: <Block as BlockT>::LazyBlock,
            _: sp_inherents::InherentData,
        ) -> sp_inherents::CheckInherentsResult { unimplemented!() }
    }

    impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
        fn validate_transaction(
            _: sp_runtime::transaction_validity::TransactionSource,
            _: <Block as BlockT>::Extrinsic,
            _: <Block as BlockT>::Hash,
        ) -> sp_runtime::transaction_validity::TransactionValidity { unimplemented!() }
    }

    impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
        fn offchain_worker(_: &<Block as BlockT>::Header) { unimplemented!() }
    }

    impl sp_session::SessionKeys<Block> for Runtime {
        fn generate_session_keys(_: Vec<u8>, _: Option<Vec<u8>>) -> sp_session::OpaqueGeneratedSessionKeys {
            unimplemented!()
        }
        fn decode_session_keys(_: Vec<u8>) -> Option<Vec<(Vec<u8>, sp_core::crypto::KeyTypeId)>> { unimplemented!() }
    }

    impl sp_consensus_babe::BabeApi<Block> for Runtime {
        fn configuration() -> sp_consensus_babe::BabeConfiguration { unimplemented!() }
        fn current_epoch_start() -> sp_consensus_babe::Slot { unimplemented!() }
        fn current_epoch() -> sp_consensus_babe::Epoch { unimplemented!() }
        fn next_epoch() -> sp_consensus_babe::Epoch { unimplemented!() }
        fn generate_key_ownership_proof(
            _: sp_consensus_babe::Slot,
            _: sp_consensus_babe::AuthorityId,
        ) -> Option<sp_consensus_babe::OpaqueKeyOwnershipProof> { unimplemented!() }
        fn submit_report_equivocation_unsigned_extrinsic(
            _: sp_consensus_babe::EquivocationProof<<Block as BlockT>::Header>,
            _: sp_consensus_babe::OpaqueKeyOwnershipProof,
        ) -> Option<()> { unimplemented!() }
    }

    impl sp_consensus_aura::AuraApi<Block, sp_consensus_aura::sr25519::AuthorityId> for Runtime {
        fn slot_duration() -> sp_consensus_aura::SlotDuration { unimplemented!() }
        fn authorities() -> Vec<sp_consensus_aura::sr25519::AuthorityId> { unimplemented!() }
    }

    impl sp_consensus_grandpa::GrandpaApi<Block> for Runtime {
        fn grandpa_authorities() -> sp_consensus_grandpa::AuthorityList { unimplemented!() }
        fn current_set_id() -> sp_consensus_grandpa::SetId { unimplemented!() }
        fn submit_report_equivocation_unsigned_extrinsic(
            _: sp_consensus_grandpa::EquivocationProof<
                <Block as BlockT>::Hash,
                sp_runtime::traits::NumberFor<Block>,
            >,
            _: sp_consensus_grandpa::OpaqueKeyOwnershipProof,
        ) -> Option<()> { unimplemented!() }
        fn generate_key_ownership_proof(
            _: sp_consensus_grandpa::SetId,
            _: sp_consensus_grandpa::AuthorityId,
        ) -> Option<sp_consensus_grandpa::OpaqueKeyOwnershipProof> { unimplemented!() }
    }

    impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
        fn account_nonce(_: AccountId) -> Nonce { unimplemented!() }
    }
}
