//! The word that is kept beside each head: what replaces it, and what does not.

use super::*;

const KEY: [u8; 32] = [7; 32];
const CHAIN: &str = "0x11";

struct Home {
    _folder: tempfile::TempDir,
    path: std::path::PathBuf,
}

fn home() -> Home {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heads.json");
    Home {
        _folder: folder,
        path,
    }
}

fn open(home: &Home) -> Heads {
    Heads::open(&home.path, CHAIN).unwrap()
}

fn word(text: &str) -> Word {
    Word::try_from(text.to_owned()).unwrap()
}

/// Entry `seq` of a line: `hash` tells one line from another, and so does the word.
fn at(seq: u64, hash: char, text: &str) -> Place {
    Place {
        ledger: "ledger".into(),
        head: Head {
            epoch: "e".into(),
            seq,
            hash: hash.to_string().repeat(64),
        },
        word: word(text),
    }
}

/// A grant that answers a claim which carried `told`.
fn answer(heads: &Heads, told: &Told, place: &Place) -> Result<(), Contradiction> {
    let generation = heads.admit(&KEY, "babe", place, told.word.as_ref())?;
    heads.commit(generation).unwrap();
    Ok(())
}

/// A claim that carries what is kept, and its grant.
fn grant(heads: &Heads, place: &Place) -> Result<(), Contradiction> {
    answer(heads, &told(heads), place)
}

fn told(heads: &Heads) -> Told {
    heads.told(&KEY, "babe")
}

fn assert_kept(heads: &Heads, seq: u64, hash: char, text: &str) {
    let Place { head, word, .. } = at(seq, hash, text);
    let kept = heads
        .memory
        .lock()
        .state
        .heads
        .get(&mark_name(&KEY, "babe"))
        .cloned();
    assert_eq!((kept, told(heads).word), (Some(head), Some(word)));
}

fn text_of(home: &Home) -> String {
    SlotFile::open(&home.path).unwrap().1.unwrap().text
}

#[test]
fn a_word_is_there_after_a_restart_for_its_mark_alone() {
    let home = home();
    let heads = open(&home);
    grant(&heads, &at(2, 'a', "w2")).unwrap();
    assert_eq!(heads.told(&KEY, "grandpa").word, None);
    assert_eq!(heads.told(&[8; 32], "babe").word, None);
    drop(heads);
    assert_kept(&open(&home), 2, 'a', "w2");
}

#[test]
fn a_word_is_not_written_before_its_commit_and_is_after_it() {
    let home = home();
    let heads = open(&home);
    let generation = heads.admit(&KEY, "babe", &at(2, 'a', "w2"), None).unwrap();
    assert!(!text_of(&home).contains("w2"));
    heads.commit(generation).unwrap();
    assert!(text_of(&home).contains("w2"));
}

#[test]
fn a_word_that_answers_the_kept_one_replaces_it_whatever_the_numbers() {
    for (seq, hash) in [(3, 'b'), (5, 'b'), (6, 'b')] {
        let home = home();
        let heads = open(&home);
        grant(&heads, &at(5, 'a', "w5")).unwrap();
        grant(&heads, &at(seq, hash, "next")).unwrap();
        drop(heads);
        assert_kept(&open(&home), seq, hash, "next");
    }
}

#[test]
fn a_word_that_answers_an_older_one_replaces_it_only_with_a_higher_number() {
    let home = home();
    let heads = open(&home);
    grant(&heads, &at(5, 'a', "w5")).unwrap();
    let early = told(&heads);
    grant(&heads, &at(7, 'a', "w7")).unwrap();
    // Replies to claims that carried w5, overtaken by the one that replaced it.
    answer(&heads, &early, &at(6, 'a', "w6")).unwrap();
    answer(&heads, &early, &at(3, 'b', "w3")).unwrap();
    assert_kept(&heads, 7, 'a', "w7");
    let two_entries = answer(&heads, &early, &at(7, 'b', "fork"));
    assert_eq!(two_entries, Err(Contradiction::Behind { seq: 7 }));
    answer(&heads, &early, &at(7, 'a', "other")).unwrap();
    assert_kept(&heads, 7, 'a', "w7");
    answer(&heads, &early, &at(8, 'a', "w8")).unwrap();
    assert_kept(&heads, 8, 'a', "w8");
}

#[test]
fn a_word_makes_no_exception_for_another_ledger() {
    let home = home();
    let heads = open(&home);
    grant(&heads, &at(5, 'a', "w5")).unwrap();
    let mut other = at(6, 'a', "w6");
    other.ledger = "other".into();
    let pinned = "ledger".to_owned();
    assert_eq!(grant(&heads, &other), Err(Contradiction::Ledger { pinned }));
    assert_kept(&heads, 5, 'a', "w5");
}

#[test]
fn another_epoch_counts_only_from_a_service_that_judged_the_kept_word() {
    let of = |epoch: &str, place: Place| {
        let mut other = place;
        other.head.epoch = epoch.into();
        other
    };
    let pinned = |epoch: &str| {
        Err(Contradiction::Epoch {
            pinned: epoch.to_owned(),
        })
    };
    let home = home();
    let heads = open(&home);
    grant(&heads, &at(5, 'a', "w5")).unwrap();
    let early = told(&heads);
    assert_eq!(
        answer(&heads, &Told::default(), &of("f", at(6, 'a', "w6"))),
        pinned("e")
    );
    // A recovery: lower numbers under a new epoch.
    grant(&heads, &of("f", at(2, 'b', "f2"))).unwrap();
    assert_eq!(told(&heads).epoch.as_deref(), Some("f"));
    // A reply of the old epoch that was overtaken by it.
    assert_eq!(answer(&heads, &early, &at(6, 'a', "w6")), pinned("f"));
    assert_eq!(told(&heads).epoch.as_deref(), Some("f"));
}

#[test]
fn a_denial_replaces_a_word_only_if_the_mark_gave_it_and_with_a_higher_number() {
    let home = home();
    let heads = open(&home);
    grant(&heads, &at(5, 'a', "w5")).unwrap();
    // The service may not have looked at the word: a store that went back could have grown past it.
    for reason in [
        "store-behind",
        "session-lost",
        "not-listed",
        "word-refused",
        "unit-past",
        "new-code",
    ] {
        heads.hear(&KEY, "babe", &at(9, 'b', "w9"), reason);
        assert_kept(&heads, 5, 'a', "w5");
    }
    heads.hear(&KEY, "babe", &at(4, 'b', "w4"), "unit-taken");
    heads.hear(&KEY, "babe", &at(5, 'b', "w5b"), "unit-taken");
    assert_kept(&heads, 5, 'a', "w5");
    for (seq, reason) in (6..).zip(AFTER_THE_WORD) {
        let text = format!("w{seq}");
        heads.hear(&KEY, "babe", &at(seq, 'a', &text), reason);
        assert_kept(&heads, seq, 'a', &text);
    }
}

#[test]
fn a_word_that_stays_is_not_written_again() {
    let home = home();
    let heads = open(&home);
    grant(&heads, &at(5, 'a', "w5")).unwrap();
    std::fs::remove_file(&home.path).unwrap();
    grant(&heads, &at(5, 'a', "w5")).unwrap();
    assert!(!home.path.exists());
}

fn put(home: &Home, text: &str) {
    let (mut file, before) = SlotFile::open(&home.path).unwrap();
    file.write(before.unwrap().generation + 1, text).unwrap();
}

#[test]
fn a_file_with_a_wrong_word_stops_the_start() {
    let home = home();
    let heads = open(&home);
    grant(&heads, &at(5, 'a', "w5")).unwrap();
    drop(heads);
    let good = text_of(&home);
    let long = "w".repeat(513);
    let damaged = [
        good.replace("\"w5\"", "\"w 5\""),
        good.replace("\"w5\"", "\"\""),
        good.replace("\"w5\"", &format!("{long:?}")),
        good.replace("/babe\":\"w5\"", "/aura\":\"w5\""),
    ];
    for text in damaged {
        assert_ne!(text, good);
        put(&home, &text);
        let error = Heads::open(&home.path, CHAIN).err().unwrap();
        assert!(error.what.contains("damaged"), "{error}");
    }
    put(&home, &good);
    assert_kept(&open(&home), 5, 'a', "w5");
}

#[test]
fn a_file_of_another_version_is_not_called_damaged() {
    for version in [1, 3] {
        let home = home();
        drop(open(&home));
        put(&home, &format!("{{\"version\":{version},\"marks\":[]}}"));
        let error = Heads::open(&home.path, CHAIN).err().unwrap();
        assert!(
            error
                .what
                .contains(&format!("version {version}; this release reads version 2")),
            "{error}"
        );
        assert!(
            error.remedy.contains("the release of the node that wrote it"),
            "{error}"
        );
    }
}
