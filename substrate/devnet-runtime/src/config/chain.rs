//! Blocks, time, and what root and anyone may bundle.

use crate::{
    consensus::Author,
    types::{Balance, Block, SLOT_MS, VERSION},
    OriginCaller, PalletInfo, Runtime, RuntimeCall, RuntimeEvent, RuntimeOrigin, RuntimeTask,
};
use frame_support::{
    derive_impl, parameter_types,
    traits::{ConstU16, ConstU32, ConstU64},
    weights::{
        constants::{RocksDbWeight, WEIGHT_REF_TIME_PER_SECOND},
        Weight,
    },
};
use frame_system::limits::{BlockLength, BlockWeights};
use sp_runtime::Perbill;
use sp_version::RuntimeVersion;

/// Block hashes that are kept, and so the age at which a transaction may still be signed for.
const KEPT_BLOCK_HASHES: u32 = 4096;
const MAX_BLOCK_BYTES: u32 = 5 * 1024 * 1024;

parameter_types! {
    pub const Version: RuntimeVersion = VERSION;
    /// Half of a slot's time at most, three quarters of it for ordinary calls.
    pub Weights: BlockWeights = BlockWeights::with_sensible_defaults(
        Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND / 2, u64::MAX),
        Perbill::from_percent(75),
    );
    pub Length: BlockLength = BlockLength::builder().max_length(MAX_BLOCK_BYTES).build();
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
    type Block = Block;
    type AccountData = pallet_balances::AccountData<Balance>;
    type BlockHashCount = ConstU32<KEPT_BLOCK_HASHES>;
    type BlockWeights = Weights;
    type BlockLength = Length;
    type DbWeight = RocksDbWeight;
    type SS58Prefix = ConstU16<42>;
    type Version = Version;
}

impl pallet_timestamp::Config for Runtime {
    type Moment = u64;
    type OnTimestampSet = Author;
    type MinimumPeriod = ConstU64<{ SLOT_MS / 2 }>;
    type WeightInfo = ();
}

impl pallet_utility::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type PalletsOrigin = OriginCaller;
    type WeightInfo = ();
}

impl pallet_sudo::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type WeightInfo = ();
}
