use super::*;
use std::path::PathBuf;

const KEY: [u8; 32] = [7; 32];
const CHAIN: &str = "0x11";

fn head(epoch: &str, seq: u64, hash: char) -> Head {
    Head {
        epoch: epoch.into(),
        seq,
        hash: hash.to_string().repeat(64),
    }
}

/// Where a reply says that the mark stands.
fn at(ledger: &str, head: &Head) -> Place {
    Place {
        ledger: ledger.into(),
        head: head.clone(),
        word: Word::try_from(format!("w{}{}", head.seq, &head.hash[..1])).unwrap(),
    }
}

fn kept(heads: &Heads) -> Option<Head> {
    heads
        .memory
        .lock()
        .state
        .heads
        .get(&mark_name(&KEY, "babe"))
        .cloned()
}

struct Home {
    _folder: tempfile::TempDir,
    path: PathBuf,
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

fn keep(heads: &Heads, head: &Head) -> Result<(), Contradiction> {
    let told = heads.told(&KEY, "babe");
    let generation = heads.admit(&KEY, "babe", &at("ledger", head), told.word.as_ref())?;
    heads.commit(generation).unwrap();
    Ok(())
}

#[test]
fn what_was_kept_is_there_after_a_restart() {
    let home = home();
    let heads = open(&home);
    assert_eq!(heads.told(&KEY, "babe"), Told::default());
    keep(&heads, &head("e", 2, 'a')).unwrap();
    drop(heads);
    let told = open(&home).told(&KEY, "babe");
    assert_eq!(
        (told.ledger.as_deref(), told.epoch.as_deref()),
        (Some("ledger"), Some("e"))
    );
    assert_eq!(told.word, Some(at("ledger", &head("e", 2, 'a')).word));
    assert_eq!(open(&home).told(&KEY, "grandpa").word, None);
}

#[test]
fn a_head_is_never_lowered() {
    let home = home();
    let heads = open(&home);
    keep(&heads, &head("e", 5, 'a')).unwrap();
    // Sent before the fifth was known: a reply that was overtaken.
    heads
        .admit(&KEY, "babe", &at("ledger", &head("e", 4, 'b')), None)
        .unwrap();
    assert_eq!(kept(&heads), Some(head("e", 5, 'a')));
}

#[test]
fn a_reply_that_contradicts_what_was_told_does_not_count() {
    let home = home();
    let heads = open(&home);
    keep(&heads, &head("e", 5, 'a')).unwrap();
    let elsewhere = heads.admit(&KEY, "babe", &at("ledger", &head("f", 6, 'b')), None);
    assert_eq!(elsewhere, Err(Contradiction::Epoch { pinned: "e".into() }));
    let overtaken = heads.admit(&KEY, "babe", &at("ledger", &head("e", 5, 'c')), None);
    assert_eq!(overtaken, Err(Contradiction::Behind { seq: 5 }));
    let other = heads.admit(&KEY, "babe", &at("other", &head("e", 6, 'b')), None);
    assert_eq!(
        other,
        Err(Contradiction::Ledger {
            pinned: "ledger".into()
        })
    );
    assert_eq!(kept(&heads), Some(head("e", 5, 'a')));
}

#[test]
fn a_denial_raises_a_head_of_the_pinned_ledger_only() {
    let home = home();
    let heads = open(&home);
    heads.hear(&KEY, "babe", &at("ledger", &head("e", 9, 'a')), "unit-taken");
    assert_eq!(heads.told(&KEY, "babe"), Told::default());
    keep(&heads, &head("e", 5, 'a')).unwrap();
    heads.hear(&KEY, "babe", &at("other", &head("e", 9, 'a')), "unit-taken");
    heads.hear(&KEY, "babe", &at("ledger", &head("f", 9, 'a')), "unit-taken");
    heads.hear(&KEY, "babe", &at("ledger", &head("e", 4, 'a')), "unit-taken");
    assert_eq!(kept(&heads), Some(head("e", 5, 'a')));
    heads.hear(&KEY, "babe", &at("ledger", &head("e", 9, 'a')), "unit-taken");
    assert_eq!(kept(&heads), Some(head("e", 9, 'a')));
}

#[test]
fn nothing_is_written_where_nothing_rose() {
    let home = home();
    let heads = open(&home);
    keep(&heads, &head("e", 5, 'a')).unwrap();
    std::fs::remove_file(&home.path).unwrap();
    keep(&heads, &head("e", 5, 'a')).unwrap();
    assert!(!home.path.exists());
    keep(&heads, &head("e", 6, 'b')).unwrap();
    assert!(home.path.exists());
}

#[test]
fn a_write_that_failed_is_tried_again_for_a_head_that_did_not_rise() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let heads = Heads::open(&inner.join("heads.json"), CHAIN).unwrap();
    std::fs::remove_dir_all(&inner).unwrap();
    let first = heads
        .admit(&KEY, "babe", &at("ledger", &head("e", 5, 'a')), None)
        .unwrap();
    assert!(heads.commit(first).is_err());
    let again = heads
        .admit(&KEY, "babe", &at("ledger", &head("e", 5, 'a')), None)
        .unwrap();
    assert!(
        heads.commit(again).is_err(),
        "an unwritten head must not count as kept"
    );
    std::fs::create_dir(&inner).unwrap();
    assert!(heads.commit(again).is_ok());
}

#[test]
fn refused_rounds_are_remembered_over_a_restart_and_bounded() {
    let home = home();
    let heads = open(&home);
    for round in 0..70 {
        heads.note_refused(&KEY, 3, round).unwrap();
    }
    drop(heads);
    let heads = open(&home);
    assert!(heads.was_refused(&KEY, 3, 69) && heads.was_refused(&KEY, 3, 6));
    assert!(!heads.was_refused(&KEY, 3, 5), "the oldest leave");
    assert!(!heads.was_refused(&KEY, 4, 69) && !heads.was_refused(&[8; 32], 3, 69));
}

#[test]
fn a_damaged_file_stops_the_start_and_is_left_alone() {
    let home = home();
    let heads = open(&home);
    keep(&heads, &head("e", 5, 'a')).unwrap();
    drop(heads);
    let (_, kept) = SlotFile::open(&home.path).unwrap();
    let good = kept.unwrap().text;
    let damaged = [
        String::new(),
        good[..good.len() / 2].to_owned(),
        good.replace("\"seq\":\"5\"", "\"seq\":\"05\""),
        good.replace("\"ledger\":\"ledger\"", "\"ledger\":null"),
        good.replace("\"ledger\":\"ledger\"", "\"ledger\":\"a b\""),
        good.replace("\"refused\"", "\"refuse\""),
        good.replacen("\"e\"", "\"f\"", 1),
    ];
    let keep_text = |text: &str| {
        let (mut file, before) = SlotFile::open(&home.path).unwrap();
        file.write(before.unwrap().generation + 1, text).unwrap();
    };
    for text in damaged {
        assert_ne!(text, good);
        keep_text(&text);
        let content = std::fs::read(&home.path).unwrap();
        let error = Heads::open(&home.path, CHAIN).err().unwrap();
        assert!(
            error.what.contains("damaged") && error.place.ends_with("heads.json"),
            "{error}"
        );
        assert_eq!(std::fs::read(&home.path).unwrap(), content, "it is left alone");
    }
    keep_text(&good);
    assert!(Heads::open(&home.path, "0x22")
        .err()
        .unwrap()
        .what
        .contains("chain 0x11"));
    std::fs::write(&home.path, "").unwrap();
    assert!(Heads::open(&home.path, CHAIN)
        .err()
        .unwrap()
        .what
        .contains("damaged"));
}

#[test]
fn one_process_at_a_time() {
    let home = home();
    let heads = open(&home);
    assert!(Heads::open(&home.path, CHAIN)
        .err()
        .unwrap()
        .what
        .contains("another process"));
    drop(heads);
    open(&home);
}
