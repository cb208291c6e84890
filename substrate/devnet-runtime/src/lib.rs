//! `watchbill-devnet-runtime`: the consensus side of a relay chain, or of a solo chain with Aura, run fast. One block
//! a second, sessions of [`types::EPOCH_SLOTS`] slots, a new GRANDPA set every few sessions; session keys change with
//! proofs of their owner, equivocations are reported and recorded, and root adds and removes validators.
//!
//! Features: `babe` (the default) or `aura` names who authors a block. GRANDPA finalises in both.

#![no_std]
#![recursion_limit = "512"]

extern crate alloc;

mod apis;
mod config;
mod consensus;
mod genesis;
mod transactions;
mod types;
mod validator_set;

use alloc::vec::Vec;

/// The pallets. The one of the block authors comes before the session's, which asks it whether a session ends.
macro_rules! runtime_with {
    ($Author:ident = $pallet:ident) => {
        #[frame_support::runtime]
        mod runtime {
            #[runtime::runtime]
            #[runtime::derive(
                RuntimeCall,
                RuntimeEvent,
                RuntimeError,
                RuntimeOrigin,
                RuntimeFreezeReason,
                RuntimeHoldReason,
                RuntimeSlashReason,
                RuntimeLockId,
                RuntimeTask,
                RuntimeViewFunction
            )]
            pub struct Runtime;

            #[runtime::pallet_index(0)]
            pub type System = frame_system;
            #[runtime::pallet_index(1)]
            pub type $Author = $pallet;
            #[runtime::pallet_index(2)]
            pub type Timestamp = pallet_timestamp;
            #[runtime::pallet_index(4)]
            pub type Balances = pallet_balances;
            #[runtime::pallet_index(5)]
            pub type Authorship = pallet_authorship;
            #[runtime::pallet_index(6)]
            pub type ValidatorSet = crate::validator_set;
            #[runtime::pallet_index(7)]
            pub type Offences = pallet_offences;
            #[runtime::pallet_index(8)]
            pub type Session = pallet_session;
            #[runtime::pallet_index(10)]
            pub type Grandpa = pallet_grandpa;
            #[runtime::pallet_index(11)]
            pub type ImOnline = pallet_im_online;
            #[runtime::pallet_index(12)]
            pub type AuthorityDiscovery = pallet_authority_discovery;
            #[runtime::pallet_index(16)]
            pub type Utility = pallet_utility;
            #[runtime::pallet_index(22)]
            pub type Proxy = pallet_proxy;
            #[runtime::pallet_index(26)]
            pub type TransactionPayment = pallet_transaction_payment;
            #[runtime::pallet_index(27)]
            pub type Historical = pallet_session::historical;
            #[runtime::pallet_index(255)]
            pub type Sudo = pallet_sudo;
        }
    };
}

#[cfg(feature = "babe")]
runtime_with!(Babe = pallet_babe);
#[cfg(not(feature = "babe"))]
runtime_with!(Aura = pallet_aura);
