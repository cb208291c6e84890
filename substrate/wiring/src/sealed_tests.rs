use super::*;
use sp_keystore::testing::MemoryKeystore;
use std::sync::Arc;
use tempfile::TempDir;

/// A folder with an identity and sealed keys of `//Alice`.
pub(crate) struct Ground {
    folder: TempDir,
    identity: x25519::Identity,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let ground = Self {
            folder: tempfile::tempdir().unwrap(),
            identity: x25519::Identity::generate(),
        };
        fs::create_dir(ground.at("sealed")).unwrap();
        let line = ground.identity.to_string();
        ground.write(
            "identity",
            &format!("# public key: age1…\n{}\n", line.expose_secret_line()),
            0o600,
        );
        ground
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str, mode: u32) {
        fs::write(self.at(name), text).unwrap();
        fs::set_permissions(self.at(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn seal(&self, kind: KeyTypeId, public: &[u8], content: &str) -> PathBuf {
        let name = format!("{}{}{SUFFIX}", hex::encode(kind.0), hex::encode(public));
        let path = self.at("sealed").join(name);
        fs::write(
            &path,
            age::encrypt(&self.identity.to_public(), content.as_bytes()).unwrap(),
        )
        .unwrap();
        path
    }

    fn open(&self) -> Result<Vec<SealedKey>, String> {
        open_sealed_keys(&self.at("sealed"), &self.at("identity"))
    }

    fn said(&self) -> String {
        self.open().err().unwrap_or_default()
    }
}

/// The line of an identity, for a file of a test.
trait Line {
    fn expose_secret_line(&self) -> String;
}

impl Line for age::secrecy::SecretString {
    fn expose_secret_line(&self) -> String {
        age::secrecy::ExposeSecret::expose_secret(self).to_string()
    }
}

fn alice<P: Pair>() -> Vec<u8> {
    public_of::<P>("//Alice").unwrap()
}

#[test]
fn a_key_of_each_scheme_is_opened_and_placed_in_memory() {
    let ground = Ground::new();
    let keys = [
        (key_types::BABE, alice::<sr25519::Pair>()),
        (key_types::GRANDPA, alice::<ed25519::Pair>()),
        (key_types::BEEFY, alice::<ecdsa::Pair>()),
        (key_types::AURA, alice::<ed25519::Pair>()),
    ];
    for (kind, public) in &keys {
        ground.seal(*kind, public, "\"//Alice\"");
    }
    fs::write(ground.at("sealed/README"), "no key").unwrap();
    let keystore: KeystorePtr = Arc::new(MemoryKeystore::new());
    place(&ground.open().unwrap(), &keystore).unwrap();
    for (kind, public) in keys {
        assert!(keystore.has_keys(&[(public, kind)]), "{kind:?}");
    }
}

#[test]
fn a_sealed_key_that_is_also_unsealed_is_refused() {
    let ground = Ground::new();
    ground.seal(key_types::BABE, &alice::<sr25519::Pair>(), "\"//Alice\"");
    ground.seal(key_types::GRANDPA, &alice::<ed25519::Pair>(), "\"//Alice\"");
    let open = MemoryKeystore::new();
    open.ed25519_generate_new(key_types::GRANDPA, Some("//Alice"))
        .unwrap();
    let open: KeystorePtr = Arc::new(open);
    let said = place(&ground.open().unwrap(), &open).unwrap_err();
    assert!(
        said.starts_with("gran 0x88dc") && said.contains("seal --remove"),
        "{said}"
    );
    assert!(
        open.keys(key_types::BABE).unwrap().is_empty(),
        "nothing was placed"
    );
}

#[test]
fn unsealed_keys_of_duties_are_named_and_others_are_not() {
    let keystore = MemoryKeystore::new();
    keystore
        .sr25519_generate_new(key_types::AUTHORITY_DISCOVERY, Some("//Alice"))
        .unwrap();
    keystore
        .sr25519_generate_new(key_types::BABE, Some("//Alice"))
        .unwrap();
    let named = unsealed_keys(&(Arc::new(keystore) as KeystorePtr));
    assert_eq!(named, [name_of(key_types::BABE, &alice::<sr25519::Pair>())]);
}

#[test]
fn a_file_that_is_no_sealed_key_of_its_name_is_named() {
    let babe = alice::<sr25519::Pair>();
    let cases: [(&str, Vec<u8>, &str); 4] = [
        ("\"//Bob\"", babe.clone(), "belongs to another key"),
        ("//Alice", babe.clone(), "no JSON string"),
        ("\"no secret\"", babe.clone(), "belongs to another key"),
        ("\"//Alice\"", Vec::new(), "belongs to another key"),
    ];
    for (content, public, expected) in cases {
        let ground = Ground::new();
        let path = ground.seal(key_types::BABE, &public, content);
        let said = ground.said();
        assert!(
            said.contains(expected) && said.contains(path.to_str().unwrap()),
            "{said}"
        );
        assert!(!said.contains("//Alice") && !said.contains("//Bob"), "{said}");
    }
    let ground = Ground::new();
    fs::write(ground.at("sealed/xyz.age"), "").unwrap();
    assert!(
        ground.said().contains("its name is not that of a keystore file"),
        "{}",
        ground.said()
    );
}

#[test]
fn a_damaged_file_and_one_for_another_identity_are_told_apart() {
    let ground = Ground::new();
    let path = ground.seal(key_types::BABE, &alice::<sr25519::Pair>(), "\"//Alice\"");
    let whole = fs::read(&path).unwrap();
    for cut in [0, 20, whole.len() - 1] {
        fs::write(&path, &whole[..cut]).unwrap();
        assert!(ground.said().contains("damaged"), "{cut}: {}", ground.said());
    }
    let other = x25519::Identity::generate().to_public();
    fs::write(&path, age::encrypt(&other, b"\"//Alice\"").unwrap()).unwrap();
    assert!(ground.said().contains("another identity"), "{}", ground.said());
    fs::write(&path, vec![0; 1 << 20]).unwrap();
    assert!(ground.said().contains("at most 16384 bytes"), "{}", ground.said());
}

#[test]
fn an_identity_file_that_does_not_serve_is_named() {
    let ground = Ground::new();
    ground.seal(key_types::BABE, &alice::<sr25519::Pair>(), "\"//Alice\"");
    let good = fs::read_to_string(ground.at("identity")).unwrap();
    let cases: [(&str, u32, &str); 5] = [
        (&good, 0o644, "every user"),
        ("", 0o600, "no identity"),
        ("AGE-SECRET-KEY-1XYZ", 0o600, "no identity"),
        (&format!("{good}{good}"), 0o600, "several identities"),
        ("age-encryption.org/v1\n-> scrypt", 0o600, "passphrase"),
    ];
    for (text, mode, expected) in cases {
        ground.write("identity", text, mode);
        let said = ground.said();
        assert!(
            said.contains(expected) && !said.contains("SECRET-KEY-1X"),
            "{said}"
        );
    }
    fs::remove_file(ground.at("identity")).unwrap();
    assert!(
        ground.said().contains("identity cannot be read"),
        "{}",
        ground.said()
    );
}

#[test]
fn a_folder_without_sealed_keys_is_named() {
    let ground = Ground::new();
    assert!(ground.said().contains("holds no sealed key"), "{}", ground.said());
    fs::remove_dir(ground.at("sealed")).unwrap();
    assert!(
        ground.said().contains("sealed cannot be read"),
        "{}",
        ground.said()
    );
}
