//! Aura: authors take turns, a session is a number of blocks. Two seals for one slot are not reported to this chain: the
//! pallet has no report for them. Two GRANDPA votes are.

use crate::{
    types::{EPOCH_SLOTS, MAX_VALIDATORS, SLOT_MS},
    Aura, AuthorityDiscovery, Grandpa, ImOnline, Runtime, Session,
};
use alloc::vec::Vec;
use frame_support::traits::{ConstBool, ConstU32, ConstU64};
use serde_json::Value;
use sp_consensus_aura::sr25519::AuthorityId;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::impl_opaque_keys;

/// Knows the author of a block.
pub type Author = Aura;
/// Says when a session ends.
pub type SessionEnd = pallet_session::PeriodicSessions<ConstU32<EPOCH_SLOTS>, ConstU32<0>>;
/// The validator's account behind the author of a block.
pub type AuthorAccount = pallet_session::FindAccountFromAuthorIndex<Runtime, Aura>;

impl_opaque_keys! {
    pub struct SessionKeys {
        pub grandpa: Grandpa,
        pub aura: Aura,
        pub im_online: ImOnline,
        pub authority_discovery: AuthorityDiscovery,
    }
}

/// The session keys of one development identity.
pub fn session_keys(sr: Sr25519Keyring, ed: Ed25519Keyring) -> SessionKeys {
    SessionKeys {
        grandpa: ed.public().into(),
        aura: sr.public().into(),
        im_online: sr.public().into(),
        authority_discovery: sr.public().into(),
    }
}

/// The pallet takes its authorities from the first session and needs nothing else.
pub fn complete_genesis(_: &mut Value) {}

impl pallet_aura::Config for Runtime {
    type AuthorityId = AuthorityId;
    type DisabledValidators = Session;
    type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
    type AllowMultipleBlocksPerSlot = ConstBool<false>;
    type SlotDuration = ConstU64<SLOT_MS>;
}
