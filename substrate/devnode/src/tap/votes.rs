//! The tap on GRANDPA's notifications.

use super::{
    hex,
    lines::Lines,
    now_ms,
    seen::Seen,
    wire::{self, Arrived, Vote},
    LOG_TARGET,
};
use sc_network::{
    error::Error as NetworkError,
    service::traits::{MessageSink, NotificationEvent, NotificationService},
    types::ProtocolName,
    PeerId,
};
use serde::Serialize;
use std::{
    path::Path,
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::{sync_channel, Receiver, SyncSender},
        Arc,
    },
};

/// Messages that may wait for the recording thread; a vote is about 150 bytes, a commit of many authorities some
/// tens of kilobytes.
const QUEUE: usize = 2048;

/// Votes that are told from new ones: hours of a small network.
const REMEMBERED: usize = 65_536;

/// One line of the record. Numbers of 64 bits are text, as everywhere in this project.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    at_ms: u64,
    via: &'static str,
    set: String,
    round: String,
    kind: &'static str,
    hash: String,
    number: String,
    authority: String,
    valid: bool,
}

impl Record {
    fn of(arrived: &Arrived, at_ms: u64) -> Self {
        let (kind, hash, number) = match &arrived.vote {
            Vote::Prevote(v) => ("prevote", v.target_hash, v.target_number),
            Vote::Precommit(v) => ("precommit", v.target_hash, v.target_number),
            Vote::PrimaryPropose(v) => ("propose", v.target_hash, v.target_number),
        };
        Self {
            at_ms,
            via: arrived.via.name(),
            set: arrived.set.to_string(),
            round: arrived.round.to_string(),
            kind,
            hash: hex(hash),
            number: number.to_string(),
            authority: hex(&arrived.authority),
            valid: arrived.is_signed(),
        }
    }
}

/// A message of the network and when it came, in Unix milliseconds.
type Message = (u64, Vec<u8>);

/// Wraps the notifications that the voter is given. Every vote in them is recorded once, whatever the voter thinks of it.
pub fn record_votes(
    inner: Box<dyn NotificationService>,
    file: &Path,
) -> Result<Box<dyn NotificationService>, String> {
    let lines = Lines::open(file)?;
    let (queue, messages) = sync_channel(QUEUE);
    let lost = Arc::new(AtomicU64::new(0));
    let counted = lost.clone();
    std::thread::Builder::new()
        .name("record-votes".into())
        .spawn(move || record(messages, lines, &counted))
        .map_err(|e| format!("cannot start the thread that records votes: {e}"))?;
    Ok(Box::new(Tapped { inner, queue, lost }))
}

/// Until all taps are gone. A file that cannot be written to is said once a message and does not end the record.
fn record(messages: Receiver<Message>, mut lines: Lines, lost: &AtomicU64) {
    let mut seen = Seen::with_capacity(REMEMBERED);
    while let Ok((at_ms, message)) = messages.recv() {
        let lost = lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            log::error!(target: LOG_TARGET, "{lost} messages of GRANDPA came faster than they could be recorded; the record has a gap");
        }
        let votes = match wire::votes_in(&message) {
            Ok(votes) => votes,
            Err(e) => {
                log::debug!(target: LOG_TARGET, "not a message of GRANDPA: {e}");
                continue;
            }
        };
        for vote in votes.iter().filter(|vote| seen.is_new(vote.hash())) {
            if let Err(e) = lines.append(&Record::of(vote, at_ms)) {
                log::error!(target: LOG_TARGET, "{e}; the record has a gap");
            }
        }
    }
}

/// Notifications that are looked at as they pass.
#[derive(Debug)]
struct Tapped {
    inner: Box<dyn NotificationService>,
    queue: SyncSender<Message>,
    lost: Arc<AtomicU64>,
}

impl Tapped {
    fn look_at(&self, event: &NotificationEvent) {
        if let NotificationEvent::NotificationReceived { notification, .. } = event {
            if self.queue.try_send((now_ms(), notification.clone())).is_err() {
                self.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

#[async_trait::async_trait]
impl NotificationService for Tapped {
    async fn next_event(&mut self) -> Option<NotificationEvent> {
        let event = self.inner.next_event().await?;
        self.look_at(&event);
        Some(event)
    }

    /// The copy is for sending; taps stay on the original, or each message would be taken in twice.
    fn clone(&mut self) -> Result<Box<dyn NotificationService>, ()> {
        self.inner.clone()
    }

    async fn open_substream(&mut self, peer: PeerId) -> Result<(), ()> {
        self.inner.open_substream(peer).await
    }

    async fn close_substream(&mut self, peer: PeerId) -> Result<(), ()> {
        self.inner.close_substream(peer).await
    }

    fn send_sync_notification(&mut self, peer: &PeerId, notification: Vec<u8>) {
        self.inner.send_sync_notification(peer, notification)
    }

    async fn send_async_notification(
        &mut self,
        peer: &PeerId,
        notification: Vec<u8>,
    ) -> Result<(), NetworkError> {
        self.inner.send_async_notification(peer, notification).await
    }

    async fn set_handshake(&mut self, handshake: Vec<u8>) -> Result<(), ()> {
        self.inner.set_handshake(handshake).await
    }

    fn try_set_handshake(&mut self, handshake: Vec<u8>) -> Result<(), ()> {
        self.inner.try_set_handshake(handshake)
    }

    fn protocol(&self) -> &ProtocolName {
        self.inner.protocol()
    }

    fn message_sink(&self, peer: &PeerId) -> Option<Box<dyn MessageSink>> {
        self.inner.message_sink(peer)
    }
}

#[cfg(test)]
mod tests {
    use super::{wire::tests::prevote_message, *};

    /// Tells one message, then ends.
    #[derive(Debug)]
    struct FakeNotifications(Option<NotificationEvent>, ProtocolName);

    #[async_trait::async_trait]
    impl NotificationService for FakeNotifications {
        async fn next_event(&mut self) -> Option<NotificationEvent> {
            self.0.take()
        }
        fn clone(&mut self) -> Result<Box<dyn NotificationService>, ()> {
            Err(())
        }
        async fn open_substream(&mut self, _: PeerId) -> Result<(), ()> {
            Err(())
        }
        async fn close_substream(&mut self, _: PeerId) -> Result<(), ()> {
            Err(())
        }
        fn send_sync_notification(&mut self, _: &PeerId, _: Vec<u8>) {}
        async fn send_async_notification(&mut self, _: &PeerId, _: Vec<u8>) -> Result<(), NetworkError> {
            Ok(())
        }
        async fn set_handshake(&mut self, _: Vec<u8>) -> Result<(), ()> {
            Err(())
        }
        fn try_set_handshake(&mut self, _: Vec<u8>) -> Result<(), ()> {
            Err(())
        }
        fn protocol(&self) -> &ProtocolName {
            &self.1
        }
        fn message_sink(&self, _: &PeerId) -> Option<Box<dyn MessageSink>> {
            None
        }
    }

    #[test]
    fn a_full_queue_is_counted_and_holds_nothing_up() {
        let (queue, messages) = sync_channel(1);
        let lost = Arc::new(AtomicU64::new(0));
        for expected_loss in [0, 1] {
            let notification = prevote_message("//Alice", 7);
            let event = NotificationEvent::NotificationReceived {
                peer: PeerId::random(),
                notification: notification.clone(),
            };
            let inner = Box::new(FakeNotifications(Some(event), "/grandpa/1".into()));
            let mut tapped = Tapped {
                inner,
                queue: queue.clone(),
                lost: lost.clone(),
            };
            let passed = futures::executor::block_on(tapped.next_event());
            assert!(
                matches!(passed, Some(NotificationEvent::NotificationReceived { notification: n, .. }) if n == notification)
            );
            assert_eq!(lost.load(Ordering::Relaxed), expected_loss);
        }
        assert_eq!(messages.try_iter().count(), 1);
    }

    #[test]
    fn records_each_vote_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("votes");
        let (queue, messages) = sync_channel(8);
        for (at_ms, message) in [
            prevote_message("//Alice", 7),
            prevote_message("//Alice", 7),
            vec![9],
            prevote_message("//Alice", 8),
        ]
        .into_iter()
        .enumerate()
        {
            queue.send((at_ms as u64, message)).unwrap();
        }
        drop(queue);
        record(messages, Lines::open(&path).unwrap(), &AtomicU64::new(0));
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        let expected = serde_json::json!({
            "atMs": 0, "via": "vote", "set": "3", "round": "12", "kind": "prevote",
            "hash": format!("0x{}", "07".repeat(32)), "number": "21",
            "authority": "0x88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee", "valid": true,
        });
        assert_eq!(lines[0], expected);
        assert_eq!(
            (&lines[1]["atMs"], &lines[1]["hash"]),
            (&3.into(), &format!("0x{}", "08".repeat(32)).into())
        );
    }
}
