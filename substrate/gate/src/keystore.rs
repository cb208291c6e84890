//! The keystore of consensus: every signature of a gated kind of key passes a rule first.
//!
//! Gated: `babe`, `aura`, `gran`, `beef`, `imon`. What passes untouched: the kinds that make no block and cast no vote
//! (`audi`, `para`, `asgn` and those of `Options::passing_kinds`); keys being listed, looked for, made and inserted; VRF
//! signatures, which draw a slot and bind nobody to a block. A kind that the gate does not know signs nothing. `sign_with` is left
//! to its default, which calls the methods below: were it handed to the inner keystore, it would be a way around
//! them. The experimental schemes of sp-keystore (bandersnatch, BLS) are refused for gated kinds, so BEEFY with BLS
//! keys does not vote.
//!
//! Give this keystore to BABE or Aura, GRANDPA, BEEFY and the offchain workers (im-online signs there), and the plain
//! one to the RPC, which makes owner proofs of session keys. A kind of key is gated, not a key: a public key that is
//! also stored under a kind that is not gated can sign under that kind.

use crate::{
    rounds::RoundGate,
    rules::{Rules, Scheme, Verdict},
};
use sp_core::{
    crypto::{key_types, ByteArray, KeyTypeId},
    ecdsa, ed25519, sr25519,
};
use sp_keystore::{Error, Keystore, KeystorePtr};
use std::sync::Arc;

sp_keystore::bandersnatch_experimental_enabled! {
use sp_core::bandersnatch;
}

sp_keystore::bls_experimental_enabled! {
use sp_core::{bls381, ecdsa_bls381};
}

/// Made by [`crate::Gate::keystore`].
pub(crate) struct GatedKeystore {
    inner: KeystorePtr,
    rules: Arc<Rules>,
    rounds: Arc<RoundGate>,
}

impl GatedKeystore {
    pub(crate) fn new(inner: KeystorePtr, rules: Arc<Rules>, rounds: Arc<RoundGate>) -> Self {
        Self { inner, rules, rounds }
    }

    /// `None` where the key is not here, as the plain keystore says: nothing is claimed for a key that cannot sign.
    fn judged<S>(
        &self,
        (kind, scheme): (KeyTypeId, Scheme),
        key: &[u8],
        message: &[u8],
        sign: impl FnOnce(&dyn Keystore) -> Result<Option<S>, Error>,
    ) -> Result<Option<S>, Error> {
        if !self.rules.passes(kind) {
            if !self.inner.has_keys(&[(key.to_vec(), kind)]) {
                return Ok(None);
            }
            self.verdict(kind, scheme, key, message)?;
        }
        sign(&*self.inner)
    }

    fn verdict(&self, kind: KeyTypeId, scheme: Scheme, key: &[u8], message: &[u8]) -> Verdict {
        self.rules.judge(kind, scheme, key, message)
    }
}

impl Keystore for GatedKeystore {
    fn sr25519_public_keys(&self, kind: KeyTypeId) -> Vec<sr25519::Public> {
        self.inner.sr25519_public_keys(kind)
    }

    fn sr25519_generate_new(&self, kind: KeyTypeId, seed: Option<&str>) -> Result<sr25519::Public, Error> {
        self.inner.sr25519_generate_new(kind, seed)
    }

    fn sr25519_sign(
        &self,
        kind: KeyTypeId,
        public: &sr25519::Public,
        msg: &[u8],
    ) -> Result<Option<sr25519::Signature>, Error> {
        self.judged((kind, Scheme::Sr25519), public.as_slice(), msg, |inner| {
            inner.sr25519_sign(kind, public, msg)
        })
    }

    fn sr25519_vrf_sign(
        &self,
        kind: KeyTypeId,
        public: &sr25519::Public,
        data: &sr25519::vrf::VrfSignData,
    ) -> Result<Option<sr25519::vrf::VrfSignature>, Error> {
        self.inner.sr25519_vrf_sign(kind, public, data)
    }

    fn sr25519_vrf_pre_output(
        &self,
        kind: KeyTypeId,
        public: &sr25519::Public,
        input: &sr25519::vrf::VrfInput,
    ) -> Result<Option<sr25519::vrf::VrfPreOutput>, Error> {
        self.inner.sr25519_vrf_pre_output(kind, public, input)
    }

    fn ed25519_public_keys(&self, kind: KeyTypeId) -> Vec<ed25519::Public> {
        self.inner.ed25519_public_keys(kind)
    }

    fn ed25519_generate_new(&self, kind: KeyTypeId, seed: Option<&str>) -> Result<ed25519::Public, Error> {
        self.inner.ed25519_generate_new(kind, seed)
    }

    fn ed25519_sign(
        &self,
        kind: KeyTypeId,
        public: &ed25519::Public,
        msg: &[u8],
    ) -> Result<Option<ed25519::Signature>, Error> {
        self.judged((kind, Scheme::Ed25519), public.as_slice(), msg, |inner| {
            inner.ed25519_sign(kind, public, msg)
        })
    }

    fn ecdsa_public_keys(&self, kind: KeyTypeId) -> Vec<ecdsa::Public> {
        self.inner.ecdsa_public_keys(kind)
    }

    fn ecdsa_generate_new(&self, kind: KeyTypeId, seed: Option<&str>) -> Result<ecdsa::Public, Error> {
        self.inner.ecdsa_generate_new(kind, seed)
    }

    fn ecdsa_sign(
        &self,
        kind: KeyTypeId,
        public: &ecdsa::Public,
        msg: &[u8],
    ) -> Result<Option<ecdsa::Signature>, Error> {
        self.judged((kind, Scheme::Other), public.as_slice(), msg, |inner| {
            inner.ecdsa_sign(kind, public, msg)
        })
    }

    fn ecdsa_sign_prehashed(
        &self,
        kind: KeyTypeId,
        public: &ecdsa::Public,
        msg: &[u8; 32],
    ) -> Result<Option<ecdsa::Signature>, Error> {
        self.judged((kind, Scheme::EcdsaPrehashed), public.as_slice(), msg, |inner| {
            inner.ecdsa_sign_prehashed(kind, public, msg)
        })
    }

    sp_keystore::bandersnatch_experimental_enabled! {
        fn bandersnatch_public_keys(&self, kind: KeyTypeId) -> Vec<bandersnatch::Public> {
            self.inner.bandersnatch_public_keys(kind)
        }

        fn bandersnatch_generate_new(
            &self,
            kind: KeyTypeId,
            seed: Option<&str>,
        ) -> Result<bandersnatch::Public, Error> {
            self.inner.bandersnatch_generate_new(kind, seed)
        }

        fn bandersnatch_sign(
            &self,
            kind: KeyTypeId,
            public: &bandersnatch::Public,
            msg: &[u8],
        ) -> Result<Option<bandersnatch::Signature>, Error> {
            self.judged((kind, Scheme::Other), public.as_slice(), msg, |inner| {
                inner.bandersnatch_sign(kind, public, msg)
            })
        }

        fn bandersnatch_vrf_sign(
            &self,
            kind: KeyTypeId,
            public: &bandersnatch::Public,
            input: &bandersnatch::vrf::VrfSignData,
        ) -> Result<Option<bandersnatch::vrf::VrfSignature>, Error> {
            self.inner.bandersnatch_vrf_sign(kind, public, input)
        }

        fn bandersnatch_vrf_pre_output(
            &self,
            kind: KeyTypeId,
            public: &bandersnatch::Public,
            input: &bandersnatch::vrf::VrfInput,
        ) -> Result<Option<bandersnatch::vrf::VrfPreOutput>, Error> {
            self.inner.bandersnatch_vrf_pre_output(kind, public, input)
        }

        fn bandersnatch_ring_vrf_sign(
            &self,
            kind: KeyTypeId,
            public: &bandersnatch::Public,
            input: &bandersnatch::vrf::VrfSignData,
            prover: &bandersnatch::ring_vrf::RingProver,
        ) -> Result<Option<bandersnatch::ring_vrf::RingVrfSignature>, Error> {
            self.inner.bandersnatch_ring_vrf_sign(kind, public, input, prover)
        }
    }

    sp_keystore::bls_experimental_enabled! {
        fn bls381_public_keys(&self, kind: KeyTypeId) -> Vec<bls381::Public> {
            self.inner.bls381_public_keys(kind)
        }

        fn ecdsa_bls381_public_keys(&self, kind: KeyTypeId) -> Vec<ecdsa_bls381::Public> {
            self.inner.ecdsa_bls381_public_keys(kind)
        }

        fn bls381_generate_new(&self, kind: KeyTypeId, seed: Option<&str>) -> Result<bls381::Public, Error> {
            self.inner.bls381_generate_new(kind, seed)
        }

        fn ecdsa_bls381_generate_new(
            &self,
            kind: KeyTypeId,
            seed: Option<&str>,
        ) -> Result<ecdsa_bls381::Public, Error> {
            self.inner.ecdsa_bls381_generate_new(kind, seed)
        }

        fn bls381_sign(
            &self,
            kind: KeyTypeId,
            public: &bls381::Public,
            msg: &[u8],
        ) -> Result<Option<bls381::Signature>, Error> {
            self.judged((kind, Scheme::Other), public.as_slice(), msg, |inner| inner.bls381_sign(kind, public, msg))
        }

        fn bls381_generate_proof_of_possession(
            &self,
            kind: KeyTypeId,
            public: &bls381::Public,
            owner: &[u8],
        ) -> Result<Option<bls381::ProofOfPossession>, Error> {
            self.judged((kind, Scheme::Other), public.as_slice(), owner, |inner| {
                inner.bls381_generate_proof_of_possession(kind, public, owner)
            })
        }

        fn ecdsa_bls381_sign(
            &self,
            kind: KeyTypeId,
            public: &ecdsa_bls381::Public,
            msg: &[u8],
        ) -> Result<Option<ecdsa_bls381::Signature>, Error> {
            self.judged((kind, Scheme::Other), public.as_slice(), msg, |inner| {
                inner.ecdsa_bls381_sign(kind, public, msg)
            })
        }

        fn ecdsa_bls381_sign_with_keccak256(
            &self,
            kind: KeyTypeId,
            public: &ecdsa_bls381::Public,
            msg: &[u8],
        ) -> Result<Option<ecdsa_bls381::Signature>, Error> {
            self.judged((kind, Scheme::Other), public.as_slice(), msg, |inner| {
                inner.ecdsa_bls381_sign_with_keccak256(kind, public, msg)
            })
        }
    }

    fn insert(&self, kind: KeyTypeId, suri: &str, public: &[u8]) -> Result<(), ()> {
        self.inner.insert(kind, suri, public)
    }

    fn keys(&self, kind: KeyTypeId) -> Result<Vec<Vec<u8>>, Error> {
        self.inner.keys(kind)
    }

    fn has_keys(&self, public_keys: &[(Vec<u8>, KeyTypeId)]) -> bool {
        let mut voters = public_keys.iter().filter(|(_, kind)| *kind == key_types::GRANDPA);
        self.inner.has_keys(public_keys) && voters.all(|(key, _)| self.rounds.may_vote(key))
    }
}

#[cfg(test)]
#[path = "keystore_tests/mod.rs"]
mod tests;
