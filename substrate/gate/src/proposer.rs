//! A proposer that asks before its block may be sealed.
//!
//! The slot worker seals what the proposer returns: the 32 bytes it signs are the hash of exactly that header. So the
//! wrapper lets the inner proposer build, claims (slot, hash), registers the hash and returns the block. What is refused
//! is dropped as a block that took too long is dropped; nothing else ends.

use crate::{
    asking::{reason, refusal, Asker},
    authors::{Author, AuthorKeys},
    deadline::SealDeadline,
    expiry::Clocks,
    relay_parent::relay_parent,
    round_memory::Why,
    seals::{Hash, NotRegistered, Seals},
};
use sp_consensus::{Environment, Error as ConsensusError, Proposal, ProposeArgs, Proposer};
use sp_runtime::{
    traits::{Block, Header},
    Digest,
};
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};
use watchbill_client::{Claim, Duty, Part, Unit};

/// What tells two Aura blocks of one key apart: a chain has one of them, and the policy of the key its duty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuraUnit {
    /// The slot: claims `aura`.
    #[default]
    Slot,
    /// The chain makes several blocks a slot: claims `aura-blocks`, with slot and number.
    SlotAndNumber,
    /// A parachain: claims `aura-parachain`, with slot, number and relay parent. A fork of the relay chain makes
    /// the same slot and number legal again on another relay parent.
    RelayParent,
}

/// What sealing needs, shared by all proposers of an environment.
pub(crate) struct SealGate {
    pub(crate) asker: Arc<Asker>,
    pub(crate) seals: Arc<Seals>,
    pub(crate) clocks: Clocks,
    pub(crate) slot: Duration,
    pub(crate) deadline: SealDeadline,
    pub(crate) aura_unit: AuraUnit,
}

impl SealGate {
    fn unit(&self, author: &Author, block: &Built<'_>) -> Result<(Duty, Unit), Why> {
        let (slot, number) = (author.slot, block.number);
        match (author.duty, self.aura_unit) {
            (Duty::Aura, AuraUnit::SlotAndNumber) => Ok((Duty::AuraBlocks, Unit::SlotBlock { slot, number })),
            (Duty::Aura, AuraUnit::RelayParent) => {
                let relay_parent =
                    relay_parent(block.digest).map_err(|why| Why::new("no-relay-parent", why.into()))?;
                let unit = Unit::ParachainBlock {
                    slot,
                    number,
                    relay_parent,
                };
                Ok((Duty::AuraParachain, unit))
            }
            (duty, _) => Ok((duty, Unit::Slot(slot))),
        }
    }

    fn until(&self, slot: u64) -> Option<Instant> {
        self.deadline
            .moment(slot, self.slot, (self.clocks.wall)(), Instant::now())
    }

    fn late(&self) -> Why {
        let text = format!(
            "{} had passed when the block was built; it was not asked for. Look at the load and the clock of this \
             machine; a collator sets Options::seal_deadline",
            self.deadline
        );
        Why::new("late", text)
    }

    /// Settles before the deadline of the slot, and counts what is refused. `spent` went into finding out the author.
    async fn permit(&self, author: Author, block: Built<'_>, spent: Duration) -> Result<(), Why> {
        let outcome = self.settle(author, block, spent).await;
        if let Err(why) = &outcome {
            self.asker.counters().refused_seals.count(&why.code);
        }
        outcome
    }

    async fn settle(&self, author: Author, block: Built<'_>, spent: Duration) -> Result<(), Why> {
        let (duty, unit) = self.unit(&author, &block)?;
        let hash = block.hash;
        let expiry = self.clocks.expiry(self.deadline, author.slot, self.slot);
        let until = self.until(author.slot).ok_or_else(|| self.late())?;
        let key = author.key;
        let digest = Some(hash.to_vec());
        let claim = Claim {
            key: key.clone(),
            duty,
            unit,
            part: Part::Seal,
            digest,
            term: None,
        };
        let answer = self.asker.ask(claim, until, spent).await;
        if let (Some(code), Some(why)) = (reason(&answer), refusal(&answer)) {
            let text = format!("{why}; the log and /v1/decisions of the service say what to do");
            return Err(Why::new(code, text));
        }
        let registered = self.seals.register(&key, duty, unit, hash, expiry);
        registered.map_err(|e| match e {
            NotRegistered::UnitUsed => Why::new(
                "unit-used",
                "this process had a block for it before; one is enough".into(),
            ),
            NotRegistered::NotASeal => Why::new(
                "not-a-seal",
                "the duty is not one of blocks; give the environment block authors".into(),
            ),
        })
    }
}

/// A block that was built and is not sealed.
struct Built<'a> {
    number: u32,
    hash: Hash,
    /// Of its header, with what the runtime put there.
    digest: &'a Digest,
}

/// An environment whose proposers ask first. Made by [`crate::Gate::environment`].
pub struct GatedEnvironment<B: Block, E> {
    inner: E,
    authors: Arc<dyn AuthorKeys<B>>,
    gate: Arc<SealGate>,
}

impl<B: Block, E> GatedEnvironment<B, E> {
    pub(crate) fn new(inner: E, authors: Arc<dyn AuthorKeys<B>>, gate: Arc<SealGate>) -> Self {
        Self { inner, authors, gate }
    }
}

impl<B: Block, E: Clone> Clone for GatedEnvironment<B, E> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            authors: self.authors.clone(),
            gate: self.gate.clone(),
        }
    }
}

impl<B: Block, E: Environment<B>> Environment<B> for GatedEnvironment<B, E> {
    type Proposer = GatedProposer<B, E::Proposer>;
    type CreateProposer = Pin<Box<dyn Future<Output = Result<Self::Proposer, Self::Error>> + Send>>;
    type Error = E::Error;

    fn init(&mut self, parent_header: &B::Header) -> Self::CreateProposer {
        let creating = self.inner.init(parent_header);
        let (parent, authors, gate) = (parent_header.hash(), self.authors.clone(), self.gate.clone());
        Box::pin(async move {
            Ok(GatedProposer {
                inner: creating.await?,
                parent,
                authors,
                gate,
            })
        })
    }
}

/// A proposer that asks first.
pub struct GatedProposer<B: Block, P> {
    inner: P,
    parent: B::Hash,
    authors: Arc<dyn AuthorKeys<B>>,
    gate: Arc<SealGate>,
}

impl<B: Block, P: Proposer<B> + Send + 'static> Proposer<B> for GatedProposer<B, P> {
    type Error = P::Error;
    type Proposal = Pin<Box<dyn Future<Output = Result<Proposal<B>, Self::Error>> + Send>>;

    fn propose(self, args: ProposeArgs<B>) -> Self::Proposal {
        let Self {
            inner,
            parent,
            authors,
            gate,
        } = self;
        Box::pin(async move {
            let begun = Instant::now();
            let author = authors.author(parent, &args.inherent_digests);
            let author = author.map_err(|why| refused(None, &why))?;
            let spent = begun.elapsed();
            let proposal = inner.propose(args).await?;
            let header = proposal.block.header();
            let slot = author.slot;
            let hash = Hash::try_from(header.hash().as_ref()).map_err(|_| {
                refused(
                    Some(slot),
                    "the chain's hashes are not of 32 bytes, which no duty has",
                )
            })?;
            // Numbers beyond 32 bits wrap in the units that have one; they still differ within a slot.
            let number =
                sp_runtime::traits::UniqueSaturatedInto::<u64>::unique_saturated_into(*header.number())
                    as u32;
            let digest = header.digest();
            let built = Built { number, hash, digest };
            gate.permit(author, built, spent)
                .await
                .map_err(|why| refused(Some(slot), &why.text))?;
            Ok(proposal)
        })
    }
}

fn refused<E: From<ConsensusError>>(slot: Option<u64>, why: &str) -> E {
    let of = slot.map_or(String::new(), |slot| format!(" of slot {slot}"));
    ConsensusError::Other(format!("watchbill: the block{of} may not be sealed: {why}").into()).into()
}

#[cfg(test)]
#[path = "proposer_tests.rs"]
mod tests;
