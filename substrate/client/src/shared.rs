//! What the agent, its questions and the handles share.

use crate::heads::Heads;
use crate::quiet::Quiet;
use crate::rounds::RoundsOfKeys;
use crate::services::Services;
use crate::watchbook::WatchBook;
use crate::{ClientConfig, ClientError, Deadlines, Wire};
use rand::RngCore;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

/// What the agent and the handles share. Nothing in it is waited for.
pub(crate) struct Shared {
    pub mode: Wire,
    pub chain: String,
    pub node: String,
    /// Drawn once per start: seals of this process differ from those of the one before by it.
    pub incarnation: String,
    pub deadlines: Deadlines,
    /// How many services must grant a claim.
    pub grants: usize,
    pub services: Services,
    pub heads: Arc<Heads>,
    pub watch: WatchBook,
    pub quiet: Quiet,
    /// Of the original wire protocol.
    pub rounds: RoundsOfKeys,
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
            grants: config.grants,
            services,
            heads,
            watch: WatchBook::new(&config.node, config.deadlines.watch_age),
            quiet: Quiet::default(),
            rounds: RoundsOfKeys::default(),
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

/// 32 hex digits that cannot be guessed.
fn draw() -> String {
    let mut bytes = [0u8; 16];
    rand::rngs::OsRng.fill_bytes(&mut bytes);
    hex::encode(bytes)
}
