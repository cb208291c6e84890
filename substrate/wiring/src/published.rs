//! The keystore of authority discovery: only the machine on watch publishes its addresses.

use sp_core::{
    crypto::{key_types::AUTHORITY_DISCOVERY, KeyTypeId},
    ecdsa, ed25519,
    sr25519::{self, vrf},
};
use sp_keystore::{Error, Keystore, KeystorePtr};
use std::sync::Arc;

/// Shows the keys of authority discovery while this machine is on watch, and no other key at any time. The worker of
/// authority discovery looks at its keys once in each `keystore_refresh_interval`, and publishes what it finds.
pub(crate) struct Published {
    inner: KeystorePtr,
    is_shown: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl Published {
    /// `is_shown` must not wait.
    pub(crate) fn new(inner: KeystorePtr, is_shown: Arc<dyn Fn() -> bool + Send + Sync>) -> Self {
        Self { inner, is_shown }
    }

    fn shows(&self, kind: KeyTypeId) -> bool {
        kind == AUTHORITY_DISCOVERY && (self.is_shown)()
    }
}

type Signed<S> = Result<Option<S>, Error>;

impl Keystore for Published {
    fn sr25519_public_keys(&self, kind: KeyTypeId) -> Vec<sr25519::Public> {
        if self.shows(kind) {
            self.inner.sr25519_public_keys(kind)
        } else {
            Vec::new()
        }
    }

    fn sr25519_sign(
        &self,
        kind: KeyTypeId,
        public: &sr25519::Public,
        msg: &[u8],
    ) -> Signed<sr25519::Signature> {
        if self.shows(kind) {
            self.inner.sr25519_sign(kind, public, msg)
        } else {
            Ok(None)
        }
    }

    fn keys(&self, kind: KeyTypeId) -> Result<Vec<Vec<u8>>, Error> {
        if self.shows(kind) {
            self.inner.keys(kind)
        } else {
            Ok(Vec::new())
        }
    }

    fn has_keys(&self, keys: &[(Vec<u8>, KeyTypeId)]) -> bool {
        keys.iter().all(|(_, kind)| self.shows(*kind)) && self.inner.has_keys(keys)
    }

    fn sr25519_generate_new(&self, _: KeyTypeId, _: Option<&str>) -> Result<sr25519::Public, Error> {
        Err(Error::Unavailable)
    }

    fn sr25519_vrf_sign(
        &self,
        _: KeyTypeId,
        _: &sr25519::Public,
        _: &vrf::VrfSignData,
    ) -> Signed<vrf::VrfSignature> {
        Err(Error::Unavailable)
    }

    fn sr25519_vrf_pre_output(
        &self,
        _: KeyTypeId,
        _: &sr25519::Public,
        _: &vrf::VrfInput,
    ) -> Signed<vrf::VrfPreOutput> {
        Err(Error::Unavailable)
    }

    fn ed25519_public_keys(&self, _: KeyTypeId) -> Vec<ed25519::Public> {
        Vec::new()
    }

    fn ed25519_generate_new(&self, _: KeyTypeId, _: Option<&str>) -> Result<ed25519::Public, Error> {
        Err(Error::Unavailable)
    }

    fn ed25519_sign(&self, _: KeyTypeId, _: &ed25519::Public, _: &[u8]) -> Signed<ed25519::Signature> {
        Err(Error::Unavailable)
    }

    fn ecdsa_public_keys(&self, _: KeyTypeId) -> Vec<ecdsa::Public> {
        Vec::new()
    }

    fn ecdsa_generate_new(&self, _: KeyTypeId, _: Option<&str>) -> Result<ecdsa::Public, Error> {
        Err(Error::Unavailable)
    }

    fn ecdsa_sign(&self, _: KeyTypeId, _: &ecdsa::Public, _: &[u8]) -> Signed<ecdsa::Signature> {
        Err(Error::Unavailable)
    }

    fn ecdsa_sign_prehashed(
        &self,
        _: KeyTypeId,
        _: &ecdsa::Public,
        _: &[u8; 32],
    ) -> Signed<ecdsa::Signature> {
        Err(Error::Unavailable)
    }

    fn insert(&self, _: KeyTypeId, _: &str, _: &[u8]) -> Result<(), ()> {
        Err(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sp_core::crypto::{key_types::BABE, ByteArray};
    use sp_keystore::testing::MemoryKeystore;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn the_keys_of_discovery_are_there_on_watch_and_no_others_ever() {
        let inner = MemoryKeystore::new();
        let made = |kind, seed| inner.sr25519_generate_new(kind, Some(seed)).unwrap();
        let (audi, babe) = (made(AUTHORITY_DISCOVERY, "//Alice"), made(BABE, "//Bob"));
        let on_watch = Arc::new(AtomicBool::new(false));
        let asked = on_watch.clone();
        let is_shown = Arc::new(move || asked.load(Ordering::Relaxed));
        let published = Published::new(Arc::new(inner), is_shown);
        let signs = |kind, key| published.sr25519_sign(kind, key, b"record").unwrap().is_some();
        let has = |kind, key: &sr25519::Public| published.has_keys(&[(key.to_raw_vec(), kind)]);
        for expected in [false, true, false] {
            on_watch.store(expected, Ordering::Relaxed);
            let shown = published.sr25519_public_keys(AUTHORITY_DISCOVERY);
            assert_eq!(!shown.is_empty(), expected);
            assert_eq!(published.keys(AUTHORITY_DISCOVERY).unwrap().len(), shown.len());
            assert_eq!(signs(AUTHORITY_DISCOVERY, &audi), expected);
            assert_eq!(has(AUTHORITY_DISCOVERY, &audi), expected);
            assert!(published.sr25519_public_keys(BABE).is_empty());
            assert!(!signs(BABE, &babe) && !has(BABE, &babe));
        }
    }
}
