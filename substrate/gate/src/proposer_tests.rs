//! Blocks of a proposer that is none, sealed through the gate's own keystore registry.

use crate::{
    testing::{denied, unknown, FakePermits, FakeTime, TestBlock, SLOT},
    AuraUnit, Author, AuthorKeys, Gate, Options, SealDeadline,
};
use codec::Encode;
use futures::{executor::block_on, future::ready};
use sp_consensus::{Environment, Error as ConsensusError, Proposal, ProposeArgs, Proposer};
use sp_core::{crypto::key_types, sr25519, ByteArray, Pair, H256};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystorePtr};
use sp_runtime::{generic::Header, traits::BlakeTwo256, Digest, DigestItem};
use std::{sync::Arc, time::Duration};
use watchbill_client::{Answer, Claim, Duty, Part, Unit};

type TestHeader = Header<u32, BlakeTwo256>;

fn header(number: u32) -> TestHeader {
    let zero = H256::zero();
    Header {
        parent_hash: zero,
        number,
        state_root: zero,
        extrinsics_root: zero,
        digest: Digest::default(),
    }
}

/// Builds the block after the parent, or fails.
struct FakeEnvironment {
    fails: bool,
}

struct FakeProposer {
    number: u32,
    fails: bool,
}

impl Environment<TestBlock> for FakeEnvironment {
    type Proposer = FakeProposer;
    type CreateProposer = futures::future::Ready<Result<FakeProposer, ConsensusError>>;
    type Error = ConsensusError;

    fn init(&mut self, parent: &TestHeader) -> Self::CreateProposer {
        ready(Ok(FakeProposer {
            number: parent.number + 1,
            fails: self.fails,
        }))
    }
}

impl Proposer<TestBlock> for FakeProposer {
    type Error = ConsensusError;
    type Proposal = futures::future::Ready<Result<Proposal<TestBlock>, ConsensusError>>;

    fn propose(self, args: ProposeArgs<TestBlock>) -> Self::Proposal {
        let block = TestBlock {
            header: TestHeader {
                digest: args.inherent_digests,
                ..header(self.number)
            },
            extrinsics: vec![],
        };
        let built = Proposal {
            block,
            storage_changes: Default::default(),
        };
        ready(if self.fails {
            Err(ConsensusError::NoIntermediate)
        } else {
            Ok(built)
        })
    }
}

struct FakeAuthors(Result<Author, String>);

impl AuthorKeys<TestBlock> for FakeAuthors {
    fn author(&self, parent: H256, _: &Digest) -> Result<Author, String> {
        assert_eq!(parent, header(6).hash());
        self.0.clone()
    }
}

struct Bench {
    permits: Arc<FakePermits>,
    gate: Gate,
    keystore: KeystorePtr,
    key: sr25519::Public,
    time: FakeTime,
}

/// A second into slot 10.
fn bench() -> Bench {
    bench_of(AuraUnit::Slot)
}

fn bench_of(aura_unit: AuraUnit) -> Bench {
    bench_with(Options {
        aura_unit,
        ..Options::default()
    })
}

fn bench_with(options: Options) -> Bench {
    let permits = FakePermits::saying(Answer::Granted);
    let time = FakeTime::at(10);
    time.pass(Duration::from_secs(1));
    let options = Options {
        clock: time.clocks().wall,
        monotonic: time.clocks().monotonic,
        ..options
    };
    let gate = Gate::new(permits.clone(), options);
    let plain = MemoryKeystore::new();
    let key = sr25519::Pair::from_seed(&[1; 32]).public();
    for kind in [key_types::BABE, key_types::AURA] {
        plain
            .insert(kind, &format!("0x{}", hex::encode([1; 32])), key.as_slice())
            .expect("kept in memory");
    }
    let keystore = gate.keystore(Arc::new(plain));
    Bench {
        permits,
        gate,
        keystore,
        key,
        time,
    }
}

impl Bench {
    fn author(&self, duty: Duty) -> Result<Author, String> {
        Ok(Author {
            duty,
            slot: 10,
            key: self.key.to_vec(),
        })
    }

    /// Proposes the block after number 6, or says why not.
    fn propose(&self, author: Result<Author, String>, fails: bool) -> Result<TestHeader, String> {
        self.propose_with(author, fails, vec![])
    }

    /// The same; the header of the block has these items in its digest.
    fn propose_with(
        &self,
        author: Result<Author, String>,
        fails: bool,
        logs: Vec<DigestItem>,
    ) -> Result<TestHeader, String> {
        let mut environment =
            self.gate
                .environment(FakeEnvironment { fails }, Arc::new(FakeAuthors(author)), SLOT);
        let proposer = block_on(environment.init(&header(6))).map_err(|e| e.to_string())?;
        let args = ProposeArgs {
            inherent_digests: Digest { logs },
            ..Default::default()
        };
        block_on(proposer.propose(args))
            .map(|p| p.block.header)
            .map_err(|e| e.to_string())
    }

    fn seals(&self, header: &TestHeader) -> bool {
        self.keystore
            .sr25519_sign(key_types::BABE, &self.key, header.hash().as_ref())
            .is_ok()
    }
}

#[test]
fn a_granted_block_is_sealed_once() {
    let b = bench();
    let built = b.propose(b.author(Duty::Babe), false).expect("granted");
    let (digest, unit) = (Some(built.hash().0.to_vec()), Unit::Slot(10));
    let claim = Claim {
        key: b.key.to_vec(),
        duty: Duty::Babe,
        unit,
        part: Part::Seal,
        digest,
        term: None,
    };
    assert_eq!(b.permits.asked(), vec![claim]);
    assert!(b.seals(&built));
    assert!(!b.seals(&built));
}

#[test]
fn a_block_that_is_not_granted_is_dropped_with_slot_and_reason() {
    let answers = [
        (denied("unit-taken"), "unit-taken"),
        (denied("unit-past"), "unit-past"),
        (denied("word-refused"), "word-refused"),
        (unknown(), "deadline"),
    ];
    for (answer, reason) in answers {
        let b = bench();
        b.permits.otherwise(answer);
        let why = b.propose(b.author(Duty::Babe), false).expect_err("dropped");
        assert!(
            why.contains("slot 10") && why.contains(reason) && why.contains("/v1/decisions"),
            "{why}"
        );
        assert!(!b.seals(&header(7)));
    }
}

#[test]
fn a_late_block_is_not_asked_for() {
    let b = bench();
    b.time.set_wall(Duration::from_secs(64));
    let why = b.propose(b.author(Duty::Babe), false).expect_err("dropped");
    assert!(why.contains("slot 10") && why.contains("two thirds"), "{why}");
    assert_eq!(b.permits.asked(), vec![]);
    assert!(!b.seals(&header(7)));
}

#[test]
fn a_slot_that_is_over_is_asked_for_where_slots_come_from_a_relay_parent() {
    let over = Duration::from_secs(72);
    for (seal_deadline, asked) in [
        (SealDeadline::Percent(100), false),
        (
            SealDeadline::SlotsFromRelayParent {
                late: Duration::from_secs(6),
            },
            false,
        ),
        (
            SealDeadline::SlotsFromRelayParent {
                late: Duration::from_secs(7),
            },
            true,
        ),
    ] {
        let b = bench_with(Options {
            seal_deadline,
            ..Options::default()
        });
        b.time.set_wall(over);
        assert_eq!(b.propose(b.author(Duty::Aura), false).is_ok(), asked);
        assert_eq!(b.permits.asked().len(), usize::from(asked));
    }
}

#[test]
fn a_slot_is_sealed_once_whatever_the_service_says() {
    let b = bench();
    let built = b.propose(b.author(Duty::Babe), false).expect("granted");
    assert!(b.seals(&built));
    let why = b.propose(b.author(Duty::Babe), false).expect_err("dropped");
    assert!(why.contains("this process had a block"), "{why}");
    assert!(!b.seals(&built));
}

#[test]
fn a_block_without_a_known_author_is_not_built() {
    let b = bench();
    let why = b.propose(Err("no digest".into()), false).expect_err("dropped");
    assert!(why.contains("no digest"), "{why}");
    assert_eq!(b.permits.asked(), vec![]);
}

#[test]
fn what_the_inner_proposer_fails_at_is_passed_on() {
    let b = bench();
    let why = b.propose(b.author(Duty::Babe), true).expect_err("failed");
    assert_eq!(why, ConsensusError::NoIntermediate.to_string());
    assert_eq!(b.permits.asked(), vec![]);
}

#[test]
fn several_blocks_of_a_slot_are_told_apart_where_the_chain_has_them() {
    let many = bench_of(AuraUnit::SlotAndNumber);
    assert!(many.propose(many.author(Duty::Aura), false).is_ok());
    let asked = many.permits.asked();
    assert_eq!(
        (asked[0].duty, asked[0].unit),
        (Duty::AuraBlocks, Unit::SlotBlock { slot: 10, number: 7 })
    );
    let single = bench();
    assert!(single.propose(single.author(Duty::Aura), false).is_ok());
    let asked = single.permits.asked();
    assert_eq!((asked[0].duty, asked[0].unit), (Duty::Aura, Unit::Slot(10)));
}

/// Names the relay parent whose storage root begins with this byte.
fn on_relay_parent(first: u8) -> Vec<DigestItem> {
    let root: [u8; 32] = std::array::from_fn(|n| if n == 0 { first } else { 0 });
    vec![DigestItem::Consensus(
        *b"RPSR",
        (root, codec::Compact(70u32)).encode(),
    )]
}

#[test]
fn blocks_of_a_slot_and_number_are_told_apart_by_their_relay_parents() {
    let b = bench_of(AuraUnit::RelayParent);
    let propose = |first| b.propose_with(b.author(Duty::Aura), false, on_relay_parent(first));
    let seals = |built: &TestHeader| {
        let signed = b
            .keystore
            .sr25519_sign(key_types::AURA, &b.key, built.hash().as_ref());
        signed.is_ok()
    };
    let forked = [propose(2), propose(1)].map(|built| built.expect("granted"));
    let asked = b.permits.asked();
    let unit = |first: u64| Unit::ParachainBlock {
        slot: 10,
        number: 7,
        relay_parent: first << 56,
    };
    assert_eq!(
        [(asked[0].duty, asked[0].unit), (asked[1].duty, asked[1].unit)],
        [(Duty::AuraParachain, unit(2)), (Duty::AuraParachain, unit(1))]
    );
    assert!(forked.iter().all(seals), "each of the two is sealed");
    assert!(!forked.iter().any(seals), "and none a second time");
    let why = propose(1).expect_err("one block for each relay parent");
    assert!(why.contains("this process had a block"), "{why}");
}

#[test]
fn a_block_without_a_relay_parent_is_not_asked_for_on_a_parachain() {
    let b = bench_of(AuraUnit::RelayParent);
    let why = b.propose(b.author(Duty::Aura), false).expect_err("dropped");
    assert!(why.contains("no relay parent"), "{why}");
    assert_eq!(b.permits.asked(), vec![]);
    let counted = b.gate.counters_for_tests().refused_seals.read();
    assert_eq!(counted, [("no-relay-parent".into(), 1)].into());
}

#[test]
fn authors_of_no_blocks_seal_nothing() {
    let b = bench();
    assert!(b.propose(b.author(Duty::Grandpa), false).is_err());
    assert!(!b.seals(&header(7)));
}

#[test]
fn the_counts_tell_what_was_asked() {
    let b = bench();
    assert!(b.propose(b.author(Duty::Babe), false).is_ok());
    b.permits.otherwise(denied("unit-taken"));
    assert!(b.propose(b.author(Duty::Babe), false).is_err());
    let counts = b.gate.counts();
    let babe = counts.iter().find(|c| c.kind == "babe").expect("listed");
    assert_eq!(
        (babe.asked, babe.granted, babe.refused, babe.unknown),
        (2, 1, 1, 0)
    );
}

#[test]
fn a_block_that_is_not_sealed_is_counted_by_reason() {
    let b = bench();
    b.permits.next([denied("unit-taken"), unknown(), Answer::Granted]);
    for _ in 0..4 {
        let _ = b.propose(b.author(Duty::Babe), false);
    }
    b.time.set_wall(Duration::from_secs(64));
    assert!(b.propose(b.author(Duty::Babe), false).is_err());
    assert!(!b.seals(&header(8)), "no grant, no seal");
    let counted = b.gate.counters_for_tests().refused_seals.read();
    let expected =
        ["deadline", "late", "not-granted", "unit-taken", "unit-used"].map(|reason| (reason.into(), 1));
    assert_eq!(counted, expected.into());
}

#[test]
fn nothing_is_claimed_for_an_author_whose_key_is_not_here() {
    let b = bench();
    let author = Author {
        duty: Duty::Babe,
        slot: 10,
        key: vec![9; 32],
    };
    let why = b.propose(Ok(author), false).expect_err("dropped");
    assert!(why.contains("0x0909") && why.contains("keystore"), "{why}");
    assert_eq!(b.permits.asked(), vec![]);
    assert!(b.propose(b.author(Duty::Babe), false).is_ok());
}

#[test]
fn a_granted_block_is_sealed_until_half_a_slot_after_its_slot() {
    for (seconds, is_sealed) in [(5, true), (7, true), (8, false), (86_400, false)] {
        let b = bench();
        let built = b.propose(b.author(Duty::Babe), false).expect("granted");
        b.time.pass(Duration::from_secs(seconds));
        assert_eq!(b.seals(&built), is_sealed, "{seconds} s later");
    }
}

#[test]
fn a_block_of_a_relay_parent_is_sealed_while_it_is_of_use() {
    for (seconds, is_sealed) in [(19, true), (20, false)] {
        let b = bench_with(Options {
            seal_deadline: SealDeadline::SlotsFromRelayParent {
                late: Duration::from_secs(12),
            },
            aura_unit: AuraUnit::SlotAndNumber,
            ..Options::default()
        });
        let built = b.propose(b.author(Duty::Aura), false).expect("granted");
        b.time.pass(Duration::from_secs(seconds));
        let signed = b
            .keystore
            .sr25519_sign(key_types::AURA, &b.key, built.hash().as_ref());
        assert_eq!(signed.is_ok(), is_sealed, "{seconds} s later");
    }
}

#[test]
fn a_process_that_stood_still_while_it_asked_seals_nothing() {
    let b = bench();
    let time = b.time.clone();
    b.permits.set_at_ask(move || {
        time.pass(SLOT * 2);
        // Somebody sets the clock back before the answer is registered.
        time.set_wall(Duration::from_secs(61));
    });
    let built = b.propose(b.author(Duty::Babe), false).expect("granted");
    assert!(!b.seals(&built));
    let counted = b.gate.counters_for_tests().refused_seals.read();
    assert_eq!(counted, [("expired".into(), 1)].into());
}
