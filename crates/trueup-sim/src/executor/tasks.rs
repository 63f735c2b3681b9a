//! The tasks of a simulation: polled when they can go on, frozen, killed.

use std::{
    collections::BTreeSet,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use jiff::Timestamp;

use super::probe::{self, Place};

/// Some tasks, each in a place of its own.
pub struct Tasks<T> {
    places: Vec<Option<Task<T>>>,
}

struct Task<T> {
    future: Pin<Box<dyn Future<Output = T>>>,
    woken: Arc<Woken>,
    waker: Waker,
    frozen: Option<Timestamp>,
    /// Whether it was ever polled: before that it waits nowhere.
    begun: bool,
}

/// Whether a task can go on.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl<T> Tasks<T> {
    /// This many places, all empty.
    #[must_use]
    pub fn new(places: usize) -> Self {
        Self { places: (0..places).map(|_| None).collect() }
    }

    /// Starts a task in a place; what was there is killed.
    pub fn spawn(&mut self, place: usize, future: impl Future<Output = T> + 'static) {
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&woken));
        if let Some(slot) = self.places.get_mut(place) {
            *slot = Some(Task { future: Box::pin(future), woken, waker, frozen: None, begun: false });
        }
    }

    /// Kills the task of a place: it is dropped where it stands. Says whether there was one.
    pub fn kill(&mut self, place: usize) -> bool {
        self.places.get_mut(place).and_then(Option::take).is_some()
    }

    /// The awaits at which the task of a place is suspended, outermost or innermost in no order. It does not notice.
    pub fn waits_at(&mut self, place: usize) -> BTreeSet<Place> {
        let task = self.places.get_mut(place).and_then(Option::as_mut).filter(|task| task.begun);
        task.map_or_else(BTreeSet::new, |task| probe::waits_at(task.future.as_mut()))
    }

    /// Stops the task of a place until an instant; it does not notice.
    pub fn freeze(&mut self, place: usize, until: Timestamp) {
        if let Some(Some(task)) = self.places.get_mut(place) {
            task.frozen = Some(until);
        }
    }

    /// Whether there is a task in a place.
    #[must_use]
    pub fn lives(&self, place: usize) -> bool {
        self.places.get(place).is_some_and(Option::is_some)
    }

    /// The places whose tasks can go on now.
    pub fn runnable(&self, now: Timestamp) -> impl Iterator<Item = usize> {
        let ready = move |task: &Task<T>| {
            task.woken.0.load(Ordering::Relaxed) && task.frozen.is_none_or(|until| until <= now)
        };
        let places = self.places.iter().enumerate();
        places.filter(move |(_, task)| task.as_ref().is_some_and(ready)).map(|(place, _)| place)
    }

    /// When the next frozen task goes on.
    #[must_use]
    pub fn next_thaw(&self, now: Timestamp) -> Option<Timestamp> {
        self.places.iter().flatten().filter_map(|task| task.frozen).filter(|until| *until > now).min()
    }

    /// Lets the task of a place go on to its next point; gives what it came to, once it ends.
    pub fn poll(&mut self, place: usize) -> Option<T> {
        let slot = self.places.get_mut(place)?;
        let task = slot.as_mut()?;
        task.begun = true;
        task.woken.0.store(false, Ordering::Relaxed);
        let mut context = Context::from_waker(&task.waker);
        match task.future.as_mut().poll(&mut context) {
            Poll::Ready(value) => {
                *slot = None;
                Some(value)
            }
            Poll::Pending => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Mutex},
        time::Duration,
    };

    use super::super::{Clock, step};
    use super::*;

    type Heard = Arc<Mutex<Vec<&'static str>>>;

    async fn says(heard: Heard, clock: Clock, wait_s: u64, word: &'static str) {
        clock.sleep(Duration::from_secs(wait_s)).await;
        heard.lock().unwrap().push(word);
        step().await;
        heard.lock().unwrap().push(word);
    }

    fn run(tasks: &mut Tasks<()>, clock: &Clock) {
        loop {
            let next = tasks.runnable(clock.now()).next();
            if let Some(place) = next {
                tasks.poll(place);
            } else if let Some(at) = clock.next_timer().into_iter().chain(tasks.next_thaw(clock.now())).min()
            {
                clock.advance_to(at);
            } else {
                return;
            }
        }
    }

    fn two() -> (Tasks<()>, Clock, Heard) {
        let (clock, heard) = (Clock::shared(), Heard::default());
        let mut tasks = Tasks::new(2);
        tasks.spawn(0, says(Arc::clone(&heard), clock.clone(), 60, "late"));
        tasks.spawn(1, says(Arc::clone(&heard), clock.clone(), 10, "early"));
        (tasks, clock, heard)
    }

    #[test]
    fn who_waits_longer_goes_on_later_and_time_jumps_there() {
        let (mut tasks, clock, heard) = two();
        let before = clock.now();
        run(&mut tasks, &clock);
        assert_eq!(*heard.lock().unwrap(), ["early", "early", "late", "late"]);
        assert_eq!(clock.now().duration_since(before).as_secs(), 60);
    }

    #[test]
    fn a_killed_task_is_never_heard_again_and_waits_for_nothing() {
        let (mut tasks, clock, heard) = two();
        tasks.poll(0);
        tasks.poll(1);
        assert!(tasks.kill(0) && !tasks.kill(0));
        run(&mut tasks, &clock);
        assert_eq!(*heard.lock().unwrap(), ["early", "early"]);
        assert!(clock.next_timer().is_none());
    }

    #[test]
    fn a_task_that_is_asked_where_it_waits_goes_on_as_if_nobody_had_asked() {
        let (mut tasks, clock, heard) = two();
        assert!(tasks.waits_at(0).is_empty(), "it has not begun");
        for _ in 0..3 {
            tasks.poll(0);
            tasks.waits_at(0);
            tasks.waits_at(1);
        }
        run(&mut tasks, &clock);
        assert_eq!(*heard.lock().unwrap(), ["early", "early", "late", "late"]);
    }

    #[test]
    fn a_frozen_task_goes_on_where_it_was_when_it_thaws() {
        let (mut tasks, clock, heard) = two();
        let thaw = clock.now() + jiff::SignedDuration::from_secs(100);
        tasks.freeze(1, thaw);
        run(&mut tasks, &clock);
        assert_eq!(*heard.lock().unwrap(), ["late", "late", "early", "early"]);
        assert!(clock.now() >= thaw);
    }
}
