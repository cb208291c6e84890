//! Whether a key may vote in the round that begins, settled before its first vote is due.
//!
//! # Which round begins
//!
//! The voter asks its keystore `has_keys` when it makes a round, naming neither set nor round. Both stand in the
//! auxiliary store by then ([`crate::voter_state`]):
//!
//! * A round that follows a completed one: `completed_best_round` (finality-grandpa, `voter/mod.rs`) calls
//!   `Environment::completed`, which writes the state with the next round in it, and only then makes that round.
//! * The first round of a set: `ChangeAuthorities` (`lib.rs`) writes the state with round 1 before it rebuilds the voter.
//! * A start: the state is loaded from, or written to, the store before there is a voter; the round it makes is the
//!   one above the last completed, which is the highest tracked one.
//! * A catch-up is the exception. The round caught up with and the one above are made first and written down after,
//!   so that the answer for the round before is given. Then [`RoundGate::may_prevote`] finds, when the prevote is
//!   due, a round that was never entered, and enters it or makes the voter abstain. A primary's proposal comes before
//!   that; its claim enters the round by itself.
//! * Finality that came by sync writes the state of the next set (`update_authority_set`) before the voter of the old
//!   one is told. Round 1 of the next set is then entered early, which binds to nothing; the old voter casts no
//!   prevote any more.
//!
//! A completed round that is taken up again (`VotingRound::completed`) asks as well, and does not vote whatever it is
//! told.
//!
//! Nothing of this decides safety: each vote is claimed with the set, round and target that stand in its own bytes.
//!
//! # Who else asks
//!
//! sc-consensus-grandpa 0.46, `lib.rs`, asks in three more places: `global_communication` (668: whether own commits
//! are sent, fixed until the voter is rebuilt), the telemetry task (810: whenever a telemetry server is reached) and
//! `rebuild_voter` (974: telemetry only). Like `instantiate_last_round`, they see the answer for the highest tracked
//! round; a second question about a round costs no second claim. Commits hold votes of others and are signed by nobody.

use crate::{
    ahead::Ahead,
    asking::{reason, refusal, Asker},
    refused::RefusedRounds,
    round_memory::{Entered, RoundMemory, Why},
    voter_state::{Decoder, StoredVote, Tracked, VoterState},
};
use parking_lot::{Mutex, RwLock};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use watchbill_client::{Answer, Claim, Duty, Part, Unit, Watch};

/// A question ahead of its round holds nobody up, so it may take this many times as long as one at its beginning.
const AHEAD_TIMES: u32 = 3;

/// See the module.
pub(crate) struct RoundGate {
    asker: Arc<Asker>,
    refused: Arc<dyn RefusedRounds>,
    state: RwLock<Option<(Arc<dyn VoterState>, Decoder)>>,
    enter_timeout: Duration,
    /// A vote that is not granted waits, so that a round is sat out only where it is denied for good.
    voter_waits: bool,
    /// One blocking question at a time: a second thread finds the answer of the first.
    asking: Mutex<()>,
    memory: Arc<Mutex<RoundMemory>>,
    ahead: Ahead,
}

/// A round of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RoundId {
    pub(crate) set: u64,
    pub(crate) round: u64,
}

impl RoundGate {
    pub(crate) fn new(
        asker: Arc<Asker>,
        refused: Arc<dyn RefusedRounds>,
        enter_timeout: Duration,
        voter_waits: bool,
    ) -> Self {
        let (state, asking) = Default::default();
        let memory = Arc::<Mutex<RoundMemory>>::default();
        let ahead = Ahead::new(asker.clone(), memory.clone());
        Self {
            asker,
            refused,
            state,
            enter_timeout,
            voter_waits,
            asking,
            memory,
            ahead,
        }
    }

    pub(crate) fn set_voter_state(&self, state: Arc<dyn VoterState>, decoder: Decoder) {
        *self.state.write() = Some((state, decoder));
    }

    /// For `has_keys` of a GRANDPA key that the keystore holds. Waits `enter_timeout` at most, and once more where an
    /// earlier run of the node voted in this round.
    pub(crate) fn may_vote(&self, key: &[u8]) -> bool {
        let _one_at_a_time = self.asking.lock();
        let tracked = self.tracked();
        let id = tracked.as_ref().ok().map(|(id, _)| *id);
        let outcome = tracked.and_then(|(id, stored)| self.enter(key, id, stored));
        self.memory.lock().say(key, &outcome);
        self.asker.counters().set_voting(key, outcome.is_ok());
        if let Some(id) = id {
            if let Err(why) = &outcome {
                self.count_abstention(key, id, why);
            }
            if self.is_unwatched(key) {
                self.ahead.ask_after(key, id, AHEAD_TIMES * self.enter_timeout);
            }
        }
        outcome.is_ok() || self.stands_by(&outcome)
    }

    /// Another node is active. The votes of this one wait, and leave only if it becomes active in this round. Otherwise a
    /// chain that needs each vote would not end the round in which the keys moved.
    fn stands_by(&self, outcome: &Result<(), Why>) -> bool {
        self.voter_waits && outcome.as_ref().is_err_and(|why| why.code == "off-watch")
    }

    /// For a vote that waited: enters the round if this node became active after it began. The vote itself says
    /// whether it was too late.
    pub(crate) fn enter_late(&self, key: &[u8], id: RoundId, until: Instant) {
        let Watch::Ours { term } = self.asker.watch(key) else {
            return;
        };
        if self.memory.lock().entered(key, id).is_some() || !self.asker.reachable() {
            return;
        }
        let until = self.until().min(until);
        let answer = self.asker.ask_blocking(enter_claim(key, id, Some(term)), until);
        if answer.is_granted() {
            self.memory.lock().remember(key, id, Ok(()));
        }
    }

    /// Whether another node has the round: it is active, and no vote of this round was granted to this one.
    pub(crate) fn is_of_another(&self, key: &[u8], id: RoundId) -> bool {
        let theirs = matches!(self.asker.watch(key), Watch::Theirs { holder: Some(_), .. });
        theirs && self.memory.lock().entered(key, id) != Some(Entered::Yes { voted: true })
    }

    fn count_abstention(&self, key: &[u8], id: RoundId, why: &Why) {
        if self.memory.lock().abstains(key, id) {
            self.asker.counters().abstentions.count(&why.code);
        }
    }

    /// Nobody keeps a watch and rounds are asked for ahead: the original wire protocol.
    fn is_unwatched(&self, key: &[u8]) -> bool {
        self.asker.watch(key) == Watch::Unwatched
    }

    fn enter(&self, key: &[u8], id: RoundId, stored: Option<StoredVote>) -> Result<(), Why> {
        self.not_refused(key, id)?;
        let known = self.memory.lock().entered(key, id);
        match known {
            Some(Entered::No(why)) => Err(why),
            Some(Entered::Yes { .. }) if self.is_unwatched(key) => Ok(()),
            _ if self.may_become_ours(key) => Ok(()),
            // It may be the answer for the round after a catch-up, so the watch must still be ours.
            Some(Entered::Yes { .. }) => self.term(key).map(drop),
            None if self.is_unwatched(key) => Err(not_asked()),
            None => {
                let term = self.term(key)?;
                let answer = self.asker.ask_blocking(enter_claim(key, id, term), self.until());
                let answer = self.after_restart(key, id, answer, stored);
                if self.voter_waits && !is_final(&answer) {
                    return Ok(());
                }
                self.remember(key, id, &answer)
            }
        }
    }

    /// Nobody is known to be on watch, as after an outage of the service. A round that every machine of a chain sits out
    /// then would never end; a vote that waits is granted once the watch is settled.
    fn may_become_ours(&self, key: &[u8]) -> bool {
        let unsettled = match self.asker.watch(key) {
            Watch::Unknown | Watch::Theirs { holder: None, .. } => true,
            Watch::Ours { .. } => !self.asker.reachable(),
            Watch::Theirs { .. } | Watch::Unwatched => false,
        };
        self.voter_waits && unsettled
    }

    /// A round in which this node was granted a part before it was restarted is denied to be entered again. The vote
    /// that it stored then tells whether the round is its own: asked again with the same target, it is granted again.
    fn after_restart(&self, key: &[u8], id: RoundId, answer: Answer, stored: Option<StoredVote>) -> Answer {
        let taken = matches!(&answer, Answer::Denied { reason, .. } if reason == "unit-taken");
        match stored.filter(|vote| taken && vote.key == key) {
            Some(vote) => {
                let again = self.asker.ask_blocking(stored_claim(id, vote), self.until());
                if again.is_granted() {
                    self.memory.lock().note_part(key, id);
                    again
                } else {
                    answer
                }
            }
            None => answer,
        }
    }

    /// For chain selection, when a prevote is due. A round that was entered is entered once more, because another
    /// node may have taken it over while this one stood still; then abstaining is gentler than a denied vote.
    pub(crate) async fn may_prevote(&self) -> Result<(), Why> {
        let Some(key) = self.memory.lock().voting().filter(|_| !self.voter_waits) else {
            return Ok(());
        };
        let (id, _) = self.tracked()?;
        let outcome = self.may_prevote_in(&key, id).await;
        if let Err(why) = &outcome {
            self.asker.counters().set_voting(&key, false);
            self.count_abstention(&key, id, why);
        }
        outcome
    }

    async fn may_prevote_in(&self, key: &[u8], id: RoundId) -> Result<(), Why> {
        self.not_refused(key, id)?;
        let known = self.memory.lock().entered(key, id);
        let before = match known {
            Some(Entered::No(why)) => return Err(why),
            Some(Entered::Yes { voted: true }) => return Ok(()),
            Some(Entered::Yes { voted: false }) => true,
            None => false,
        };
        let term = match self.term(key) {
            Ok(None) if before => return Ok(()),
            Ok(term) => term,
            // The vote itself may wait longer for the service than this question.
            Err(why) if before && why.passes() => return Ok(()),
            Err(why) => return Err(why),
        };
        let answer = self
            .asker
            .ask(enter_claim(key, id, term), self.until(), Duration::ZERO)
            .await;
        match answer {
            Answer::Unknown { .. } if before => Ok(()),
            answer => self.remember(key, id, &answer),
        }
    }

    /// A vote of the round was granted: nobody else can own it any more.
    pub(crate) fn note_granted(&self, key: &[u8], id: RoundId) {
        self.memory.lock().note_part(key, id);
    }

    /// A vote waits for its grant, and why, or none does any more. True if that is news.
    pub(crate) fn note_waiting(&self, key: &[u8], code: Option<&str>) -> bool {
        self.memory.lock().note_waiting(key, code)
    }

    /// A vote of the round was denied: no further one is tried.
    pub(crate) fn note_refused(&self, key: &[u8], id: RoundId) {
        self.refused.note_refused(key, id.set, id.round);
        self.memory.lock().remember(key, id, Err(refused_before()));
    }

    fn tracked(&self) -> Result<(RoundId, Option<StoredVote>), Why> {
        let state = self.state.read().clone();
        let unread = |why: String| Why::new("voter-state", why);
        let (port, decode) = state.ok_or_else(|| {
            unread("the gate was not told where the voter keeps its state; call set_voter_state".into())
        })?;
        let value = port
            .aux()
            .map_err(|why| unread(format!("the state of the voter could not be read: {why}")))?;
        let value = value.ok_or_else(|| unread("the voter has not stored its state yet".into()))?;
        match decode(&value).map_err(unread)? {
            Tracked::Live { set, round, stored } => Ok((RoundId { set, round }, stored)),
            Tracked::Paused => Err(Why::new(
                "paused",
                "the voter is paused until the next authority set".into(),
            )),
        }
    }

    fn not_refused(&self, key: &[u8], id: RoundId) -> Result<(), Why> {
        if self.refused.was_refused(key, id.set, id.round) {
            return Err(refused_before());
        }
        Ok(())
    }

    /// The watch term to enter under, none where nobody keeps a watch; an error where this node is off watch.
    fn term(&self, key: &[u8]) -> Result<Option<u64>, Why> {
        if !self.asker.reachable() {
            return Err(Why::passing(
                "unreachable",
                "the permission service does not answer".into(),
            ));
        }
        match self.asker.watch(key) {
            Watch::Ours { term } => Ok(Some(term)),
            Watch::Unwatched => Ok(None),
            Watch::Theirs { .. } => Err(Why::new("off-watch", "another node is on watch".into())),
            Watch::Unknown => Err(Why::passing(
                "watch-unknown",
                "the service has not said who is on watch".into(),
            )),
        }
    }

    fn remember(&self, key: &[u8], id: RoundId, answer: &Answer) -> Result<(), Why> {
        let outcome = outcome_of(answer);
        self.memory.lock().remember(key, id, outcome.clone());
        outcome
    }

    fn until(&self) -> Instant {
        Instant::now() + self.enter_timeout
    }
}

/// What an answer to a question for a round means for it.
pub(crate) fn outcome_of(answer: &Answer) -> Result<(), Why> {
    match (reason(answer), refusal(answer)) {
        (Some(code), Some(text)) => Err(Why::new(code, format!("entering the round was {text}"))),
        _ => Ok(()),
    }
}

/// Denials that say how things are now, and not whose the round is. After an outage several sets may follow each other
/// within seconds, and the ceiling of rounds follows them more slowly.
const PASSING_DENIALS: [&str; 9] = [
    "off-watch",
    "watch-moved",
    "not-ready",
    "unit-ahead",
    "key-frozen",
    "no-memory",
    "session-lost",
    "store-behind",
    "set-unconfirmed",
];

/// Whether a vote of the round would never be granted.
fn is_final(answer: &Answer) -> bool {
    matches!(answer, Answer::Denied { reason, .. } if !PASSING_DENIALS.contains(&reason.as_str()))
}

fn not_asked() -> Why {
    let text = "the round was not asked for before it began, as after a start or a change of the set".into();
    Why::new("not-asked", text)
}

fn refused_before() -> Why {
    Why::new("vote-refused", "a vote of this round was denied before".into())
}

pub(crate) fn enter_claim(key: &[u8], id: RoundId, term: Option<u64>) -> Claim {
    let unit = Unit::Round {
        set: id.set,
        round: id.round,
    };
    Claim {
        key: key.to_vec(),
        duty: Duty::Grandpa,
        unit,
        part: Part::Enter,
        digest: None,
        term,
    }
}

fn stored_claim(id: RoundId, vote: StoredVote) -> Claim {
    let unit = Unit::Round {
        set: id.set,
        round: id.round,
    };
    Claim {
        key: vote.key,
        duty: Duty::Grandpa,
        unit,
        part: vote.part,
        digest: Some(vote.digest),
        term: None,
    }
}

#[cfg(test)]
#[path = "rounds_tests/mod.rs"]
mod tests;
