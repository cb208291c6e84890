use super::*;
use clap::Parser;

#[derive(clap::Parser)]
struct Line {
    #[clap(flatten)]
    args: DutyArgs,
}

/// The flags of a command line.
pub(crate) fn args(line: &[&str]) -> DutyArgs {
    Line::try_parse_from([&["node"], line].concat()).unwrap().args
}

/// A complete command line of the mode `claims`.
pub(crate) const CLAIMS: [&str; 8] = [
    "--duty",
    "claims",
    "--duty-service",
    "unix:/b.sock",
    "--duty-token-file",
    "/token",
    "--duty-node",
    "alpha",
];
const ORIGINAL: [&str; 4] = ["--duty", "original", "--duty-url-file", "/alpha.url"];
/// Every flag that takes a value, apart from the mode.
const FLAGS: [(&str, &str); 11] = [
    ("--duty-service", "unix:/b.sock"),
    ("--duty-token-file", "/token"),
    ("--duty-node", ""),
    ("--duty-grants", "2"),
    ("--duty-url-file", "/alpha.url"),
    ("--duty-ca-file", "/ca.pem"),
    ("--duty-state", "/state"),
    ("--duty-enter-timeout-ms", "1000"),
    ("--duty-vote-timeout-ms", "30000"),
    ("--duty-pass-kind", "nimb"),
    ("--duty-timing-file", "/timing.json"),
];

/// What is wrong with a command line; empty if nothing is.
fn wrong(line: &[&str]) -> String {
    args(line).check().err().unwrap_or_default()
}

#[test]
fn nobody_is_asked_by_default() {
    for line in [&[][..], &["--duty", "off"], &["--duty-off-confirmed"]] {
        assert_eq!(args(line).duty, DutyMode::Off);
        assert_eq!(wrong(line), "");
    }
}

#[test]
fn a_flag_of_the_gate_without_a_mode_is_named() {
    for (flag, value) in FLAGS {
        for mode in [&[][..], &["--duty", "off"]] {
            let said = wrong(&[mode, &[flag, value]].concat());
            assert!(
                said.contains(&format!("are given: {flag}. Add --duty claims")),
                "{flag}: {said}"
            );
        }
    }
    let two = wrong(&["--duty-state", "/state", "--duty-node", "alpha"]);
    assert!(two.contains("given: --duty-node, --duty-state."), "{two}");
    assert!(wrong(&["--duty-off-confirmed", "--duty-node", "x"]).contains("given: --duty-node."));
}

#[test]
fn every_flag_is_looked_at() {
    use clap::CommandFactory;
    let known: Vec<_> = args(&[]).flags().iter().map(|flag| flag.name).collect();
    for flag in Line::command().get_arguments().filter_map(|arg| arg.get_long()) {
        let name = format!("--{flag}");
        let is_known = known.contains(&name.as_str()) || ["--duty", "--help"].contains(&name.as_str());
        assert!(is_known, "{name} has no line in DutyArgs::flags");
    }
}

#[test]
fn a_kind_of_key_has_four_characters() {
    let line = ["node", "--duty-pass-kind", "nimbus"];
    let said = Line::try_parse_from(line)
        .err()
        .map(|e| e.to_string())
        .unwrap_or_default();
    assert!(
        said.contains("nimbus is no kind of key: it has four characters"),
        "{said}"
    );
    assert_eq!(
        args(&["--duty-pass-kind", "nimb"]).duty_pass_kind,
        [KeyTypeId(*b"nimb")]
    );
}

#[test]
fn a_mode_takes_its_flags_and_no_others() {
    for mode in [&CLAIMS[..], &ORIGINAL] {
        assert_eq!(wrong(mode), "");
        for (flag, value) in &FLAGS[5..] {
            assert_eq!(wrong(&[mode, &[flag, value]].concat()), "");
        }
        let said = wrong(&[mode, &["--duty-off-confirmed"]].concat());
        assert!(said.contains("does not take --duty-off-confirmed"), "{said}");
    }
    let said = wrong(&[&CLAIMS[..], &["--duty-url-file", "/x"]].concat());
    assert!(
        said.contains("--duty claims does not take --duty-url-file"),
        "{said}"
    );
    for (flag, value) in &FLAGS[..4] {
        let said = wrong(&[&ORIGINAL[..], &[flag, value]].concat());
        assert!(
            said.contains(&format!("--duty original does not take {flag}")),
            "{said}"
        );
    }
}

#[test]
fn sealed_keys_need_a_mode_and_the_identity_that_opens_them() {
    let both = ["--duty-sealed-keys", "/sealed", "--duty-identity", "/identity"];
    for mode in [&CLAIMS[..], &ORIGINAL] {
        assert_eq!(wrong(&[mode, &both].concat()), "");
        for alone in [&both[..2], &both[2..]] {
            let said = wrong(&[mode, alone].concat());
            assert!(said.contains("need each other"), "{said}");
        }
    }
    let said = wrong(&both);
    assert!(
        said.contains("given: --duty-sealed-keys, --duty-identity. Add --duty claims"),
        "{said}"
    );
}

#[test]
fn a_mode_without_a_flag_that_it_needs_is_refused() {
    for at in [2, 4, 6] {
        let line: Vec<_> = [&CLAIMS[..at], &CLAIMS[at + 2..]].concat();
        let said = wrong(&line);
        assert!(
            said.contains(&format!("--duty claims needs {}", CLAIMS[at])),
            "{said}"
        );
    }
    let said = wrong(&["--duty", "original"]);
    assert!(said.contains("--duty original needs --duty-url-file"), "{said}");
}

#[test]
fn an_address_that_would_send_the_token_in_the_clear_is_refused() {
    let line = ["node", "--duty-service", "http://10.0.0.1:8450"];
    let said = Line::try_parse_from(line)
        .err()
        .map(|e| e.to_string())
        .unwrap_or_default();
    assert!(said.contains("plain http"), "{said}");
}
