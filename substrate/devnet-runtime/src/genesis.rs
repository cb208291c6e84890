//! Presets of 1, 2, 4, 5 and 6 validators on the well-known development keys: the stash of validator `//Alice` is
//! `//Alice//stash`, its session keys are `//Alice` (sr25519; ed25519 for GRANDPA).

use crate::{
    consensus::{complete_genesis, session_keys, SessionKeys},
    types::{AccountId, Balance, UNIT},
};
use alloc::{string::ToString, vec::Vec};
use sp_genesis_builder::PresetId;
use sp_keyring::{Ed25519Keyring as Ed, Sr25519Keyring as Sr};

/// The names, each with its number of validators.
pub const PRESETS: [(&str, usize); 5] = [("dev1", 1), ("dev2", 2), ("dev4", 4), ("dev5", 5), ("dev6", 6)];

/// Stash, sr25519 key, ed25519 key.
type Identity = (Sr, Sr, Ed);

const IDENTITIES: [Identity; 6] = [
    (Sr::AliceStash, Sr::Alice, Ed::Alice),
    (Sr::BobStash, Sr::Bob, Ed::Bob),
    (Sr::CharlieStash, Sr::Charlie, Ed::Charlie),
    (Sr::DaveStash, Sr::Dave, Ed::Dave),
    (Sr::EveStash, Sr::Eve, Ed::Eve),
    (Sr::FerdieStash, Sr::Ferdie, Ed::Ferdie),
];

/// What every account has at first.
const ENDOWMENT: Balance = 1_000_000 * UNIT;
/// Every how many sessions the set is handed over anew.
const SESSIONS_PER_ERA: u32 = 3;

/// The genesis of this name, as the JSON that the genesis builder takes.
pub fn preset(id: &PresetId) -> Option<Vec<u8>> {
    let name: &str = id.as_ref();
    let (_, count) = PRESETS.iter().find(|(known, _)| *known == name)?;
    let (validators, others) = IDENTITIES.split_at_checked(*count)?;
    let mut genesis = serde_json::json!({
        "balances": { "balances": endowments() },
        "validatorSet": {
            "validators": validators.iter().map(|(stash, ..)| stash.to_account_id()).collect::<Vec<_>>(),
            "sessionsPerEra": SESSIONS_PER_ERA,
        },
        "session": {
            "keys": keys_of(validators),
            // The others have keys too, so that root can add them at once.
            "nonAuthorityKeys": keys_of(others),
        },
        "sudo": { "key": Some(Sr::Alice.to_account_id()) },
    });
    complete_genesis(&mut genesis);
    Some(genesis.to_string().into_bytes())
}

fn endowments() -> Vec<(AccountId, Balance)> {
    let accounts = IDENTITIES.iter().flat_map(|(stash, sr, _)| [stash, sr]);
    accounts.map(|who| (who.to_account_id(), ENDOWMENT)).collect()
}

fn keys_of(identities: &[Identity]) -> Vec<(AccountId, AccountId, SessionKeys)> {
    let keys = |(stash, sr, ed): &Identity| {
        (
            stash.to_account_id(),
            stash.to_account_id(),
            session_keys(*sr, *ed),
        )
    };
    identities.iter().map(keys).collect()
}
