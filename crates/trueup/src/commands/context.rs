//! What every command works with: the terminal, the configuration, and the wish to stop.

use std::{path::PathBuf, sync::Arc, time::Duration};

use trueup_config::{Config, Pipeline};
use trueup_engine::Engine;

use crate::{
    args::Global,
    host::{Host, Stopping},
    output::{Failure, Terminal},
    wiring::{Wired, load, load_without_secrets, state_file},
};

/// What every command works with.
pub(crate) struct Context<'a> {
    /// Where it talks to.
    pub(crate) terminal: &'a Terminal,
    /// Whether somebody asked to stop.
    pub(crate) stopping: Stopping,
    path: PathBuf,
    pipeline: Option<String>,
}

/// A pipeline with its engine.
pub(crate) struct Line {
    /// The engine.
    pub(crate) engine: Engine,
    /// How often the configuration wants a cycle.
    pub(crate) every: Duration,
}

impl<'a> Context<'a> {
    /// The context of one command; listens for Ctrl-C from now on. `finishes` is what it finishes first.
    pub(crate) fn new(global: &Global, terminal: &'a Terminal, finishes: &'static str) -> Self {
        let stopping = Stopping::default();
        let progress = terminal.progress();
        stopping.listen(move || {
            let waits = progress.is_asking();
            if !waits {
                progress.line(&format!("stopping after {finishes}; once more leaves at once"));
            }
            !waits
        });
        Self { terminal, stopping, path: global.config.clone(), pipeline: global.pipeline.clone() }
    }

    /// The configuration; nothing but the file and its secrets is read.
    ///
    /// # Errors
    /// Every mistake in it.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        load(&self.path)
    }

    /// The configuration for who asks no system: nothing but the file is read.
    ///
    /// # Errors
    /// Every mistake in it, but no secret that is missing.
    pub(crate) fn config_without_secrets(&self) -> Result<Config, Failure> {
        load_without_secrets(&self.path)
    }

    /// The configuration with its state store and its systems.
    ///
    /// # Errors
    /// Mistakes of the configuration, and a store that cannot be opened.
    pub(crate) fn wired(&self) -> Result<Wired, Failure> {
        self.wire(self.config()?)
    }

    /// The configuration with its state store alone, for who asks no system: no secret is needed.
    ///
    /// # Errors
    /// Mistakes of the configuration, and a store that cannot be opened.
    pub(crate) fn wired_to_memory(&self) -> Result<Wired, Failure> {
        Wired::to_memory(self.config_without_secrets()?, self.world())
    }

    fn wire(&self, config: Config) -> Result<Wired, Failure> {
        Wired::new(config, self.world())
    }

    fn world(&self) -> Arc<Host> {
        Arc::new(Host::new(self.stopping.clone(), self.terminal.progress()))
    }

    /// The configuration with the state store that is there, and its systems. None is made.
    ///
    /// # Errors
    /// Mistakes of the configuration, no state store, and one that cannot be opened.
    pub(crate) fn wired_to_what_is_there(&self) -> Result<Wired, Failure> {
        let config = self.config()?;
        let state = state_file(&config);
        if matches!(state.try_exists(), Ok(false)) {
            return Err(Failure::failed(
                "no_state",
                "there is no state store: nothing was planned or run yet",
            )
            .at(state.display().to_string())
            .help("trueup plan"));
        }
        self.wire(config)
    }

    /// The pipelines asked for, each with its engine, in the order of the file.
    ///
    /// # Errors
    /// When there is no such pipeline, or an engine cannot be made.
    pub(crate) fn lines(&self, wired: &Wired) -> Result<Vec<Line>, Failure> {
        let chosen = self.chosen(&wired.config)?;
        chosen.into_iter().map(|one| Ok(Line { engine: wired.engine(one)?, every: one.every })).collect()
    }

    /// The pipelines asked for, in the order of the file, with nothing of their systems.
    ///
    /// # Errors
    /// When there is no such pipeline.
    pub(crate) fn chosen<'c>(&self, config: &'c Config) -> Result<Vec<&'c Pipeline>, Failure> {
        let chosen: Vec<&Pipeline> = config.pipelines.iter().filter(|one| self.is_chosen(one)).collect();
        if chosen.is_empty() { Err(self.no_such_pipeline(config)) } else { Ok(chosen) }
    }

    /// The one pipeline asked for.
    ///
    /// # Errors
    /// When the configuration has several and none was named.
    pub(crate) fn line(&self, wired: &Wired) -> Result<Line, Failure> {
        let mut lines = self.lines(wired)?;
        match lines.pop() {
            Some(only) if lines.is_empty() => Ok(only),
            Some(_) | None => {
                Err(Failure::usage("which_pipeline", "the configuration has several pipelines").help(
                    format!("name one with `--pipeline {}`", names(&wired.config).join("` or `--pipeline ")),
                ))
            }
        }
    }

    fn is_chosen(&self, pipeline: &Pipeline) -> bool {
        self.pipeline.as_ref().is_none_or(|name| pipeline.setup.pipeline().as_str() == name)
    }

    fn no_such_pipeline(&self, config: &Config) -> Failure {
        let name = self.pipeline.clone().unwrap_or_default();
        Failure::usage("unknown_pipeline", format!("there is no pipeline '{name}'"))
            .at(self.path.display().to_string())
            .help(format!("name one with `--pipeline {}`", names(config).join("` or `--pipeline ")))
    }
}

fn names(config: &Config) -> Vec<String> {
    config.pipelines.iter().map(|pipeline| pipeline.setup.pipeline().to_string()).collect()
}
