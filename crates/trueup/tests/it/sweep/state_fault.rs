//! What goes wrong with the state file in the sweeps, by name.

use super::play::Strike;

/// Something that goes wrong with the state file; its full name is `fault.state.<name>`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum StateFault {
    /// There is no room for the n-th page that is written.
    Full,
    /// Another process holds the write lock again and again, each time for another moment.
    Busy,
    /// Another process takes the write lock at the n-th call and keeps it.
    Locked,
    /// A copy of the file that was made during the n-th call is put back after the run.
    Restored,
}

impl Strike for StateFault {
    fn name(&self) -> &'static str {
        match self {
            Self::Full => "fault.state.full",
            Self::Busy => "fault.state.busy",
            Self::Locked => "fault.state.locked",
            Self::Restored => "fault.state.restored",
        }
    }

    fn kills(&self) -> usize {
        0
    }
}
