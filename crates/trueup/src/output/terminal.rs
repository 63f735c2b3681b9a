//! The two streams, each judged by itself: is it a terminal, how wide, may it be coloured.

use std::{
    borrow::Cow,
    env,
    io::{self, BufRead, IsTerminal, Write},
    path::Path,
    sync::Arc,
};

use trueup_config::shell;
use trueup_core::render::Style;

use super::{
    Answer, Exit, Failure, Manner, Report,
    pager::{self, Screen},
    paste::naming,
    progress::{Look, Progress},
    wrap::wrapped,
};
use crate::args::{self, CONFIG, CONFIG_VARIABLE, ColorChoice, Global};

/// How wide a terminal is that does not say it.
const WIDTH: usize = 80;

/// Where a command talks to.
#[derive(Debug)]
pub(crate) struct Terminal {
    json: bool,
    quiet: bool,
    plain: bool,
    style: Style,
    width: Option<usize>,
    /// Where a pager may be used, and how much fits without one.
    screen: Option<Screen>,
    progress: Arc<Progress>,
    /// The flag that names the configuration in use, where it is not the one that is found by itself.
    flag: Option<String>,
}

impl Terminal {
    /// Looks at the streams, the environment and the flags.
    pub(crate) fn new(global: &Global) -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let look = Look {
            quiet: global.quiet,
            verbose: global.verbose > 0,
            live: err.is_terminal() && !is_dumb(),
            color: may_color(global.color, err.is_terminal()),
        };
        let color = may_color(global.color, out.is_terminal());
        let at_hand = out.is_terminal() && io::stdin().is_terminal() && !is_dumb();
        Self {
            json: global.json,
            quiet: global.quiet,
            plain: global.plain,
            style: if color { Style::Ansi } else { Style::Plain },
            width: out.is_terminal().then(|| columns(&out)),
            screen: (at_hand && !global.json && !global.no_pager).then(|| screen(&out)),
            progress: Arc::new(Progress::new(look)),
            flag: flag(&global.config),
        }
    }

    /// Whether a program reads standard output.
    pub(crate) const fn json(&self) -> bool {
        self.json
    }

    /// How standard output may be coloured.
    pub(crate) const fn style(&self) -> Style {
        self.style
    }

    /// The width of standard output; `None` where nothing is shortened.
    pub(crate) const fn width(&self) -> Option<usize> {
        self.width
    }

    /// Whether tables are wanted with a tab between the cells.
    pub(crate) const fn plain(&self) -> bool {
        self.plain
    }

    /// Where long work is told.
    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Says something beside the result.
    pub(crate) fn say(&self, line: &str) {
        if !self.quiet {
            self.progress.line(&self.pasted(line));
        }
    }

    /// Writes to standard output, with sentences broken where a terminal ends.
    pub(crate) fn print(&self, text: &str) {
        self.write(&self.fitted(text));
    }

    fn fitted<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let text = self.pasted(text);
        match self.width {
            Some(width) if !self.json && !self.plain => wrapped(&text, width).into(),
            _ => text,
        }
    }

    /// The text with commands that may be pasted as they stand.
    fn pasted<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let Some(flag) = &self.flag else { return text.into() };
        naming(text, flag, args::reads_configuration).into()
    }

    // A reader that went away wants nothing more.
    fn write(&self, text: &str) {
        self.progress.clear();
        let mut out = io::stdout().lock();
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        let _gone = out
            .write_all(text.as_bytes())
            .and_then(|()| out.write_all(end.as_bytes()))
            .and_then(|()| out.flush());
    }

    /// Whether there is a person to ask.
    pub(crate) fn can_ask(&self) -> bool {
        !self.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks once; anything but yes is no.
    pub(crate) fn ask(&self, question: &str) -> bool {
        let mut answer = String::new();
        let read = self.progress.asking(|| {
            let mut err = io::stderr().lock();
            let _gone = write!(err, "{question} [y/N] ").and_then(|()| err.flush());
            drop(err);
            io::stdin().lock().read_line(&mut answer)
        });
        read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
    }

    /// Shows what a command came to, in the form that was asked for, and gives its exit code.
    pub(crate) fn conclude(&self, answer: Result<Answer, Failure>, manner: Manner) -> Exit {
        self.progress.clear();
        match answer {
            Ok(Answer::Shown(exit)) => exit,
            Ok(Answer::Report(report)) => {
                self.report(&report, manner);
                report.exit
            }
            Err(failure) => {
                let failure = failure.hinting(|hint| self.pasted(hint).into_owned());
                if self.json {
                    self.write(&failure.json().to_string());
                }
                let _gone = writeln!(io::stderr().lock(), "{}", failure.text());
                failure.exit()
            }
        }
    }

    fn report(&self, report: &Report, manner: Manner) {
        let too_long = |screen: Screen| manner == Manner::Paged && screen.is_too_small_for(&report.text);
        match () {
            () if self.json => self.write(&report.json.to_string()),
            () if manner == Manner::Verbatim => self.write(&report.text),
            () if self.screen.is_some_and(too_long) && pager::show(&self.fitted(&report.text)) => {}
            () => self.print(&report.text),
        }
    }
}

fn flag(config: &Path) -> Option<String> {
    let is_found = config == Path::new(CONFIG) && env::var_os(CONFIG_VARIABLE).is_none();
    (!is_found).then(|| flag_of(config))
}

fn flag_of(config: &Path) -> String {
    format!("-c {}", shell::word(&config.display().to_string()))
}

/// The text with commands that name this configuration, which no flag and no variable named.
pub(crate) fn naming_config(text: &str, config: &Path) -> String {
    naming(text, &flag_of(config), args::reads_configuration)
}

fn screen(out: &io::Stdout) -> Screen {
    let rows = rustix::termios::tcgetwinsize(out).map_or(0, |size| usize::from(size.ws_row));
    Screen { columns: columns(out), rows }
}

fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|term| term == "dumb")
}

fn may_color(choice: ColorChoice, is_terminal: bool) -> bool {
    let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) || is_dumb();
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => is_terminal && !unwanted,
    }
}

fn columns(out: &io::Stdout) -> usize {
    let size = rustix::termios::tcgetwinsize(out).ok();
    size.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0).unwrap_or(WIDTH)
}
