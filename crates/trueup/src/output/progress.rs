//! Progress of long work: one live line on a terminal, a plain line now and then elsewhere.

use std::{
    io::{self, Write},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use trueup_ports::LogEvent;

/// Between two plain lines.
const QUIET: Duration = Duration::from_secs(10);
/// Between two turns of the spinner.
const TURN: Duration = Duration::from_millis(120);

/// How progress is shown.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts about one stream")]
pub(crate) struct Look {
    /// Not at all.
    pub(crate) quiet: bool,
    /// With every remark of the engine.
    pub(crate) verbose: bool,
    /// As one line that is drawn again and again.
    pub(crate) live: bool,
    /// In colour.
    pub(crate) color: bool,
}

/// Where long work is told.
#[derive(Debug)]
pub(crate) struct Progress {
    look: Look,
    asking: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    bar: Option<ProgressBar>,
    work: Option<Work>,
}

#[derive(Debug)]
struct Work {
    name: String,
    began: Instant,
    told: Instant,
    stage: String,
    steps: Option<u64>,
    done: u64,
}

impl Progress {
    /// Progress with a look; nothing is shown before work begins.
    pub(crate) fn new(look: Look) -> Self {
        Self { look, asking: AtomicBool::new(false), state: Mutex::default() }
    }

    // A panic in between leaves at most a stale line on the screen.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the program waits for an answer of a person, with nothing else under way.
    pub(crate) fn is_asking(&self) -> bool {
        self.asking.load(Ordering::SeqCst)
    }

    /// Takes the drawn line away and waits for an answer.
    pub(crate) fn asking<T>(&self, ask: impl FnOnce() -> T) -> T {
        self.clear();
        self.asking.store(true, Ordering::SeqCst);
        let answer = ask();
        self.asking.store(false, Ordering::SeqCst);
        answer
    }

    /// Long work begins.
    pub(crate) fn begin(&self, name: &str) {
        let now = Instant::now();
        let stage = String::new();
        self.state().work =
            Some(Work { name: name.to_owned(), began: now, told: now, stage, steps: None, done: 0 });
        if !self.look.live {
            self.say(&format!("{name} …"));
        }
    }

    /// Long work ended.
    pub(crate) fn end(&self) {
        self.clear();
        // Taken first: the lock would live as long as the whole `if`, and `say` takes it again.
        let work = self.state().work.take();
        if let Some(work) = work.filter(|_| !self.look.live) {
            self.say(&format!("{} took {:.1} s", work.name, work.began.elapsed().as_secs_f64()));
        }
    }

    /// Takes one event of the engine.
    pub(crate) fn event(&self, event: LogEvent) {
        match event {
            LogEvent::Stage { name, steps } => self.stage(&name, steps),
            LogEvent::Step(by) => self.step(by),
            LogEvent::Say(what) if self.look.verbose => self.say(&what),
            LogEvent::Say(_) => {}
            LogEvent::Warn(what) => self.say(&format!("warning: {what}")),
        }
    }

    fn stage(&self, name: &str, steps: Option<u64>) {
        if let Some(work) = &mut self.state().work {
            (work.stage, work.steps, work.done) = (name.to_owned(), steps, 0);
        }
        self.clear();
        if self.look.live && !self.look.quiet {
            self.state().bar = Some(self.bar(name, steps));
        }
        self.tell();
    }

    fn step(&self, by: u64) {
        let mut state = self.state();
        let State { bar, work } = &mut *state;
        if let Some(bar) = bar {
            bar.inc(by);
            bar.set_message(bar.position().to_string());
        }
        if let Some(work) = work {
            work.done += by;
        }
        drop(state);
        self.tell();
    }

    fn bar(&self, name: &str, steps: Option<u64>) -> ProgressBar {
        let spin = if self.look.color { "{spinner:.cyan}" } else { "{spinner}" };
        // How many there will be is not known while something is read, and at its start nothing is.
        let rest = if steps.is_some() { "{wide_bar} {pos}/{len}" } else { "{wide_msg}" };
        let bar = steps.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        bar.set_draw_target(ProgressDrawTarget::stderr());
        // The template is ours and fits; a default line is shown should it ever not.
        if let Ok(style) = ProgressStyle::with_template(&format!("{spin} {{prefix}} {rest}")) {
            bar.set_style(style);
        }
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(TURN);
        bar
    }

    /// Says a plain line about the stage, if the last one is long enough ago.
    fn tell(&self) {
        let mut state = self.state();
        let Some(work) = state.work.as_mut().filter(|_| !self.look.live) else { return };
        if work.told.elapsed() < QUIET {
            return;
        }
        work.told = Instant::now();
        let of = work.steps.map(|steps| format!(" of {steps}")).unwrap_or_default();
        let line = format!("{}: {} {}{of}", work.name, work.stage, work.done);
        drop(state);
        self.say(&line);
    }

    fn say(&self, line: &str) {
        if !self.look.quiet {
            self.line(line);
        }
    }

    /// Writes one line to standard error, around whatever is drawn there.
    pub(crate) fn line(&self, line: &str) {
        let write = || {
            let _gone = writeln!(io::stderr().lock(), "{line}");
        };
        match &self.state().bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the drawn line away.
    pub(crate) fn clear(&self) {
        if let Some(bar) = self.state().bar.take() {
            bar.finish_and_clear();
        }
    }
}
