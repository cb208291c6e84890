use super::*;
use crate::{
    deadline::SealDeadline,
    testing::{FakeTime, SLOT},
};
use std::sync::Arc;

const KEY: [u8; 32] = [7; 32];

/// At the begin of slot 10.
fn seals() -> Seals {
    Seals::new(FakeTime::at(10).clocks())
}

/// Of slot 10, claimed at its begin.
fn expiry() -> Expiry {
    FakeTime::at(10)
        .clocks()
        .expiry(SealDeadline::TwoThirds, 10, SLOT)
}

fn hash(n: u8) -> Hash {
    [n; 32]
}

#[test]
fn a_registered_hash_is_taken_once() {
    let seals = seals();
    assert_eq!(
        seals.take(BlockKey::Babe, &KEY, &hash(1)),
        Err(NotTaken::NotRegistered)
    );
    assert_eq!(
        seals.register(&KEY, Duty::Babe, Unit::Slot(5), hash(1), expiry()),
        Ok(())
    );
    assert_eq!(seals.take(BlockKey::Babe, &KEY, &hash(1)), Ok(()));
    assert_eq!(
        seals.take(BlockKey::Babe, &KEY, &hash(1)),
        Err(NotTaken::NotRegistered)
    );
}

#[test]
fn a_hash_belongs_to_its_key_and_kind() {
    let seals = seals();
    assert_eq!(
        seals.register(&KEY, Duty::Aura, Unit::Slot(5), hash(1), expiry()),
        Ok(())
    );
    assert_eq!(
        seals.take(BlockKey::Aura, &[8; 32], &hash(1)),
        Err(NotTaken::NotRegistered)
    );
    assert_eq!(
        seals.take(BlockKey::Babe, &KEY, &hash(1)),
        Err(NotTaken::NotRegistered)
    );
    assert_eq!(
        seals.take(BlockKey::Aura, &KEY, &hash(2)),
        Err(NotTaken::NotRegistered)
    );
    assert_eq!(seals.take(BlockKey::Aura, &KEY, &hash(1)), Ok(()));
}

#[test]
fn a_unit_registers_once_in_the_life_of_the_process() {
    let seals = seals();
    assert_eq!(
        seals.register(&KEY, Duty::Babe, Unit::Slot(5), hash(1), expiry()),
        Ok(())
    );
    for n in [1, 2] {
        assert_eq!(
            seals.register(&KEY, Duty::Babe, Unit::Slot(5), hash(n), expiry()),
            Err(NotRegistered::UnitUsed)
        );
    }
    assert_eq!(seals.take(BlockKey::Babe, &KEY, &hash(1)), Ok(()));
    assert_eq!(
        seals.register(&KEY, Duty::Babe, Unit::Slot(5), hash(1), expiry()),
        Err(NotRegistered::UnitUsed)
    );
    assert_eq!(
        seals.register(&[8; 32], Duty::Babe, Unit::Slot(5), hash(3), expiry()),
        Ok(())
    );
}

#[test]
fn several_blocks_of_a_slot_are_units_of_their_own() {
    let seals = seals();
    for number in [1, 2] {
        let unit = Unit::SlotBlock { slot: 5, number };
        assert_eq!(
            seals.register(&KEY, Duty::AuraBlocks, unit, hash(number as u8), expiry()),
            Ok(())
        );
    }
    let again = Unit::SlotBlock { slot: 5, number: 2 };
    assert_eq!(
        seals.register(&KEY, Duty::AuraBlocks, again, hash(9), expiry()),
        Err(NotRegistered::UnitUsed)
    );
}

#[test]
fn what_is_no_longer_remembered_is_refused() {
    let seals = seals();
    for slot in 0..=REMEMBERED as u64 {
        assert_eq!(
            seals.register(&KEY, Duty::Babe, Unit::Slot(slot), hash(0), expiry()),
            Ok(())
        );
    }
    assert_eq!(
        seals.register(&KEY, Duty::Babe, Unit::Slot(0), hash(1), expiry()),
        Err(NotRegistered::UnitUsed)
    );
}

#[test]
fn as_many_units_as_are_remembered_come_in_any_order() {
    let seals = seals();
    for slot in (0..=REMEMBERED as u64).rev() {
        assert_eq!(
            seals.register(&KEY, Duty::Babe, Unit::Slot(slot), hash(0), expiry()),
            Ok(()),
            "{slot}"
        );
    }
    for slot in [0, 1, REMEMBERED as u64] {
        assert_eq!(
            seals.register(&KEY, Duty::Babe, Unit::Slot(slot), hash(1), expiry()),
            Err(NotRegistered::UnitUsed)
        );
    }
}

#[test]
fn the_oldest_hash_leaves() {
    let seals = seals();
    for n in 0..=WAITING as u8 {
        assert_eq!(
            seals.register(&KEY, Duty::Babe, Unit::Slot(n.into()), hash(n), expiry()),
            Ok(())
        );
    }
    assert_eq!(
        seals.take(BlockKey::Babe, &KEY, &hash(0)),
        Err(NotTaken::NotRegistered)
    );
    assert!((1..=WAITING as u8).all(|n| seals.take(BlockKey::Babe, &KEY, &hash(n)).is_ok()));
}

#[test]
fn votes_are_no_seals() {
    let seals = seals();
    let round = Unit::Round { set: 1, round: 1 };
    assert_eq!(
        seals.register(&KEY, Duty::Grandpa, round, hash(1), expiry()),
        Err(NotRegistered::NotASeal)
    );
    assert_eq!(
        seals.register(&KEY, Duty::Babe, round, hash(1), expiry()),
        Err(NotRegistered::NotASeal)
    );
}

#[test]
fn of_many_threads_one_takes() {
    let seals = Arc::new(seals());
    assert_eq!(
        seals.register(&KEY, Duty::Babe, Unit::Slot(5), hash(1), expiry()),
        Ok(())
    );
    let takers: Vec<_> = (0..8)
        .map(|_| {
            let seals = seals.clone();
            std::thread::spawn(move || seals.take(BlockKey::Babe, &KEY, &hash(1)))
        })
        .collect();
    let taken = takers
        .into_iter()
        .filter_map(|t| t.join().ok())
        .filter(Result::is_ok)
        .count();
    assert_eq!(taken, 1);
}

#[test]
fn a_hash_that_was_not_taken_in_time_is_never_taken() {
    let time = FakeTime::at(10);
    let seals = Seals::new(time.clocks());
    let expiry = time.clocks().expiry(SealDeadline::TwoThirds, 10, SLOT);
    for n in [1, 2] {
        let unit = Unit::SlotBlock { slot: 10, number: n };
        let of = if n == 1 { Duty::Aura } else { Duty::AuraBlocks };
        let unit = if n == 1 { Unit::Slot(10) } else { unit };
        assert_eq!(seals.register(&KEY, of, unit, hash(n as u8), expiry), Ok(()));
    }
    time.pass_wall(SLOT * 2);
    for n in [1, 2] {
        assert_eq!(seals.take(BlockKey::Aura, &KEY, &hash(n)), Err(NotTaken::Expired));
    }
    time.set_wall(SLOT * 10);
    for n in [1, 2] {
        assert_eq!(
            seals.take(BlockKey::Aura, &KEY, &hash(n)),
            Err(NotTaken::NotRegistered)
        );
    }
}
