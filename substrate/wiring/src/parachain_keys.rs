//! Keys of backing, approvals and disputes that exist on the active machine alone.
//!
//! These keys sign without a question, so two machines must never have them at the same time. The service gives a lease
//! for each `para` key to one machine. This machine opens the sealed keys when it gets the lease, and erases them five
//! seconds after the last report that kept it, or as soon as a report says that it has no lease any more. A process
//! that did not erase them in time ends itself.
//!
//! Some subsystems ask once a session which keys are theirs. They get a keystore that always has the `para` keys, which
//! signs only while the secrets are here, so that a machine that becomes active needs no restart.

use crate::{
    key_links::{KeyLinks, Secret},
    lease::Lease,
    sealed::{name_of, open_sealed_keys, SealedKey},
    LOG_TARGET,
};
use parking_lot::Mutex;
use rustix::process::{getpid, kill_process, Signal};
use sc_keystore::LocalKeystore;
use sp_core::crypto::{key_types::AUTHORITY_DISCOVERY, KeyTypeId};
use sp_keystore::KeystorePtr;
use std::{
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicU64, Ordering},
        Arc, Weak,
    },
    thread,
    time::{Duration, Instant},
};
use watchbill_client::LeaseReport;

/// Signs statements, approvals and dispute votes.
pub(crate) const PARA: KeyTypeId = KeyTypeId(*b"para");
/// Draws which candidates this validator approves.
pub(crate) const ASGN: KeyTypeId = KeyTypeId(*b"asgn");
/// Kinds of sealed keys that the lease has, and no keystore of the gate.
pub(crate) const LEASED_KINDS: [KeyTypeId; 2] = [PARA, ASGN];

const TICK: Duration = Duration::from_millis(100);
/// How long after the end of the lease the secrets may still be here before the process ends itself.
const GRACE: Duration = Duration::from_secs(2);
const RETRY: Duration = Duration::from_secs(10);

/// The keystores of the parachain subsystems.
#[derive(Clone)]
pub(crate) struct ParachainKeys {
    /// Has the keys whose secrets are here: for what signs statements, bitfields, approvals and votes on code.
    pub(crate) active: Arc<LocalKeystore>,
    /// Has the keys of this validator, wherever their secrets are: for what connects and distributes, and for disputes.
    pub(crate) known: Arc<LocalKeystore>,
}

impl ParachainKeys {
    /// One keystore for all subsystems, as in a stock node.
    pub(crate) fn of(keystore: Arc<LocalKeystore>) -> Self {
        Self {
            active: keystore.clone(),
            known: keystore,
        }
    }
}

/// Where sealed keys are, and what opens them.
#[derive(Clone)]
pub(crate) struct SealedFolder {
    pub(crate) folder: PathBuf,
    pub(crate) identity: PathBuf,
}

/// A kind and a public key.
pub(crate) type KeyName = (KeyTypeId, Vec<u8>);

/// The leases of the parachain keys of this machine.
pub(crate) struct Leases {
    sealed: SealedFolder,
    names: Vec<KeyName>,
    links: Links,
    /// Of each `para` key. Never locked while a file is read or written: the client of the services waits for it.
    leases: Mutex<Vec<(Vec<u8>, Lease)>>,
    /// Those that are on this machine. The thread of the lease alone uses it.
    secrets: Mutex<Vec<(KeyName, Secret)>>,
    /// After an attempt to open the keys that failed, when the next one is due.
    again: Mutex<Option<Instant>>,
    /// Milliseconds since `start` until when the secrets may be here; 0 while they are not.
    until: AtomicU64,
    start: Instant,
}

struct Links {
    active: KeyLinks,
    known: KeyLinks,
    no_secret: Secret,
}

impl Leases {
    /// `names` of sealed keys, all of [`LEASED_KINDS`]; the keystores are made in this folder.
    ///
    /// # Errors
    /// One line: a key that is also unsealed in the node's keystore, a folder with files of others, no memory.
    pub(crate) fn new(
        sealed: SealedFolder,
        names: Vec<KeyName>,
        folder: &Path,
        node: &KeystorePtr,
    ) -> Result<Self, String> {
        if let Some((kind, public)) = names
            .iter()
            .find(|(kind, public)| node.has_keys(&[(public.clone(), *kind)]))
        {
            return Err(format!(
                "{} is sealed, and unsealed in the node's keystore too, where another machine may have it as well. Run `watchbill guard seal --remove`",
                name_of(*kind, public)
            ));
        }
        let no_memory = |error: std::io::Error| format!("no memory for the parachain keys: {error}");
        let links = Links {
            active: KeyLinks::open(folder.join("active"))?,
            known: KeyLinks::open(folder.join("known"))?,
            no_secret: KeyLinks::no_secret().map_err(no_memory)?,
        };
        let of_discovery = node.keys(AUTHORITY_DISCOVERY).unwrap_or_default();
        let of_discovery = of_discovery
            .into_iter()
            .map(|public| (AUTHORITY_DISCOVERY, public));
        let para = names.iter().filter(|(kind, _)| *kind == PARA);
        for (kind, public) in para.clone().cloned().chain(of_discovery) {
            let linked = links.known.link(kind, &public, &links.no_secret);
            linked.map_err(no_memory)?;
        }
        let leases = para
            .map(|(_, public)| (public.clone(), Lease::default()))
            .collect();
        Ok(Self {
            sealed,
            names,
            links,
            leases: Mutex::new(leases),
            secrets: Mutex::default(),
            again: Mutex::default(),
            until: AtomicU64::new(0),
            start: Instant::now(),
        })
    }

    /// The keystores of the subsystems.
    pub(crate) fn keystores(&self) -> Result<ParachainKeys, String> {
        let open = |links: &KeyLinks| {
            LocalKeystore::open(links.folder(), None)
                .map(Arc::new)
                .map_err(|e| e.to_string())
        };
        Ok(ParachainKeys {
            active: open(&self.links.active)?,
            known: open(&self.links.known)?,
        })
    }

    /// For the next report of the node with this key of the gate.
    pub(crate) fn reports(&self, key: &[u8]) -> Vec<LeaseReport> {
        let now = Instant::now();
        let report = |(name, lease): &(Vec<u8>, Lease)| {
            let (holds, returned) = lease.report(now);
            LeaseReport {
                name: name.clone(),
                key: key.to_vec(),
                holds,
                returned,
            }
        };
        self.leases.lock().iter().map(report).collect()
    }

    /// What the service answered to it.
    pub(crate) fn hear(&self, name: &[u8], id: Option<String>, sent: Instant) {
        let mut leases = self.leases.lock();
        if let Some((_, lease)) = leases.iter_mut().find(|(of, _)| of == name) {
            lease.hear(id, sent);
        }
    }

    /// Begins to put the secrets where the subsystems look, and to take them away. Both threads end with the last owner.
    ///
    /// # Errors
    /// If no thread can be started: then the secrets are never put there.
    pub(crate) fn keep(self: &Arc<Self>) -> Result<(), String> {
        self.start_thread("watchbill-fence", Self::fence)?;
        self.start_thread("watchbill-lease", Self::look_after)
    }

    fn start_thread(self: &Arc<Self>, name: &str, look: fn(&Self)) -> Result<(), String> {
        let leases = Arc::downgrade(self);
        let thread = thread::Builder::new().name(name.into());
        let started = thread.spawn(move || every_tick(&leases, look));
        started.map_err(|error| format!("no thread can be started: {error}"))?;
        Ok(())
    }

    fn look_after(&self) {
        self.look_at(Instant::now());
    }

    fn look_at(&self, now: Instant) {
        if self.again.lock().is_some_and(|at| now < at) {
            return;
        }
        let (is_due, held, until) = self.due(now);
        let mut secrets = self.secrets.lock();
        if is_due {
            self.take_away(&mut secrets);
            self.put(&held, until, &mut secrets);
            self.settle(&secrets);
        }
        if !secrets.is_empty() {
            self.note_until(until);
        }
    }

    /// Whether secrets have to come or go, the keys whose lease this machine has, and until when. A secret that is about
    /// to come counts as here from now on, so that no report gives its lease back meanwhile.
    fn due(&self, now: Instant) -> (bool, Vec<Vec<u8>>, Option<Instant>) {
        let mut leases = self.leases.lock();
        let is_due = leases
            .iter()
            .any(|(_, lease)| lease.has_secret() != lease.until(now).is_some());
        let held = leases.iter_mut().filter(|(_, lease)| lease.until(now).is_some());
        let mut names = Vec::new();
        let mut until: Option<Instant> = None;
        for (name, lease) in held {
            lease.set_secret(true);
            names.push(name.clone());
            until = until.min(lease.until(now)).or(lease.until(now));
        }
        (is_due, names, until)
    }

    /// Says which secrets are here after all.
    fn settle(&self, secrets: &[(KeyName, Secret)]) {
        for (name, lease) in self.leases.lock().iter_mut() {
            lease.set_secret(
                secrets
                    .iter()
                    .any(|((kind, public), _)| *kind == PARA && public == name),
            );
        }
    }

    /// Opens the sealed keys and links those whose lease this machine has.
    fn put(&self, held: &[Vec<u8>], until: Option<Instant>, secrets: &mut Vec<(KeyName, Secret)>) {
        let Some(until) = until else { return };
        let is_held = |key: &&SealedKey| match key.id() {
            (PARA, public) => held.iter().any(|name| name == public),
            (kind, _) => kind == ASGN,
        };
        let put = open_sealed_keys(&self.sealed.folder, &self.sealed.identity).and_then(|opened| {
            // A slow disk may have taken the time of the lease.
            if Instant::now() >= until {
                return Err("the lease was over before the keys were open".into());
            }
            self.note_until(Some(until));
            opened
                .iter()
                .filter(is_held)
                .try_for_each(|key| self.put_one(key, secrets))
        });
        match put {
            Ok(()) => {
                log::info!(target: LOG_TARGET, "watchbill: {} parachain keys are on this machine now", secrets.len());
            }
            Err(error) => {
                log::error!(target: LOG_TARGET, "watchbill: this machine has the lease of the parachain keys and cannot use them, so it backs and approves nothing: {error}");
                self.take_away(secrets);
                *self.again.lock() = Some(Instant::now() + RETRY);
            }
        }
    }

    fn put_one(&self, key: &SealedKey, secrets: &mut Vec<(KeyName, Secret)>) -> Result<(), String> {
        let (kind, public) = key.id();
        let name = (kind, public.to_vec());
        // A key that was sealed after the start has no lease.
        if !self.names.contains(&name) {
            return Ok(());
        }
        let wrong = |error: std::io::Error| format!("{}: {error}", self.links.active.folder().display());
        let secret = key.secret().map_err(wrong)?;
        let linked = self.links.active.link(kind, public, &secret);
        let linked = linked.and_then(|()| match kind {
            PARA => self.links.known.link(kind, public, &secret),
            _ => Ok(()),
        });
        // Kept in any case: a link to it may be there.
        secrets.push((name, secret));
        linked.map_err(wrong)
    }

    /// Lets the subsystems find no key, and erases the secrets. What cannot be erased ends the process.
    fn take_away(&self, secrets: &mut Vec<(KeyName, Secret)>) {
        for ((kind, public), secret) in secrets.iter() {
            let relinked = match *kind {
                PARA => self.links.known.link(PARA, public, &self.links.no_secret),
                _ => Ok(()),
            };
            let unlinked = self.links.active.unlink(*kind, public);
            // Also what has the memory open already reads no secret any more.
            if let Err(error) = secret.erase().and(unlinked).and(relinked) {
                end_process(&format!("the parachain keys cannot be taken away: {error}"));
            }
        }
        if !secrets.is_empty() {
            log::info!(target: LOG_TARGET, "watchbill: the parachain keys are not on this machine any more");
        }
        secrets.clear();
        self.until.store(0, Ordering::SeqCst);
    }

    fn note_until(&self, until: Option<Instant>) {
        let ms = until.map_or(1, |until| ms_between(self.start, until).max(1));
        self.until.store(ms, Ordering::SeqCst);
    }

    /// Ends a process in which the other thread did not take the secrets away in time.
    fn fence(&self) {
        if self.is_overdue(Instant::now()) {
            end_process("the lease of the parachain keys is over, and they are still on this machine");
        }
    }

    fn is_overdue(&self, now: Instant) -> bool {
        let until = self.until.load(Ordering::SeqCst);
        until != 0 && ms_between(self.start, now) > until.saturating_add(as_ms(GRACE))
    }
}

fn every_tick(leases: &Weak<Leases>, look: fn(&Leases)) {
    while let Some(leases) = leases.upgrade() {
        look(&leases);
        drop(leases);
        thread::sleep(TICK);
    }
}

/// No exit handlers, which could hang, and no core, which would have the secrets.
fn end_process(why: &str) {
    log::error!(target: LOG_TARGET, "watchbill: {why}. The process ends, because another machine may have them now");
    if kill_process(getpid(), Signal::KILL).is_err() {
        std::process::abort();
    }
}

fn ms_between(from: Instant, to: Instant) -> u64 {
    as_ms(to.saturating_duration_since(from))
}

fn as_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "parachain_keys_tests.rs"]
mod tests;
