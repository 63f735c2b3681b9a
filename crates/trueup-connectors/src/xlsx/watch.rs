//! Ends a child that takes too long, and sees to it that none is left behind.

use std::{
    io,
    process::{Child, ExitStatus},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread::{self, JoinHandle},
    time::Duration,
};

/// A child under watch. Dropping it ends the child.
#[derive(Debug)]
pub(super) struct Watch {
    // Dropping the sender is the message; nothing is ever sent.
    alive: Option<Sender<()>>,
    guard: Option<JoinHandle<Ended>>,
    ended: Option<Ended>,
}

/// How a child ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    /// It was ended because its time was up.
    pub(super) timed_out: bool,
    /// What the system says of it.
    pub(super) status: Result<ExitStatus, io::ErrorKind>,
}

impl Watch {
    /// Takes a child into watch for at most `wall_ms` milliseconds.
    #[must_use]
    pub(super) fn over(child: Child, wall_ms: u64) -> Self {
        let (alive, signal) = channel();
        let guard = thread::spawn(move || stand(child, &signal, Duration::from_millis(wall_ms)));
        Self { alive: Some(alive), guard: Some(guard), ended: None }
    }

    /// Ends the child, if it still lives, and says how it ended.
    ///
    /// To be called when its output is at its end. A process gives up its output after its exit code is
    /// fixed, so a child that ended well is not spoilt by being ended again.
    pub(super) fn end(&mut self) -> Ended {
        self.alive = None;
        let lost = Ended { timed_out: false, status: Err(io::ErrorKind::Other) };
        if let Some(guard) = self.guard.take() {
            self.ended = Some(guard.join().unwrap_or(lost));
        }
        self.ended.unwrap_or(lost)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end();
    }
}

fn stand(mut child: Child, signal: &Receiver<()>, wall: Duration) -> Ended {
    let timed_out = signal.recv_timeout(wall) == Err(RecvTimeoutError::Timeout);
    // An error means that it is gone already; `wait` then tells how.
    let _gone = child.kill();
    Ended { timed_out, status: child.wait().map_err(|error| error.kind()) }
}
