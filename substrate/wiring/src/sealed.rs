//! Session keys that are sealed at rest in the age format (age-encryption.org/v1): `NAME.age` for the file `NAME` of a
//! keystore. Only a gated node opens them, so a stock program on the same folders has no key to sign with.

use crate::key_links::{KeyLinks, Secret};
use age::{x25519, DecryptError};
use sp_core::{
    crypto::{key_types, ExposeSecret, KeyTypeId, Pair, SecretString},
    ecdsa, ed25519, sr25519,
};
use sp_keystore::{Keystore, KeystorePtr};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

const SUFFIX: &str = ".age";
/// A sealed key has some 300 bytes, an identity file some 200.
const LARGEST_FILE: u64 = 16 * 1024;
const SEAL_AGAIN: &str = "Seal the keys again with `watchbill guard seal`, or restore the file";

/// The kinds that two machines must not sign with, and the schemes that a key of each kind may have.
const DUTY_KINDS: [KeyTypeId; 5] = [
    key_types::BABE,
    key_types::AURA,
    key_types::GRANDPA,
    key_types::BEEFY,
    key_types::IM_ONLINE,
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Scheme {
    Sr25519,
    Ed25519,
    Ecdsa,
}

/// A session key with its secret, in memory only.
pub(crate) struct SealedKey {
    kind: KeyTypeId,
    public: Vec<u8>,
    scheme: Scheme,
    uri: SecretString,
}

/// Opens every key of a folder.
///
/// # Errors
/// One line with the file and what to do, never with a secret: a node with half of its keys would not say so later.
pub(crate) fn open_sealed_keys(folder: &Path, identity_file: &Path) -> Result<Vec<SealedKey>, String> {
    let identity = read_identity(identity_file)?;
    let files = sealed_files(folder)?;
    if files.is_empty() {
        let place = folder.display();
        return Err(format!(
            "{place} holds no sealed key. Seal the keys of the stopped node with `watchbill guard seal`"
        ));
    }
    files.iter().map(|file| open_one(file, &identity)).collect()
}

/// Puts the keys into the node's keystore, in memory.
///
/// # Errors
/// If one of them is also unsealed in the keystore, or if the keystore takes it for another key.
pub(crate) fn place(keys: &[SealedKey], keystore: &KeystorePtr) -> Result<(), String> {
    if let Some(key) = keys.iter().find(|key| key.is_in(keystore)) {
        return Err(format!(
            "{} is sealed, and unsealed in the node's keystore too, where a stock node signs with it without asking. Run `watchbill guard seal --remove`",
            key.name()
        ));
    }
    keys.iter().try_for_each(|key| key.place(keystore))
}

/// Keys of duties that are unsealed in the keystore, before sealed ones are placed. Empty if all keys are sealed.
pub(crate) fn unsealed_keys(keystore: &KeystorePtr) -> Vec<String> {
    let of_kind = |kind: KeyTypeId| {
        let keys = keystore.keys(kind).unwrap_or_default();
        keys.into_iter().map(move |public| name_of(kind, &public))
    };
    DUTY_KINDS.into_iter().flat_map(of_kind).collect()
}

impl SealedKey {
    /// Its kind and its public key.
    pub(crate) fn id(&self) -> (KeyTypeId, &[u8]) {
        (self.kind, &self.public)
    }

    /// Memory of this process that a keystore reads as its file.
    pub(crate) fn secret(&self) -> std::io::Result<Secret> {
        KeyLinks::secret(self.uri.expose_secret())
    }

    fn name(&self) -> String {
        name_of(self.kind, &self.public)
    }

    fn is_in(&self, keystore: &KeystorePtr) -> bool {
        keystore.has_keys(&[(self.public.clone(), self.kind)])
    }

    /// A keystore of files keeps a key that is made from a given secret in memory only (sc-keystore, `local.rs`).
    fn place(&self, keystore: &KeystorePtr) -> Result<(), String> {
        let uri = Some(self.uri.expose_secret().as_str());
        let placed = match self.scheme {
            Scheme::Sr25519 => keystore
                .sr25519_generate_new(self.kind, uri)
                .map(|key| key.0.to_vec()),
            Scheme::Ed25519 => keystore
                .ed25519_generate_new(self.kind, uri)
                .map(|key| key.0.to_vec()),
            Scheme::Ecdsa => keystore
                .ecdsa_generate_new(self.kind, uri)
                .map(|key| key.0.to_vec()),
        };
        match placed {
            Ok(public) if public == self.public => Ok(()),
            _ => Err(format!("the node's keystore does not take {}", self.name())),
        }
    }
}

/// For example `gran 0x88dc…`, as messages show it.
pub(crate) fn name_of(kind: KeyTypeId, public: &[u8]) -> String {
    format!("{} 0x{}", String::from_utf8_lossy(&kind.0), hex::encode(public))
}

fn sealed_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error| format!("{} cannot be read: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.to_string_lossy().ends_with(SUFFIX) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn open_one(path: &Path, identity: &x25519::Identity) -> Result<SealedKey, String> {
    let wrong = |what: &str| format!("{}: {what}. {SEAL_AGAIN}", path.display());
    let (kind, public) =
        kind_and_key(path).ok_or_else(|| wrong("its name is not that of a keystore file"))?;
    let opened = age::decrypt(identity, &content(path)?).map_err(|error| match error {
        DecryptError::NoMatchingKeys => wrong("it is sealed for another identity"),
        _ => wrong("it cannot be opened, so it is damaged"),
    })?;
    let uri = serde_json::from_slice::<String>(&opened)
        .map(SecretString::new)
        .map_err(|_| wrong("it holds no JSON string"))?;
    let scheme =
        scheme_of(&uri, &public).ok_or_else(|| wrong("its secret belongs to another key than its name"))?;
    Ok(SealedKey {
        kind,
        public,
        scheme,
        uri,
    })
}

/// `6772616e88dc….age`: four bytes of the kind and the public key.
fn kind_and_key(path: &Path) -> Option<(KeyTypeId, Vec<u8>)> {
    let name = path.file_name()?.to_str()?.strip_suffix(SUFFIX)?;
    let bytes = hex::decode(name).ok()?;
    let (kind, public) = bytes.split_at_checked(4)?;
    Some((KeyTypeId(kind.try_into().ok()?), public.to_vec()))
}

/// The scheme in which a secret belongs to this public key.
fn scheme_of(uri: &SecretString, public: &[u8]) -> Option<Scheme> {
    let uri = uri.expose_secret();
    let fits = |found: Option<Vec<u8>>| found.is_some_and(|found| found == public);
    let schemes = [
        (Scheme::Sr25519, fits(public_of::<sr25519::Pair>(uri))),
        (Scheme::Ed25519, fits(public_of::<ed25519::Pair>(uri))),
        (Scheme::Ecdsa, fits(public_of::<ecdsa::Pair>(uri))),
    ];
    schemes
        .into_iter()
        .find(|(_, fits)| *fits)
        .map(|(scheme, _)| scheme)
}

fn public_of<P: Pair>(uri: &str) -> Option<Vec<u8>> {
    let pair = P::from_string(uri, None).ok()?;
    Some(pair.public().as_ref().to_vec())
}

/// The identity in a file as `age-keygen` writes it: comments, then one line `AGE-SECRET-KEY-1…`.
fn read_identity(path: &Path) -> Result<x25519::Identity, String> {
    let wrong = |what: &str, remedy: &str| format!("{}: {what}. {remedy}", path.display());
    let bytes = content(path)?;
    let mode = fs::metadata(path)
        .map(|found| found.permissions().mode())
        .unwrap_or(0);
    if mode & 0o007 != 0 {
        return Err(wrong(
            "every user of this machine can read it",
            "Run `chmod 600` on it",
        ));
    }
    let make = "Make one with `watchbill guard identity` or `age-keygen`";
    let text = String::from_utf8(bytes).map_err(|_| wrong("it is no identity file of age", make))?;
    if text.starts_with("age-encryption.org/") || text.starts_with("-----BEGIN AGE") {
        let remedy = "Decrypt it into a credential of systemd, and name that file";
        return Err(wrong("it is encrypted with a passphrase", remedy));
    }
    let lines: Vec<_> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    match lines[..] {
        [line] => line
            .parse()
            .map_err(|_| wrong("it holds no identity of age", make)),
        [] => Err(wrong("it holds no identity of age", make)),
        _ => Err(wrong("it holds several identities", "Leave one of them")),
    }
}

/// A link is followed: credentials and mounted secrets are links in some service managers.
fn content(path: &Path) -> Result<Vec<u8>, String> {
    let wrong = |what: String| format!("{} {what}", path.display());
    let found = fs::metadata(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    if !found.is_file() || found.len() > LARGEST_FILE {
        return Err(wrong(format!(
            "is no regular file of at most {LARGEST_FILE} bytes"
        )));
    }
    fs::read(path).map_err(|error| wrong(format!("cannot be read: {error}")))
}

#[cfg(test)]
#[path = "sealed_tests.rs"]
pub(crate) mod tests;
