//! BABE: slots are drawn by lot, an epoch is a session.

use crate::{
    config::validators::ReportSlots,
    types::{EPOCH_SLOTS, MAX_VALIDATORS, SLOT_MS},
    AuthorityDiscovery, Babe, Grandpa, Historical, ImOnline, Offences, Runtime, Session,
};
use alloc::vec::Vec;
use frame_support::traits::{ConstU32, ConstU64};
use serde_json::{json, Value};
use sp_consensus_babe::{AllowedSlots, BabeEpochConfiguration};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::impl_opaque_keys;

/// A quarter of the slots have a primary author; a secondary one fills the rest, so that no slot is empty.
pub const GENESIS_EPOCH: BabeEpochConfiguration = BabeEpochConfiguration {
    c: (1, 4),
    allowed_slots: AllowedSlots::PrimaryAndSecondaryVRFSlots,
};

/// Knows the author of a block, and the end of a session.
pub type Author = Babe;
/// Says when a session ends.
pub type SessionEnd = Babe;
/// The validator's account behind the author of a block.
pub type AuthorAccount = pallet_session::FindAccountFromAuthorIndex<Runtime, Babe>;

impl_opaque_keys! {
    pub struct SessionKeys {
        pub grandpa: Grandpa,
        pub babe: Babe,
        pub im_online: ImOnline,
        pub authority_discovery: AuthorityDiscovery,
    }
}

/// The session keys of one development identity.
pub fn session_keys(sr: Sr25519Keyring, ed: Ed25519Keyring) -> SessionKeys {
    SessionKeys {
        grandpa: ed.public().into(),
        babe: sr.public().into(),
        im_online: sr.public().into(),
        authority_discovery: sr.public().into(),
    }
}

/// Adds the pallet's own part to a genesis.
pub fn complete_genesis(genesis: &mut Value) {
    genesis["babe"] = json!({ "epochConfig": GENESIS_EPOCH });
}

impl pallet_babe::Config for Runtime {
    type EpochDuration = ConstU64<{ EPOCH_SLOTS as u64 }>;
    type ExpectedBlockTime = ConstU64<SLOT_MS>;
    // The session pallet changes epochs.
    type EpochChangeTrigger = pallet_babe::ExternalTrigger;
    type DisabledValidators = Session;
    type WeightInfo = ();
    type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
    type MaxNominators = ConstU32<0>;
    type KeyOwnerProof = sp_session::MembershipProof;
    type EquivocationReportSystem =
        pallet_babe::EquivocationReportSystem<Self, Offences, Historical, ReportSlots>;
}
