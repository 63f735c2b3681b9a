//! Ctrl-C and SIGTERM: the first finishes what is under way, the second leaves at once.

use std::{
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::Notify,
};

/// The exit code of a process that a person interrupted twice: 128 and the number of SIGINT.
const INTERRUPTED: i32 = 130;

/// Whether somebody asked to stop. Clones mean the same wish.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stopping(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    asked: AtomicBool,
    bell: Notify,
}

impl Stopping {
    /// Listens for signals from now on. `begun` says of the first one whether there is anything to finish.
    /// To be called within a runtime.
    pub(crate) fn listen(&self, begun: impl Fn() -> bool + Send + 'static) {
        let (Ok(int), Ok(term)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
            return;
        };
        tokio::spawn(self.clone().serve(int, term, begun));
    }

    async fn serve(self, mut int: Signal, mut term: Signal, begun: impl Fn() -> bool + Send) {
        loop {
            tokio::select! {
                _ = int.recv() => {}
                _ = term.recv() => {}
            }
            if self.asked() || !begun() {
                process::exit(INTERRUPTED);
            }
            self.ask();
        }
    }

    fn ask(&self) {
        self.0.asked.store(true, Ordering::SeqCst);
        self.0.bell.notify_waiters();
    }

    /// Whether somebody asked.
    pub(crate) fn asked(&self) -> bool {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// Waits until somebody asks.
    pub(crate) async fn wait(&self) {
        let rung = self.0.bell.notified();
        tokio::pin!(rung);
        rung.as_mut().enable();
        if !self.asked() {
            rung.await;
        }
    }
}
