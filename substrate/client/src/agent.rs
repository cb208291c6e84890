//! The thread that asks. It runs one runtime on itself, and nothing else of the node runs there.

use crate::check;
use crate::exchange;
use crate::heads::Heads;
use crate::job::{Job, Message};
use crate::original::Original;
use crate::quiet::Quiet;
use crate::report;
use crate::services::Services;
use crate::watchbook::WatchBook;
use crate::{ClientConfig, ClientError, Deadlines, Wire};
use rand::RngCore;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

/// What the agent and the handles share. Nothing in it is waited for.
pub(crate) struct Shared {
    pub mode: Wire,
    pub chain: String,
    pub node: String,
    /// Drawn once per start: it tells the seals of this process from those of the one before.
    pub incarnation: String,
    pub deadlines: Deadlines,
    pub services: Services,
    pub heads: Arc<Heads>,
    pub watch: WatchBook,
    pub quiet: Quiet,
    pub original: Original,
    reachable: AtomicBool,
}

impl Shared {
    pub(crate) fn new(config: &ClientConfig) -> Result<Self, ClientError> {
        config.validate()?;
        let chain = crate::wire::to_hex(config.chain);
        let services = Services::new(config)?;
        let heads = Arc::new(Heads::open(&config.state_file, &chain)?);
        Ok(Self {
            mode: config.mode,
            node: config.node.clone(),
            incarnation: draw(),
            deadlines: config.deadlines.clone(),
            services,
            heads,
            watch: WatchBook::new(&config.node, config.deadlines.watch_age),
            quiet: Quiet::default(),
            original: Original::default(),
            reachable: AtomicBool::new(false),
            chain,
        })
    }

    pub(crate) fn draw_id(&self) -> String {
        draw()
    }

    pub(crate) fn set_reachable(&self, reachable: bool) {
        self.reachable.store(reachable, Ordering::Relaxed);
    }

    pub(crate) fn is_reachable(&self) -> bool {
        self.reachable.load(Ordering::Relaxed)
    }
}

/// 32 hex digits that nobody can guess.
fn draw() -> String {
    let mut bytes = [0u8; 16];
    rand::rngs::OsRng.fill_bytes(&mut bytes);
    hex::encode(bytes)
}

/// Serves until every sender of messages is gone. What is under way then ends with the runtime, which answers it.
pub(crate) async fn run(shared: Arc<Shared>, mut messages: UnboundedReceiver<Message>) {
    if shared.mode == Wire::Claims {
        let shared = shared.clone();
        tokio::spawn(async move { shared.services.probe().await });
    }
    let mut reporter: Option<JoinHandle<()>> = None;
    while let Some(message) = messages.recv().await {
        let shared = shared.clone();
        match message {
            Message::Ask(job) => drop(tokio::spawn(ask(shared, job))),
            Message::Check { held, until, reply } => drop(tokio::spawn(async move {
                // Whoever asked may have stopped waiting.
                let _ = reply.send(check::check(&shared, shared.mode, &held, until).await);
            })),
            Message::Report { keys, source } => {
                if let Some(before) = reporter.take() {
                    before.abort();
                }
                if shared.mode == Wire::Claims && !keys.is_empty() {
                    reporter = Some(tokio::spawn(report::run(shared, keys, source)));
                }
            }
        }
    }
}

async fn ask(shared: Arc<Shared>, job: Job) {
    let answer = match shared.mode {
        Wire::Claims => exchange::claim(&shared, &job.claim, job.until, &job.last).await,
        Wire::Original => shared.original.claim(&shared, &job.claim, job.until).await,
    };
    job.settle(answer);
}
