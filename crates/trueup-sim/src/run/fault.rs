//! What goes wrong with the instances of a seed and with what they stand on, by name.

/// Something that goes wrong beside the systems; its full name is `fault.engine.<name>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EngineFault {
    /// An instance stands still for up to ten minutes, and then goes on as if no time had passed.
    Frozen,
    /// An instance does not reach its store for up to ten minutes.
    Cut,
    /// The clock of an instance's host jumps, by up to a day in either direction.
    Jumped,
    /// Something happens to a whole side at once, such as a column that is gone; never in a rehearsal.
    Mishap,
}

impl EngineFault {
    /// Its full name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Frozen => "fault.engine.frozen",
            Self::Cut => "fault.engine.cut",
            Self::Jumped => "fault.engine.jumped",
            Self::Mishap => "fault.engine.mishap",
        }
    }
}
