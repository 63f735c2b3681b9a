//! Waits for a system that says how soon it can be read, such as a workbook that is being saved.

use std::time::Duration;

use trueup_ports::{Fault, LogEvent, World};

/// How often a system is asked in all.
const TRIES: u32 = 4;
/// The longest wait that is worth holding a cycle up for; beyond it the next cycle is soon enough.
const LONGEST: Duration = Duration::from_secs(10);

/// Asks, and asks again a few times while the system is busy and names a short wait.
///
/// Without one it is not asked again: a connector that repeats requests by itself has done so already.
///
/// # Errors
/// Any [`Fault`]; the last one when the system stayed busy.
pub(crate) async fn patiently<T>(
    world: &dyn World,
    mut ask: impl AsyncFnMut() -> Result<T, Fault>,
) -> Result<T, Fault> {
    for _ in 1..TRIES {
        match ask().await {
            Err(Fault::Busy { retry_after: Some(wait), what }) if wait <= LONGEST && !world.stopping() => {
                world.log(LogEvent::Say(format!("{what}; looking again in {} s", wait.as_secs())));
                world.sleep(wait).await;
            }
            outcome => return outcome,
        }
    }
    ask().await
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        pin::pin,
        sync::Mutex,
        task::{Context, Poll, Waker},
    };

    use async_trait::async_trait;
    use jiff::Timestamp;
    use trueup_ports::Holder;

    use super::*;

    /// A host on which waiting takes no time.
    #[derive(Default)]
    struct Host(Mutex<Duration>);

    #[async_trait]
    impl World for Host {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        async fn sleep(&self, time: Duration) {
            *self.0.lock().unwrap() += time;
        }

        fn random(&self) -> u64 {
            0
        }

        fn holder(&self) -> Holder {
            Holder { host: String::new(), pid: 1, born: String::new() }
        }

        fn is_alive(&self, _: &Holder) -> Option<bool> {
            None
        }

        fn log(&self, _: LogEvent) {}
    }

    /// A system that is busy so many times gives an outcome, after so many questions and seconds.
    #[track_caller]
    fn check(busy: u32, retry_after_s: Option<u64>, read: bool, asked: u32, waited_s: u64) {
        let (host, questions) = (Host::default(), Cell::new(0));
        let outcome = {
            let mut asking = pin!(patiently(&host, async || {
                questions.set(questions.get() + 1);
                let retry_after = retry_after_s.map(Duration::from_secs);
                let what = "it is being saved".to_owned();
                if questions.get() > busy { Ok(()) } else { Err(Fault::Busy { retry_after, what }) }
            }));
            match asking.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(outcome) => outcome,
                Poll::Pending => panic!("it waits for something else"),
            }
        };
        let waited = host.0.into_inner().unwrap().as_secs();
        assert_eq!((outcome.is_ok(), questions.get(), waited), (read, asked, waited_s));
    }

    #[test]
    fn a_workbook_that_is_being_saved_is_looked_at_again_but_not_for_ever() {
        check(0, Some(2), true, 1, 0);
        check(1, Some(2), true, 2, 2);
        check(3, Some(2), true, 4, 6);
        check(4, Some(2), false, 4, 6);
    }

    #[test]
    fn a_system_that_names_no_short_wait_is_not_asked_again() {
        check(1, None, false, 1, 0);
        check(1, Some(3_600), false, 1, 0);
    }
}
