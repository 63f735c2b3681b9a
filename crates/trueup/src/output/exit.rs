//! The exit codes of the product.

use std::process::ExitCode;

use trueup_core::memory::Outcome;

/// How a command ended; the order is that of gravity, so that of several the worst counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// There is something to do (`plan --detect`).
    Pending,
    /// Done, but a person is needed.
    Person,
    /// A guard halted it.
    Halted,
    /// An outside fault ended it.
    Failed,
    /// The command or the configuration is wrong.
    Usage,
}

impl Exit {
    /// The number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Halted => 3,
            Self::Person => 4,
            Self::Pending => 5,
        }
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::Done,
            Outcome::NeedsPerson => Self::Person,
            Outcome::Halted => Self::Halted,
            Outcome::Running | Outcome::Failed => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_and_its_exit_have_the_same_number() {
        for outcome in
            [Outcome::Running, Outcome::Done, Outcome::NeedsPerson, Outcome::Halted, Outcome::Failed]
        {
            assert_eq!(Exit::from(outcome).code(), outcome.exit_code());
        }
    }
}
