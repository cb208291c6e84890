//! Proxies: an account that may act for another, within what its kind allows.

use crate::{types::UNIT, Balances, Runtime, RuntimeCall, RuntimeEvent, System};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::{ConstU128, ConstU32, InstanceFilter};
use sp_runtime::traits::BlakeTwo256;

/// What a proxy may do; names as on relay chains and Asset Hub.
#[derive(
    Copy,
    Clone,
    Default,
    Eq,
    PartialEq,
    Ord,
    PartialOrd,
    Debug,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    scale_info::TypeInfo,
)]
pub enum ProxyType {
    /// Everything.
    #[default]
    Any,
    /// Everything but moving tokens and being root.
    NonTransfer,
    /// The set of validators and session keys.
    Staking,
    /// Session keys only.
    StakingOperator,
    /// Turning down what another proxy announced.
    CancelProxy,
}

impl InstanceFilter<RuntimeCall> for ProxyType {
    fn filter(&self, call: &RuntimeCall) -> bool {
        use RuntimeCall::{Balances, Proxy, Session, Sudo, Utility, ValidatorSet};
        match self {
            ProxyType::Any => true,
            ProxyType::NonTransfer => !matches!(call, Balances(..) | Sudo(..)),
            ProxyType::Staking => matches!(call, Session(..) | ValidatorSet(..) | Utility(..)),
            ProxyType::StakingOperator => matches!(call, Session(..) | Utility(..)),
            ProxyType::CancelProxy => matches!(call, Proxy(pallet_proxy::Call::reject_announcement { .. })),
        }
    }

    fn is_superset(&self, other: &Self) -> bool {
        match (self, other) {
            (mine, theirs) if mine == theirs => true,
            (ProxyType::Any, _) => true,
            (_, ProxyType::Any) => false,
            (ProxyType::NonTransfer, _) => true,
            (ProxyType::Staking, ProxyType::StakingOperator) => true,
            _ => false,
        }
    }
}

impl pallet_proxy::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type Currency = Balances;
    type ProxyType = ProxyType;
    type ProxyDepositBase = ConstU128<UNIT>;
    type ProxyDepositFactor = ConstU128<{ UNIT / 10 }>;
    type MaxProxies = ConstU32<32>;
    type WeightInfo = ();
    type MaxPending = ConstU32<32>;
    type CallHasher = BlakeTwo256;
    type AnnouncementDepositBase = ConstU128<UNIT>;
    type AnnouncementDepositFactor = ConstU128<{ UNIT / 10 }>;
    type BlockNumberProvider = System;
}
