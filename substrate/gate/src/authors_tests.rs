//! Authors told by a runtime that is none.

use super::*;
// The macro of the mock wants its block by this name.
use crate::testing::TestBlock as Block;
use codec::Encode;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_babe::{
    digests::{PreDigest, SecondaryPlainPreDigest},
    AllowedSlots, AuthorityId as BabeId, BabeEpochConfiguration,
};
use sp_core::{
    crypto::{key_types, KeyTypeId, UncheckedFrom},
    H256,
};
use sp_keystore::{testing::MemoryKeystore, Keystore};
use sp_runtime::DigestItem;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

#[derive(Clone)]
struct FakeRuntime {
    babe: [Vec<u8>; 2],
    aura: Vec<u8>,
    asked: Arc<AtomicUsize>,
}

fn epoch(index: u64, keys: &[u8]) -> Epoch {
    let authorities = keys.iter().map(|n| (babe_id(*n), 1)).collect();
    let config = BabeEpochConfiguration {
        c: (1, 4),
        allowed_slots: AllowedSlots::PrimarySlots,
    };
    let start_slot = (index * 10).into();
    Epoch {
        epoch_index: index,
        start_slot,
        duration: 10,
        authorities,
        randomness: [0; 32],
        config,
    }
}

fn babe_id(n: u8) -> BabeId {
    BabeId::unchecked_from([n; 32])
}

fn aura_id(n: u8) -> AuraId {
    AuraId::unchecked_from([n; 32])
}

sp_api::mock_impl_runtime_apis! {
    impl sp_consensus_babe::BabeApi<Block> for FakeRuntime {
        fn current_epoch(&self) -> Epoch {
            epoch(3, &self.babe[0])
        }
        fn next_epoch(&self) -> Epoch {
            epoch(4, &self.babe[1])
        }
    }

    impl sp_consensus_aura::AuraApi<Block, AuraId> for FakeRuntime {
        fn authorities(&self) -> Vec<AuraId> {
            self.aura.iter().map(|n| aura_id(*n)).collect()
        }
    }
}

impl ProvideRuntimeApi<Block> for FakeRuntime {
    type Api = Self;
    fn runtime_api(&self) -> sp_api::ApiRef<'_, Self> {
        self.asked.fetch_add(1, Relaxed);
        self.clone().into()
    }
}

fn runtime() -> Arc<FakeRuntime> {
    Arc::new(FakeRuntime {
        babe: [vec![1, 2], vec![3, 4, 5]],
        aura: vec![6, 7, 8],
        asked: Arc::default(),
    })
}

fn babe_digest(slot: u64, authority_index: u32) -> DigestItem {
    let digest = SecondaryPlainPreDigest {
        authority_index,
        slot: slot.into(),
    };
    DigestItem::babe_pre_digest(PreDigest::SecondaryPlain(digest))
}

fn aura_digest(slot: u64) -> DigestItem {
    DigestItem::PreRuntime(AURA_ENGINE_ID, Slot::from(slot).encode())
}

fn babe(logs: Vec<DigestItem>) -> Result<Author, String> {
    AuthorKeys::<Block>::author(&BabeAuthors::new(runtime()), H256::zero(), &Digest { logs })
}

fn aura(logs: Vec<DigestItem>) -> Result<Author, String> {
    let authors = AuraAuthors::<_, AuraId>::new(runtime());
    AuthorKeys::<Block>::author(&authors, H256::zero(), &Digest { logs })
}

#[test]
fn babe_takes_the_authorities_of_the_epoch_of_the_slot() {
    for (slot, index, key) in [(30, 0, 1), (39, 1, 2), (40, 0, 3), (41, 2, 5), (999, 1, 4)] {
        let author = babe(vec![babe_digest(slot, index)]).expect("an author");
        assert_eq!(
            author,
            Author {
                duty: Duty::Babe,
                slot,
                key: vec![key; 32]
            }
        );
    }
}

#[test]
fn an_epoch_is_read_once() {
    let runtime = runtime();
    let authors = BabeAuthors::new(runtime.clone());
    let key = |slot, index| {
        let logs = vec![babe_digest(slot, index)];
        AuthorKeys::<Block>::author(&authors, H256::zero(), &Digest { logs }).map(|author| author.key)
    };
    assert_eq!([key(30, 0), key(39, 1)], [Ok(vec![1; 32]), Ok(vec![2; 32])]);
    assert_eq!(runtime.asked.load(Relaxed), 1);
    assert_eq!([key(40, 0), key(49, 2)], [Ok(vec![3; 32]), Ok(vec![5; 32])]);
    assert_eq!(runtime.asked.load(Relaxed), 2);
    assert_eq!(key(31, 1), Ok(vec![2; 32]), "back in the epoch before");
    assert_eq!(runtime.asked.load(Relaxed), 3);
}

#[test]
fn an_index_that_does_not_exist_is_an_error() {
    assert!(babe(vec![babe_digest(30, 2)])
        .unwrap_err()
        .contains("no authority 2"));
    assert!(babe(vec![babe_digest(30, u32::MAX)]).is_err());
}

#[test]
fn aura_takes_turns() {
    for (slot, key) in [(0, 6), (1, 7), (2, 8), (300, 6)] {
        let author = aura(vec![aura_digest(slot)]).expect("an author");
        assert_eq!(
            author,
            Author {
                duty: Duty::Aura,
                slot,
                key: vec![key; 32]
            }
        );
    }
}

#[test]
fn a_block_without_exactly_one_slot_has_no_author() {
    assert!(babe(vec![]).unwrap_err().contains("no BABE"));
    assert!(babe(vec![aura_digest(1)]).unwrap_err().contains("no BABE"));
    assert!(babe(vec![babe_digest(30, 0), babe_digest(31, 0)])
        .unwrap_err()
        .contains("more than one"));
    assert!(aura(vec![babe_digest(30, 0)]).unwrap_err().contains("no Aura"));
    assert!(aura(vec![aura_digest(1), aura_digest(1)])
        .unwrap_err()
        .contains("more than one"));
}

/// A keystore with this public key. Nothing is signed with it, so any secret will do.
fn keystore_with(kind: KeyTypeId, n: u8) -> KeystorePtr {
    let keystore = MemoryKeystore::new();
    keystore.insert(kind, "//Any", &[n; 32]).expect("kept in memory");
    Arc::new(keystore)
}

fn known(duty: Duty, key: [u8; 32]) -> Arc<dyn AuthorKeys<Block>> {
    struct Known(Author);
    impl AuthorKeys<Block> for Known {
        fn author(&self, _: H256, _: &Digest) -> Result<Author, String> {
            Ok(self.0.clone())
        }
    }
    let key = key.to_vec();
    Arc::new(Known(Author { duty, slot: 10, key }))
}

#[test]
fn an_author_has_a_key_of_its_kind_in_a_wrapped_keystore() {
    let wrapped = Arc::new(Wrapped::default());
    let is_held = |duty, n: u8| {
        let authors = HeldAuthors::new(known(duty, [n; 32]), wrapped.clone());
        authors.author(H256::zero(), &Digest::default()).is_ok()
    };
    assert!(is_held(Duty::Babe, 1), "before any keystore is wrapped");
    let babe = keystore_with(key_types::BABE, 1);
    for keystore in [babe.clone(), babe, keystore_with(key_types::AURA, 2)] {
        wrapped.add(&keystore);
    }
    assert_eq!(wrapped.0.lock().len(), 2, "each once");
    assert!(is_held(Duty::Babe, 1) && is_held(Duty::Aura, 2));
    assert!(is_held(Duty::AuraBlocks, 2) && is_held(Duty::AuraParachain, 2));
    assert!(!is_held(Duty::Aura, 1) && !is_held(Duty::Babe, 2) && !is_held(Duty::Babe, 9));
    assert!(is_held(Duty::Grandpa, 9), "refused later, as no duty of blocks");
}

#[test]
fn the_epoch_of_a_fork_that_was_left_is_read_again() {
    let wrapped = Arc::new(Wrapped::default());
    wrapped.add(&keystore_with(key_types::BABE, 1));
    let runtime = runtime();
    let babe = BabeAuthors::new(runtime.clone());
    let fork = epoch(3, &[7, 8]);
    *babe.epoch.lock() = Some(fork);
    let authors = HeldAuthors::<Block>::new(Arc::new(babe), wrapped);
    let author = |index| {
        let logs = vec![babe_digest(30, index)];
        authors.author(H256::zero(), &Digest { logs })
    };
    assert_eq!(author(0).expect("held").key, vec![1; 32]);
    assert_eq!(runtime.asked.load(Relaxed), 1);
    let why = author(1).expect_err("[2; 32] is not here");
    assert!(why.contains("0x0202") && why.contains("slot 30"), "{why}");
    assert_eq!(runtime.asked.load(Relaxed), 2, "read again once");
}
