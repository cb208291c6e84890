use super::*;
use crate::{lease::HOLD, sealed::tests::Ground};
use sp_core::{sr25519, Pair};
use sp_keystore::{testing::MemoryKeystore, Keystore};

fn public(uri: &str) -> Vec<u8> {
    sr25519::Pair::from_string(uri, None).unwrap().public().0.to_vec()
}

/// Sealed: `para` of Alice and of Bob, `asgn` of Alice. The node has `audi` of Alice.
struct Machine {
    ground: Ground,
    leases: Arc<Leases>,
    keys: ParachainKeys,
}

fn leases_of(ground: &Ground, node: &KeystorePtr) -> Result<Leases, String> {
    let sealed = SealedFolder {
        folder: ground.at("sealed"),
        identity: ground.at("identity"),
    };
    let opened = open_sealed_keys(&sealed.folder, &sealed.identity)?;
    let names = opened
        .iter()
        .map(|key| (key.id().0, key.id().1.to_vec()))
        .collect();
    Leases::new(sealed, names, &ground.at("parachain-keys"), node)
}

fn ground() -> Ground {
    let ground = Ground::new();
    for (kind, uri) in [(PARA, "//Alice"), (PARA, "//Bob"), (ASGN, "//Alice")] {
        ground.seal(kind, &public(uri), &format!("\"{uri}\""));
    }
    ground
}

impl Machine {
    fn new() -> Self {
        let ground = ground();
        let node = MemoryKeystore::new();
        node.sr25519_generate_new(AUTHORITY_DISCOVERY, Some("//Alice"))
            .unwrap();
        let leases = leases_of(&ground, &(Arc::new(node) as KeystorePtr)).unwrap();
        let keys = leases.keystores().unwrap();
        Self {
            ground,
            leases: Arc::new(leases),
            keys,
        }
    }

    /// The service gives this machine the lease of a `para` key, or says that it has none.
    fn hear(&self, uri: &str, id: Option<&str>, sent: Instant) {
        self.leases.hear(&public(uri), id.map(String::from), sent);
        self.leases.look_after();
    }

    /// The kinds that a keystore can sign with, and those that it has.
    fn signs(keystore: &LocalKeystore, kind: KeyTypeId, uri: &str) -> bool {
        let public = sr25519::Public::from_raw(public(uri).try_into().unwrap());
        matches!(keystore.sr25519_sign(kind, &public, b"statement"), Ok(Some(_)))
    }

    fn active(&self, kind: KeyTypeId, uri: &str) -> bool {
        let has = self.keys.active.has_keys(&[(public(uri), kind)]);
        assert_eq!(
            has,
            Self::signs(&self.keys.active, kind, uri),
            "a key that it has signs"
        );
        has
    }

    fn report(&self, uri: &str) -> (Option<String>, Option<String>) {
        let reports = self.leases.reports(&[9; 32]);
        let report = reports
            .into_iter()
            .find(|report| report.name == public(uri))
            .unwrap();
        assert_eq!(report.key, [9; 32]);
        (report.holds, report.returned)
    }
}

/// The keys open slowly on a busy machine, and no lease of a test may end meanwhile.
fn in_an_hour() -> Instant {
    Instant::now() + Duration::from_secs(3_600)
}

fn some(id: &str) -> Option<String> {
    Some(id.into())
}

#[test]
fn the_secrets_come_with_the_lease_and_go_with_it() {
    let machine = Machine::new();
    machine.leases.look_after();
    assert!(!machine.active(PARA, "//Alice") && !machine.active(ASGN, "//Alice"));
    assert_eq!(machine.report("//Alice"), (None, None));

    machine.hear("//Alice", Some("1f"), in_an_hour());
    assert!(machine.active(PARA, "//Alice") && machine.active(ASGN, "//Alice"));
    assert!(
        Machine::signs(&machine.keys.known, PARA, "//Alice"),
        "disputes are signed too"
    );
    assert!(
        !machine.active(PARA, "//Bob"),
        "the lease of another key brings no secret"
    );
    assert_eq!(machine.report("//Alice"), (some("1f"), None));

    machine.hear("//Alice", None, in_an_hour());
    assert!(!machine.active(PARA, "//Alice") && !machine.active(ASGN, "//Alice"));
    assert!(!Machine::signs(&machine.keys.known, PARA, "//Alice"));
    assert_eq!(machine.report("//Alice"), (None, some("1f")));
}

#[test]
fn memory_that_was_opened_before_has_no_secret_afterwards() {
    let machine = Machine::new();
    machine.hear("//Alice", Some("1f"), in_an_hour());
    let name = hex::encode(PARA.0) + &hex::encode(public("//Alice"));
    let path = machine.ground.at("parachain-keys").join("active").join(name);
    let opened = std::fs::File::open(&path).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().contains("//Alice"));
    machine.hear("//Alice", None, in_an_hour());
    assert_eq!(opened.metadata().unwrap().len(), 0);
}

#[test]
fn a_lease_that_is_not_kept_ends_by_itself() {
    let machine = Machine::new();
    let sent = in_an_hour();
    machine.hear("//Alice", Some("1f"), sent);
    machine.hear("//Bob", Some("2e"), sent + Duration::from_secs(1));
    machine.leases.look_at(sent + HOLD - Duration::from_millis(1));
    assert!(machine.active(PARA, "//Alice") && machine.active(PARA, "//Bob"));
    machine.leases.look_at(sent + HOLD);
    assert!(!machine.active(PARA, "//Alice"));
    assert!(machine.active(PARA, "//Bob"), "the other lease goes on");
    // The other `asgn` is still here, for that lease, and may be the same public key.
    machine.leases.hear(&public("//Alice"), None, sent);
    assert_eq!(machine.report("//Alice"), (None, some("1f")));
}

#[test]
fn the_keys_are_known_at_all_times_to_what_asks_once_a_session() {
    let machine = Machine::new();
    let known = |kind, uri| machine.keys.known.has_keys(&[(public(uri), kind)]);
    for id in [None, Some("1f"), None] {
        machine.hear("//Alice", id, in_an_hour());
        assert!(known(PARA, "//Alice") && known(PARA, "//Bob") && known(AUTHORITY_DISCOVERY, "//Alice"));
        assert!(!Machine::signs(
            &machine.keys.known,
            AUTHORITY_DISCOVERY,
            "//Alice"
        ));
    }
}

#[test]
fn keys_that_cannot_be_opened_any_more_are_tried_again_later() {
    let machine = Machine::new();
    let file = machine.ground.seal(PARA, &public("//Bob"), "\"//Charlie\"");
    machine.hear("//Alice", Some("1f"), in_an_hour());
    assert!(!machine.active(PARA, "//Alice"));
    assert!(!machine.leases.is_overdue(in_an_hour() + HOLD + GRACE * 2));
    std::fs::remove_file(file).unwrap();
    machine.hear("//Alice", Some("1f"), in_an_hour());
    assert!(!machine.active(PARA, "//Alice"), "not at each look");
    *machine.leases.again.lock() = Some(Instant::now());
    machine.hear("//Alice", Some("1f"), in_an_hour());
    assert!(machine.active(PARA, "//Alice"));
}

#[test]
fn secrets_that_stay_after_the_lease_end_the_process() {
    let machine = Machine::new();
    let sent = in_an_hour();
    let over = sent + HOLD + GRACE;
    assert!(!machine.leases.is_overdue(over + HOLD));
    machine.hear("//Alice", Some("1f"), sent);
    assert!(!machine.leases.is_overdue(over - Duration::from_millis(50)));
    assert!(machine.leases.is_overdue(over + Duration::from_millis(50)));
    machine.hear("//Alice", None, in_an_hour());
    assert!(!machine.leases.is_overdue(over + Duration::from_secs(60)));
}

#[test]
fn the_threads_follow_the_lease_and_end_with_the_node() {
    let machine = Machine::new();
    machine.leases.keep().unwrap();
    machine.leases.hear(&public("//Alice"), some("1f"), in_an_hour());
    let until = Instant::now() + Duration::from_secs(60);
    let name = [(public("//Alice"), PARA)];
    // The thread may link the key at any moment.
    while !machine.keys.active.has_keys(&name) && Instant::now() < until {
        thread::sleep(Duration::from_millis(20));
    }
    assert!(machine.active(PARA, "//Alice"));
    let weak = Arc::downgrade(&machine.leases);
    drop(machine);
    while weak.strong_count() > 0 && Instant::now() < until {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(weak.strong_count(), 0);
}

#[test]
fn a_key_that_is_unsealed_in_the_node_or_a_file_of_somebody_else_is_refused() {
    let ground = ground();
    let node = MemoryKeystore::new();
    let said = |node: &KeystorePtr| leases_of(&ground, node).err().unwrap_or_default();
    let empty: KeystorePtr = Arc::new(MemoryKeystore::new());
    assert_eq!(said(&empty), "");
    node.sr25519_generate_new(PARA, Some("//Bob")).unwrap();
    let said_of_key = said(&(Arc::new(node) as KeystorePtr));
    assert!(
        said_of_key.contains("para 0x") && said_of_key.contains("seal --remove"),
        "{said_of_key}"
    );
    std::fs::write(ground.at("parachain-keys").join("known/70617261aa"), "\"//Bob\"").unwrap();
    assert!(
        said(&empty).contains("this node did not make"),
        "{}",
        said(&empty)
    );
}
