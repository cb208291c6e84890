//! A node that had a gate does not start without it, unless a person confirms.

mod support;

use std::path::Path;
use std::time::SystemTime;
use support::*;
use watchbill_client::{refuse_plain_start, Answer, Client, ClientConfig, Permits, Wire};

/// Name, bytes and time of change of everything in a folder.
fn listing(folder: &Path) -> Vec<(String, Vec<u8>, SystemTime)> {
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let changed = entry.metadata().unwrap().modified().unwrap();
            (name, std::fs::read(entry.path()).unwrap_or_default(), changed)
        })
        .collect();
    found.sort();
    found
}

/// Refused without a confirmation, with one line that names the file and the flag; not refused with one.
fn refusal(path: &Path) -> String {
    let text = refuse_plain_start(path, false).unwrap_err().to_string();
    for part in [path.to_str().unwrap(), "--duty-off-confirmed", "signs twice"] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert!(!text.contains('\n'), "{text}");
    assert_eq!(refuse_plain_start(path, true), Ok(()));
    text
}

/// A state file that pinned the ledger of a grant.
fn granted_home() -> Home {
    let home = Home::new();
    let service = FakeService::tcp(|seen| granted(seen, 1));
    let client = home.start(&[&service]);
    assert_eq!(client.ask_blocking(seal(1), soon()), Answer::Granted);
    home
}

#[test]
fn a_node_without_a_state_file_starts_and_none_is_made() {
    let home = Home::new();
    let before = listing(home.folder.path());
    for path in [home.path("heads.json"), home.path("no/such/folder/heads.json")] {
        assert_eq!(refuse_plain_start(&path, false), Ok(()));
        assert_eq!(refuse_plain_start(&path, true), Ok(()));
    }
    assert_eq!(listing(home.folder.path()), before);
}

#[test]
fn a_pinned_ledger_refuses_a_plain_start_and_the_file_stays_as_it_is() {
    let home = granted_home();
    let before = listing(home.folder.path());
    let text = refusal(&home.path("heads.json"));
    assert!(
        text.contains("pinned ledger ledger-one on chain 0x1111"),
        "{text}"
    );
    assert_eq!(listing(home.folder.path()), before);
}

#[test]
fn it_is_refused_while_a_gated_process_holds_the_file() {
    let home = Home::new();
    let service = FakeService::tcp(|seen| granted(seen, 1));
    let client = home.start(&[&service]);
    assert_eq!(client.ask_blocking(seal(1), soon()), Answer::Granted);
    assert!(refusal(&home.path("heads.json")).contains("ledger-one"));
    assert_eq!(client.ask_blocking(seal(2), soon()), Answer::Granted);
}

#[test]
fn a_file_without_a_ledger_is_refused_because_the_original_wire_leaves_no_trace_in_it() {
    let home = Home::new();
    let service = FakeService::tcp(|_| Act::Reply(200, "true".into()));
    let config = ClientConfig {
        services: vec![format!("{}/original/SECRET", service.base()).parse().unwrap()],
        token: None,
        mode: Wire::Original,
        ..home.config(&[])
    };
    let client = Client::start(config).unwrap();
    assert_eq!(client.ask_blocking(seal(1), soon()), Answer::Granted);
    drop(client);
    assert!(home.state()["ledger"].is_null(), "the grant is in no file");
    let text = refusal(&home.path("heads.json"));
    assert!(
        text.contains("0x1111") && text.contains("original wire"),
        "{text}"
    );
}

#[test]
fn what_cannot_be_read_is_refused() {
    let home = granted_home();
    let path = home.path("heads.json");
    let good = std::fs::read(&path).unwrap();
    let newer = String::from_utf8(good.clone()).unwrap();
    let cases: [(&str, Vec<u8>); 4] = [
        ("empty", vec![]),
        ("cut off", good[..good.len() / 2 - 10].to_vec()),
        ("noise", vec![0xff; 64]),
        (
            "without checksum",
            newer.replace("\"version\":2", "\"version\":9").into(),
        ),
    ];
    for (name, bytes) in cases {
        std::fs::write(&path, bytes).unwrap();
        assert!(refusal(&path).contains("cannot be read"), "{name}");
    }
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert!(refusal(&path).contains("not a regular file"));
    std::fs::remove_dir(&path).unwrap();
    std::os::unix::fs::symlink(home.path("not-mounted/heads.json"), &path).unwrap();
    assert!(refusal(&path).contains("cannot be read"));
    let under_a_file = home.path("alpha.token").join("heads.json");
    assert!(refusal(&under_a_file).contains("cannot be read"));
}

#[test]
fn one_damaged_copy_of_two_is_refused() {
    let home = granted_home();
    let path = home.path("heads.json");
    let mut bytes = std::fs::read(&path).unwrap();
    let half = bytes.len() / 2;
    bytes[half + 40] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    refusal(&path);
}
