//! Why a command did not do its work: what, where, and the command that helps.

use serde_json::{Value, json};
use trueup_config::Diagnostic;
use trueup_engine::Stop;
use trueup_ports::StoreError;
use trueup_verify::Unproven;

use super::Exit;

/// Why a command did not do its work.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug)]
struct Problem {
    code: String,
    message: String,
    place: Option<String>,
    hint: Option<String>,
    /// The text for people, where it is more than the parts above.
    text: Option<String>,
}

impl Failure {
    /// An outside fault.
    pub(crate) fn failed(code: &str, message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, code, message)
    }

    /// A wrong command.
    pub(crate) fn usage(code: &str, message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, code, message)
    }

    /// A guard said no.
    pub(crate) fn halted(code: &str, message: impl Into<String>) -> Self {
        Self::new(Exit::Halted, code, message)
    }

    fn new(exit: Exit, code: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            exit,
            problems: vec![Problem { code: code.to_owned(), message, place: None, hint: None, text: None }],
        }
    }

    /// Says where: `file:line:col`, or system, record and field.
    pub(crate) fn at(mut self, place: impl Into<String>) -> Self {
        let place = place.into();
        self.problems.iter_mut().for_each(|problem| problem.place = Some(place.clone()));
        self
    }

    /// Says what helps.
    pub(crate) fn help(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        self.problems.iter_mut().for_each(|problem| problem.hint = Some(hint.clone()));
        self
    }

    /// Both, told one after the other; how grave it is says this one.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.problems.extend(other.problems);
        self
    }

    /// The same with its hints told in another way.
    pub(super) fn hinting(mut self, told: impl Fn(&str) -> String) -> Self {
        for hint in self.problems.iter_mut().filter_map(|problem| problem.hint.as_mut()) {
            *hint = told(hint);
        }
        self
    }

    /// The exit code.
    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let texts: Vec<String> = self.problems.iter().map(Problem::text).collect();
        texts.join("\n\n")
    }

    /// For programs: the first problem, and all of them.
    pub(crate) fn json(&self) -> Value {
        let problems: Vec<Value> = self.problems.iter().map(Problem::json).collect();
        let mut all = problems.first().cloned().unwrap_or_else(|| json!({}));
        if let Value::Object(fields) = &mut all {
            fields.insert("schema".into(), json!("trueup.error/v1"));
            fields.insert("exit".into(), json!(self.exit.code()));
            fields.insert("problems".into(), Value::Array(problems));
        }
        all
    }
}

impl Problem {
    fn text(&self) -> String {
        if let Some(text) = &self.text {
            return text.clone();
        }
        let place = self.place.as_ref().map(|place| format!("\n  --> {place}")).unwrap_or_default();
        let hint = self.hint.as_ref().map(|hint| format!("\nhelp: {hint}")).unwrap_or_default();
        format!("error: {}{place}{hint}", self.message)
    }

    fn json(&self) -> Value {
        json!({ "code": self.code, "message": self.message, "place": self.place, "hint": self.hint })
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        let problem = |one: &Diagnostic| Problem {
            code: one.code.as_str().to_owned(),
            message: one.message.clone(),
            place: Some(one.place()),
            hint: one.help.clone(),
            text: Some(one.to_string()),
        };
        Self { exit: Exit::Usage, problems: diagnostics.iter().map(problem).collect() }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Held { .. } => "lease_held",
            StoreError::Fenced => "lease_lost",
            StoreError::Open(_) => "intent_open",
            StoreError::Shared(_) => "record_shared",
            StoreError::Preceded(_) => "create_preceded",
            StoreError::Full(_) => "store_full",
            StoreError::Unreachable(_) => "store_unreachable",
            StoreError::Broken(_) => "store_broken",
        };
        let hint = match &error {
            StoreError::Held { .. } => "wait until it ended, then see `trueup status`",
            StoreError::Fenced | StoreError::Open(_) | StoreError::Preceded(_) => "trueup run",
            StoreError::Shared(_) => "trueup review",
            StoreError::Full(_) => "make room or give write permission, then `trueup run`",
            StoreError::Unreachable(_) => "see that the state store can be reached, then `trueup run`",
            StoreError::Broken(_) => "put a backup of the state directory back, then `trueup status`",
        };
        Self::failed(code, error.to_string()).at("state store").help(hint)
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Fault { system, fault } => Self::failed("system_unreadable", fault.to_string())
                .at(system.as_str())
                .help("trueup check --connect"),
            Stop::Unfit { system, what } => {
                Self::failed("system_unfit", what).at(system.as_str()).help("trueup check --connect")
            }
            Stop::Tenant { ref system, .. } => {
                let system = system.to_string();
                Self::halted("tenant_changed", stop.to_string())
                    .at(system)
                    .help("give the credential of the pinned account, or begin with a new state directory")
            }
            Stop::Void(why) => {
                Self::halted("plan_void", format!("the plan is void: {why}")).help("trueup plan")
            }
            Stop::Store(error) => error.into(),
        }
    }
}

impl From<Unproven> for Failure {
    fn from(unproven: Unproven) -> Self {
        let text = unproven.to_string();
        match unproven {
            Unproven::Unreadable { system, fault } => Self::failed("system_unreadable", fault.to_string())
                .at(system.as_str())
                .help("trueup check --connect"),
            Unproven::Unfit { system, what } => {
                Self::failed("system_unfit", what).at(system.as_str()).help("trueup check --connect")
            }
            Unproven::Tenant { system, .. } => Self::halted("tenant_changed", text)
                .at(system.as_str())
                .help("give the credential of the pinned account, or begin with a new state directory"),
            Unproven::Moving => Self::failed("run_at_work", text).at("state store").help("trueup status"),
            Unproven::Stopped => Self::failed("stopped", text).help("trueup verify"),
            Unproven::Store(error) => error.into(),
        }
    }
}
