//! Validators: their sessions and keys, finality, offences and heartbeats.

use crate::{
    consensus::{AuthorAccount, SessionEnd, SessionKeys},
    types::{AccountId, EPOCH_SLOTS, MAX_VALIDATORS, REPORT_SESSIONS},
    validator_set, Balances, Historical, ImOnline, Offences, Runtime, RuntimeEvent, ValidatorSet,
};
use frame_support::{
    parameter_types,
    traits::{ConstU32, ConstU64},
};
use pallet_im_online::sr25519::AuthorityId as ImOnlineId;
use pallet_session::{disabling::UpToLimitWithReEnablingDisablingStrategy, historical};
use sp_runtime::{
    traits::{ConvertInto, OpaqueKeys},
    transaction_validity::TransactionPriority,
};

parameter_types! {
    /// How long an equivocation can be reported, in slots.
    pub const ReportSlots: u64 = REPORT_SESSIONS * EPOCH_SLOTS as u64;
    pub const HeartbeatPriority: TransactionPriority = TransactionPriority::MAX;
}

impl pallet_session::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type ValidatorId = AccountId;
    type ValidatorIdOf = ConvertInto;
    type ShouldEndSession = SessionEnd;
    type NextSessionRotation = SessionEnd;
    type SessionManager = historical::NoteHistoricalRoot<Self, ValidatorSet>;
    type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
    type Keys = SessionKeys;
    type DisablingStrategy = UpToLimitWithReEnablingDisablingStrategy;
    type WeightInfo = ();
    type Currency = Balances;
    type KeyDeposit = ();
}

impl historical::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type FullIdentification = ();
    type FullIdentificationOf = validator_set::NoIdentification;
}

impl validator_set::Config for Runtime {
    type AdminOrigin = frame_system::EnsureRoot<AccountId>;
    type MaxValidators = ConstU32<MAX_VALIDATORS>;
}

impl pallet_authorship::Config for Runtime {
    type FindAuthor = AuthorAccount;
    type EventHandler = ImOnline;
}

impl pallet_grandpa::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = ();
    type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
    type MaxNominators = ConstU32<0>;
    type MaxSetIdSessionEntries = ConstU64<REPORT_SESSIONS>;
    type KeyOwnerProof = sp_session::MembershipProof;
    type EquivocationReportSystem =
        pallet_grandpa::EquivocationReportSystem<Self, Offences, Historical, ReportSlots>;
}

impl pallet_offences::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type IdentificationTuple = historical::IdentificationTuple<Self>;
    type OnOffenceHandler = ValidatorSet;
}

impl pallet_im_online::Config for Runtime {
    type AuthorityId = ImOnlineId;
    type MaxKeys = ConstU32<MAX_VALIDATORS>;
    type MaxPeerInHeartbeats = ConstU32<MAX_VALIDATORS>;
    type RuntimeEvent = RuntimeEvent;
    type ValidatorSet = Historical;
    type NextSessionRotation = SessionEnd;
    type ReportUnresponsiveness = Offences;
    type UnsignedPriority = HeartbeatPriority;
    type WeightInfo = pallet_im_online::weights::SubstrateWeight<Runtime>;
}

impl pallet_authority_discovery::Config for Runtime {
    type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
}
