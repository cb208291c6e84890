//! Which key makes the block that is being built.
//!
//! The slot stands in the pre-runtime digest; the key does not, it follows from the authorities at the parent. Taking
//! the key that the keystore was last asked to draw a slot with would be a guess where a node holds several keys, so
//! it is read from the runtime. It cannot be read wrongly in a way that matters: a hash that is registered under
//! another key is not sealed.

use codec::Codec;
use parking_lot::Mutex;
use sp_api::ProvideRuntimeApi;
use sp_consensus_aura::{AuraApi, Slot, AURA_ENGINE_ID};
use sp_consensus_babe::{digests::CompatibleDigestItem, BabeApi, Epoch};
use sp_core::crypto::key_types;
use sp_keystore::KeystorePtr;
use sp_runtime::{traits::Block, Digest};
use std::{marker::PhantomData, sync::Arc};
use watchbill_client::Duty;

const OTHER_CONSENSUS: &str = "the gate was set up for another consensus";

/// Who is to seal a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// `Babe` or `Aura`; by [`AuraUnit`](crate::AuraUnit) the gate makes `AuraBlocks` or `AuraParachain` of the latter.
    pub duty: Duty,
    /// Slot of the block.
    pub slot: u64,
    /// Public block key, 32 bytes.
    pub key: Vec<u8>,
}

/// Tells the author of a block from its parent and its pre-runtime digests.
pub trait AuthorKeys<B: Block>: Send + Sync + 'static {
    /// Errors are sentences for the log; the block is dropped.
    fn author(&self, parent: B::Hash, digests: &Digest) -> Result<Author, String>;

    /// Drops what was kept of earlier answers, because the last author has no key in this node.
    fn forget(&self) {}
}

/// The plain keystores that a gate has wrapped.
#[derive(Default)]
pub(crate) struct Wrapped(Mutex<Vec<KeystorePtr>>);

impl Wrapped {
    pub(crate) fn add(&self, keystore: &KeystorePtr) {
        let mut all = self.0.lock();
        if !all.iter().any(|other| Arc::ptr_eq(other, keystore)) {
            all.push(keystore.clone());
        }
    }

    /// Whether the key can seal. True for what is no duty of blocks, and before any keystore is wrapped: that is
    /// judged elsewhere.
    fn hold(&self, author: &Author) -> bool {
        let kind = match author.duty {
            Duty::Babe => key_types::BABE,
            Duty::Aura | Duty::AuraBlocks | Duty::AuraParachain => key_types::AURA,
            _ => return true,
        };
        let wanted = [(author.key.clone(), kind)];
        let all = self.0.lock();
        all.is_empty() || all.iter().any(|keystore| keystore.has_keys(&wanted))
    }
}

/// Authors whose key this node has. Another author comes of a wrong reading of the chain: a claim would use up a
/// unit of a key that cannot seal here, and perhaps take it from the machine that can.
pub(crate) struct HeldAuthors<B: Block> {
    inner: Arc<dyn AuthorKeys<B>>,
    wrapped: Arc<Wrapped>,
}

impl<B: Block> HeldAuthors<B> {
    pub(crate) fn new(inner: Arc<dyn AuthorKeys<B>>, wrapped: Arc<Wrapped>) -> Self {
        Self { inner, wrapped }
    }
}

impl<B: Block> AuthorKeys<B> for HeldAuthors<B> {
    fn author(&self, parent: B::Hash, digests: &Digest) -> Result<Author, String> {
        let author = self.inner.author(parent, digests)?;
        if self.wrapped.hold(&author) {
            return Ok(author);
        }
        self.inner.forget();
        let author = self.inner.author(parent, digests)?;
        if self.wrapped.hold(&author) {
            return Ok(author);
        }
        Err(format!(
            "slot {} belongs to the {} key 0x{}, which is not in the keystore of this node",
            author.slot,
            author.duty.name(),
            hex::encode(&author.key)
        ))
    }
}

/// BABE: the authority index of the digest, in the authorities of the epoch of its slot, by the runtime at the parent.
///
/// The epoch is kept until it is over, because reading it takes milliseconds of the time of a block. If the chain
/// leaves a fork whose epoch had other authorities, the gate finds no key for the author and has the epoch read again.
pub struct BabeAuthors<C> {
    client: Arc<C>,
    epoch: Mutex<Option<Epoch>>,
}

impl<C> BabeAuthors<C> {
    /// `client` is the full client of the node.
    pub fn new(client: Arc<C>) -> Self {
        let epoch = Mutex::default();
        Self { client, epoch }
    }

    /// The epoch of a slot, from the last answer where it covers the slot.
    fn epoch<B>(&self, parent: B::Hash, slot: Slot) -> Result<Epoch, String>
    where
        B: Block,
        C: ProvideRuntimeApi<B>,
        C::Api: BabeApi<B>,
    {
        let known = self.epoch.lock().clone();
        if let Some(epoch) = known.filter(|epoch| epoch.start_slot <= slot && slot < end_of(epoch)) {
            return Ok(epoch);
        }
        let api = self.client.runtime_api();
        let unread =
            |what: &str, e: sp_api::ApiError| format!("the runtime did not tell the {what} epoch: {e}");
        let current = api.current_epoch(parent).map_err(|e| unread("current", e))?;
        // Where whole epochs had no block, the announced next one is used for whatever slot comes, as BABE does.
        let epoch = if slot < end_of(&current) {
            current
        } else {
            api.next_epoch(parent).map_err(|e| unread("next", e))?
        };
        *self.epoch.lock() = Some(epoch.clone());
        Ok(epoch)
    }
}

impl<B, C> AuthorKeys<B> for BabeAuthors<C>
where
    B: Block,
    C: ProvideRuntimeApi<B> + Send + Sync + 'static,
    C::Api: BabeApi<B>,
{
    fn author(&self, parent: B::Hash, digests: &Digest) -> Result<Author, String> {
        let claim = one(
            digests.logs().iter().filter_map(|item| item.as_babe_pre_digest()),
            "BABE",
        )?;
        let epoch = self.epoch::<B>(parent, claim.slot())?;
        let index = claim.authority_index();
        let authority = usize::try_from(index)
            .ok()
            .and_then(|index| epoch.authorities.get(index));
        let (key, _) =
            authority.ok_or_else(|| format!("epoch {} has no authority {index}", epoch.epoch_index))?;
        let key: &[u8] = key.as_ref();
        Ok(Author {
            duty: Duty::Babe,
            slot: claim.slot().into(),
            key: key.to_vec(),
        })
    }

    fn forget(&self) {
        *self.epoch.lock() = None;
    }
}

fn end_of(epoch: &Epoch) -> Slot {
    epoch.start_slot.saturating_add(epoch.duration)
}

/// Aura: the slot modulo the number of authorities at the parent. `A` is the authority id of the runtime.
pub struct AuraAuthors<C, A>(Arc<C>, PhantomData<fn() -> A>);

impl<C, A> AuraAuthors<C, A> {
    /// `client` is the full client of the node.
    pub fn new(client: Arc<C>) -> Self {
        Self(client, PhantomData)
    }
}

impl<B, C, A> AuthorKeys<B> for AuraAuthors<C, A>
where
    B: Block,
    A: Codec + AsRef<[u8]> + 'static,
    C: ProvideRuntimeApi<B> + Send + Sync + 'static,
    C::Api: AuraApi<B, A>,
{
    fn author(&self, parent: B::Hash, digests: &Digest) -> Result<Author, String> {
        let slots = digests
            .logs()
            .iter()
            .filter_map(|item| item.pre_runtime_try_to::<Slot>(&AURA_ENGINE_ID));
        let slot = u64::from(one(slots, "Aura")?);
        let api = self.0.runtime_api();
        let authorities = api
            .authorities(parent)
            .map_err(|e| format!("the runtime did not tell the authorities: {e}"))?;
        let count = u64::try_from(authorities.len()).unwrap_or(u64::MAX);
        let index = slot
            .checked_rem(count)
            .and_then(|index| usize::try_from(index).ok());
        let key = index
            .and_then(|index| authorities.get(index))
            .ok_or("the runtime knows no authority")?;
        Ok(Author {
            duty: Duty::Aura,
            slot,
            key: key.as_ref().to_vec(),
        })
    }
}

/// The only one of its kind: a block with two slots has none.
fn one<T>(mut found: impl Iterator<Item = T>, name: &str) -> Result<T, String> {
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(format!(
            "the block has no {name} pre-runtime digest; {OTHER_CONSENSUS}"
        )),
        (Some(_), Some(_)) => Err(format!(
            "the block has more than one {name} pre-runtime digest; {OTHER_CONSENSUS}"
        )),
    }
}

#[cfg(test)]
#[path = "authors_tests.rs"]
mod tests;
