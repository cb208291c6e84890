//! The gate of one node: made once, it makes the wrappers that share its memory.

use crate::{
    asking::Asker,
    authors::{AuthorKeys, HeldAuthors, Wrapped},
    beefy::{BeefySets, Commitments, GatedPayloadProvider},
    counters::{Counters, Counts},
    deadline::{system_clock, SealDeadline, WallClock},
    expiry::{monotonic_clock, Clocks, MonotonicClock},
    keystore::GatedKeystore,
    metrics,
    proposer::{AuraUnit, GatedEnvironment, SealGate},
    refused::{ForgetRefused, RefusedRounds},
    rounds::RoundGate,
    rules::Rules,
    seals::Seals,
    select_chain::GatedSelectChain,
    voter_state::{decode, VoterState},
};
use prometheus_endpoint::{PrometheusError, Registry};
use sp_core::crypto::KeyTypeId;
use sp_keystore::KeystorePtr;
use sp_runtime::traits::Block;
use std::{fmt, sync::Arc, time::Duration};
use watchbill_client::{Permits, Watch};

/// Settings of a gate. [`Options::default`] suits every node whose chain makes one block a slot.
#[derive(Clone)]
pub struct Options {
    /// The voter keeps a vote that is not signed and asks again, as with `substrate/devnode/patches` of watchbill. A
    /// voter without that patch ends at its first refused vote, whatever is said here.
    pub voter_waits: bool,
    /// How long a GRANDPA vote waits for its answer. Long, because a vote that is not signed ends the voter; a few seconds
    /// do for a voter that asks again.
    pub vote_timeout: Duration,
    /// How long entering a GRANDPA round may take. Short, because the voter stands still meanwhile, and abstaining is
    /// gentle.
    pub enter_timeout: Duration,
    /// How long a BEEFY vote or a heartbeat waits; both are tried again by themselves.
    pub short_timeout: Duration,
    /// Until when a seal may be asked for: two thirds of the slot. A collator takes its slots from the relay parent and
    /// says so here.
    pub seal_deadline: SealDeadline,
    /// What tells two Aura blocks of one key apart on this chain.
    pub aura_unit: AuraUnit,
    /// Kinds of keys that make no block and cast no vote of consensus, beside those that the gate knows (`audi`, `para`,
    /// `asgn`, `acco`, `stak`, `stmt`, `mixn`). They sign without a question; every other unknown kind signs nothing.
    pub passing_kinds: Vec<KeyTypeId>,
    /// Memory of rounds in which a vote was denied.
    pub refused: Arc<dyn RefusedRounds>,
    /// Wall clock that slots are read from. With `monotonic` it ends a granted seal half a slot after its slot.
    pub clock: WallClock,
    /// Monotonic clock. It bounds a granted seal when the wall clock is set back.
    pub monotonic: MonotonicClock,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            voter_waits: false,
            vote_timeout: Duration::from_secs(30),
            enter_timeout: Duration::from_secs(1),
            short_timeout: Duration::from_secs(3),
            seal_deadline: SealDeadline::default(),
            aura_unit: AuraUnit::default(),
            passing_kinds: Vec::new(),
            refused: Arc::new(ForgetRefused),
            clock: system_clock(),
            monotonic: monotonic_clock(),
        }
    }
}

impl Options {
    fn clocks(&self) -> Clocks {
        Clocks {
            wall: self.clock.clone(),
            monotonic: self.monotonic.clone(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Options");
        out.field("voter_waits", &self.voter_waits)
            .field("vote_timeout", &self.vote_timeout)
            .field("enter_timeout", &self.enter_timeout);
        out.field("short_timeout", &self.short_timeout)
            .field("seal_deadline", &self.seal_deadline)
            .field("aura_unit", &self.aura_unit)
            .finish_non_exhaustive()
    }
}

/// One per process. A clone is the same gate.
#[derive(Clone)]
pub struct Gate {
    asker: Arc<Asker>,
    seals: Arc<Seals>,
    rounds: Arc<RoundGate>,
    commitments: Arc<Commitments>,
    #[cfg(feature = "aura-scheduling")]
    scheduling: Arc<crate::scheduling::Scheduling>,
    counters: Arc<Counters>,
    wrapped: Arc<Wrapped>,
    options: Options,
}

impl Gate {
    /// A gate that asks `permits`. It asks nothing by itself.
    pub fn new(permits: Arc<dyn Permits>, options: Options) -> Self {
        let counters = Arc::new(Counters::default());
        let asker = Arc::new(Asker::new(permits, counters.clone()));
        let rounds = Arc::new(RoundGate::new(
            asker.clone(),
            options.refused.clone(),
            options.enter_timeout,
            options.voter_waits,
        ));
        Self {
            asker,
            seals: Arc::new(Seals::new(options.clocks())),
            rounds,
            commitments: Arc::default(),
            #[cfg(feature = "aura-scheduling")]
            scheduling: Arc::default(),
            counters,
            wrapped: Arc::default(),
            options,
        }
    }

    /// Wraps the proposer factory that BABE or Aura is given. `slot` is the length of a slot of this chain.
    pub fn environment<B: Block, E>(
        &self,
        inner: E,
        authors: Arc<dyn AuthorKeys<B>>,
        slot: Duration,
    ) -> GatedEnvironment<B, E> {
        let gate = SealGate {
            asker: self.asker.clone(),
            seals: self.seals.clone(),
            clocks: self.options.clocks(),
            slot,
            deadline: self.options.seal_deadline,
            aura_unit: self.options.aura_unit,
        };
        let authors = Arc::new(HeldAuthors::new(authors, self.wrapped.clone()));
        GatedEnvironment::new(inner, authors, Arc::new(gate))
    }

    /// Wraps the keystore that consensus and the offchain workers are given. The RPC keeps the plain one.
    pub fn keystore(&self, inner: KeystorePtr) -> KeystorePtr {
        self.wrapped.add(&inner);
        Arc::new(GatedKeystore::new(
            inner,
            Arc::new(self.rules()),
            self.rounds.clone(),
        ))
    }

    fn rules(&self) -> Rules {
        Rules {
            asker: self.asker.clone(),
            seals: self.seals.clone(),
            rounds: self.rounds.clone(),
            commitments: self.commitments.clone(),
            #[cfg(feature = "aura-scheduling")]
            scheduling: self.scheduling.clone(),
            options: self.options.clone(),
        }
    }

    /// Wraps the chain selection that `sc_consensus_grandpa::block_import` is given, and no other.
    pub fn select_chain<S>(&self, inner: S) -> GatedSelectChain<S> {
        GatedSelectChain::new(inner, self.rounds.clone())
    }

    /// Tells where the voter keeps its state, before the voter starts: until then it abstains.
    pub fn set_voter_state<B: Block>(&self, state: Arc<dyn VoterState>) {
        self.rounds.set_voter_state(state, decode::<B>);
    }

    /// Whether a first round may begin: somebody is known to be on watch for this GRANDPA key, or nobody keeps a watch.
    ///
    /// A voter that starts earlier abstains from its first round, and that round may never end where every machine of the
    /// chain does so. Start the voter once this is true, or after a time that suits the node. Never waits.
    pub fn voter_may_start(&self, key: &[u8]) -> bool {
        match self.asker.watch(key) {
            Watch::Ours { .. } | Watch::Unwatched | Watch::Theirs { holder: Some(_), .. } => true,
            Watch::Unknown | Watch::Theirs { holder: None, .. } => false,
        }
    }

    /// Wraps the payload provider that BEEFY is given. Needs [`Gate::set_beefy_sets`] as well.
    pub fn payload_provider<P>(&self, inner: P) -> GatedPayloadProvider<P> {
        GatedPayloadProvider::new(inner, self.commitments.clone())
    }

    /// Tells the BEEFY validator set id. Without it no BEEFY vote is signed.
    pub fn set_beefy_sets(&self, sets: Arc<dyn BeefySets>) {
        self.commitments.set_sets(sets);
    }

    /// Tells where headers of the relay chain are, and the length of a slot of the parachain. Without it no scheduling
    /// info is signed.
    #[cfg(feature = "aura-scheduling")]
    pub fn set_relay_headers(&self, headers: crate::RelayHeaders, slot: Duration) {
        self.scheduling.set(headers, slot);
    }

    /// Adds the series `watchbill_gate_…` to the Prometheus registry of the node.
    ///
    /// # Errors
    /// If another gate of this process has registered there before.
    pub fn register_metrics(&self, registry: &Registry) -> Result<(), PrometheusError> {
        metrics::register(self.asker.clone(), registry)
    }

    /// What was asked and answered so far, and how long it took, by kind of question.
    pub fn counts(&self) -> Vec<Counts> {
        self.counters.snapshot()
    }

    /// Kinds of keys that signed nothing so far because the gate does not know them, for example `nimb`; sorted.
    pub fn unknown_kinds(&self) -> Vec<String> {
        self.counters.unknown_kinds.read().into_keys().collect()
    }

    #[cfg(all(test, feature = "aura-scheduling"))]
    pub(crate) fn rules_for_tests(&self) -> Rules {
        self.rules()
    }

    #[cfg(test)]
    pub(crate) fn counters_for_tests(&self) -> &Counters {
        &self.counters
    }

    #[cfg(test)]
    pub(crate) fn seals_for_tests(&self) -> &Seals {
        &self.seals
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakePermits;
    use watchbill_client::Answer;

    #[test]
    fn the_voter_may_start_once_the_watch_is_settled() {
        let permits = FakePermits::saying(Answer::Granted);
        let gate = Gate::new(permits.clone(), Options::default());
        let theirs = |holder: Option<&str>| Watch::Theirs {
            holder: holder.map(Into::into),
            term: 1,
        };
        for (watch, may) in [
            (Watch::Unknown, false),
            (theirs(None), false),
            (theirs(Some("bravo")), true),
            (Watch::Ours { term: 1 }, true),
            (Watch::Unwatched, true),
        ] {
            permits.set_watch(watch);
            assert_eq!(gate.voter_may_start(&[1; 32]), may);
        }
        assert_eq!(permits.asked(), vec![]);
    }

    #[test]
    fn settings_are_shown_without_what_they_hold() {
        let shown = format!("{:?}", Options::default());
        assert!(
            shown.contains("vote_timeout: 30s") && shown.contains(".."),
            "{shown}"
        );
    }
}
