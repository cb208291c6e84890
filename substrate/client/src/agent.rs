//! The thread that asks. It runs one runtime on itself, and nothing else of the node runs there.

use crate::check;
use crate::exchange;
use crate::job::{Job, Message};
use crate::original;
use crate::report;
use crate::shared::Shared;
use crate::Wire;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

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
        Wire::Original => original::claim(&shared, &job.claim, job.until).await,
    };
    job.settle(answer);
}
