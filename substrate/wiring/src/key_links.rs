//! Secrets as links: a folder of a keystore whose files are links to memory of this process.
//!
//! Polkadot's subsystems take key pairs out of a `LocalKeystore`, which cannot forget a key that it has in memory, and
//! which reads the file of a key at each use. A link to a file in memory (`memfd_create`) is such a file. It ends with the
//! process, no other program can follow the link, and the secret is never on a disk.

use rustix::fs::{memfd_create, MemfdFlags};
use sp_core::crypto::KeyTypeId;
use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write},
    os::{
        fd::AsRawFd,
        unix::fs::{symlink, DirBuilderExt},
    },
    path::{Path, PathBuf},
};

/// Stands in the file of a key whose secret is elsewhere: the keystore has the key and signs with it for no caller.
const NO_SECRET: &str = "\"the secret of this key is not on this machine\"";

/// A folder for a keystore, in which a file is a link to memory.
pub(crate) struct KeyLinks {
    folder: PathBuf,
}

/// The secret of one key, in memory. The keystore cannot read it any more once this is dropped.
pub(crate) struct Secret(File);

impl KeyLinks {
    /// Makes the folder, and removes the links of an earlier process, which lead to no secret any more.
    ///
    /// # Errors
    /// One line: a file that is no link, which somebody put there; a folder that cannot be made.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, String> {
        let wrong = |error: io::Error| format!("{}: {error}", folder.display());
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.map_err(wrong)?;
        for entry in fs::read_dir(&folder).map_err(wrong)? {
            let path = entry.map_err(wrong)?.path();
            let kind = fs::symlink_metadata(&path).map_err(wrong)?.file_type();
            if !kind.is_symlink() {
                return Err(format!(
                    "{} is a file that this node did not make; a secret in it would sign on each machine that has the file. Move it away, and seal the key with `watchbill guard seal`",
                    path.display()
                ));
            }
            fs::remove_file(&path).map_err(wrong)?;
        }
        Ok(Self { folder })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Memory with the file that a keystore has for this secret phrase.
    pub(crate) fn secret(phrase: &str) -> io::Result<Secret> {
        let text = serde_json::to_string(phrase).map_err(io::Error::other)?;
        memory(&text).map(Secret)
    }

    /// Memory that stands for a secret that is not here.
    pub(crate) fn no_secret() -> io::Result<Secret> {
        memory(NO_SECRET).map(Secret)
    }

    /// The keystore finds this memory under this key from now on, whatever it found before.
    pub(crate) fn link(&self, kind: KeyTypeId, public: &[u8], to: &Secret) -> io::Result<()> {
        let path = self.path(kind, public);
        let new = path.with_extension("new");
        // An earlier attempt may have ended between the two steps.
        let _ = fs::remove_file(&new);
        symlink(format!("/proc/self/fd/{}", to.0.as_raw_fd()), &new)?;
        fs::rename(new, path)
    }

    /// The keystore does not have this key from now on.
    pub(crate) fn unlink(&self, kind: KeyTypeId, public: &[u8]) -> io::Result<()> {
        match fs::remove_file(self.path(kind, public)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn path(&self, kind: KeyTypeId, public: &[u8]) -> PathBuf {
        let name = hex::encode(kind.0) + &hex::encode(public);
        self.folder.join(name)
    }
}

impl Secret {
    /// Whoever has the memory open reads an empty file from now on.
    pub(crate) fn erase(&self) -> io::Result<()> {
        self.0.set_len(0)
    }
}

fn memory(text: &str) -> io::Result<File> {
    let mut file = File::from(memfd_create("watchbill-key", MemfdFlags::CLOEXEC)?);
    file.write_all(text.as_bytes())?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sc_keystore::LocalKeystore;
    use sp_core::{sr25519, Pair};
    use sp_keystore::Keystore;
    use std::os::unix::fs::PermissionsExt;

    const PARA: KeyTypeId = KeyTypeId(*b"para");

    #[test]
    fn a_keystore_signs_while_the_link_leads_to_the_secret() {
        let home = tempfile::tempdir().unwrap();
        let links = KeyLinks::open(home.path().join("active")).unwrap();
        let mode = fs::metadata(links.folder()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let keystore = LocalKeystore::open(links.folder(), None).unwrap();
        let public = sr25519::Pair::from_string("//Alice", None).unwrap().public();
        let has = || keystore.has_keys(&[(public.0.to_vec(), PARA)]);
        let signs = || matches!(keystore.sr25519_sign(PARA, &public, b"vote"), Ok(Some(_)));
        assert_eq!((has(), signs()), (false, false));

        let secret = KeyLinks::secret("//Alice").unwrap();
        links.link(PARA, &public.0, &secret).unwrap();
        assert_eq!((has(), signs()), (true, true));

        // The key is known, and cannot sign.
        let none = KeyLinks::no_secret().unwrap();
        links.link(PARA, &public.0, &none).unwrap();
        assert_eq!((has(), signs()), (true, false));

        links.link(PARA, &public.0, &secret).unwrap();
        assert!(signs());
        secret.erase().unwrap();
        assert_eq!((has(), signs()), (false, false));
        links.unlink(PARA, &public.0).unwrap();
        links.unlink(PARA, &public.0).unwrap();
        assert_eq!(fs::read_dir(links.folder()).unwrap().count(), 0);
    }

    #[test]
    fn links_of_an_earlier_process_go_and_a_file_of_somebody_else_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("active");
        let links = KeyLinks::open(folder.clone()).unwrap();
        let secret = KeyLinks::secret("//Alice").unwrap();
        links.link(PARA, &[1; 32], &secret).unwrap();
        KeyLinks::open(folder.clone()).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);

        fs::write(folder.join("70617261aa"), "\"//Bob\"").unwrap();
        let said = KeyLinks::open(folder).err().unwrap_or_default();
        assert!(
            said.contains("70617261aa is a file that this node did not make"),
            "{said}"
        );
    }
}
