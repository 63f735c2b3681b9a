//! The rules of the protocol, each of which can be left out, and how large the model is.

/// How time is told: in ticks, in the order of the real durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// `lease_ms`.
    pub lease: u8,
    /// `call_timeout_ms`, which a lease that ran out is waited for before anything is sent.
    pub call: u8,
    /// `guard_age_ms`: how old the look may be when the write leaves.
    pub guard: u8,
    /// `max_in_flight_ms`.
    pub flight: u8,
    /// How much of `guard_age_ms` the deadline counts.
    pub counted: u8,
}

impl Times {
    /// `Timing::deadline`.
    pub(crate) const fn deadline(self) -> u8 {
        self.flight + self.counted
    }
}

impl Default for Times {
    /// One tick each: a lease is shorter than a request's life, and the deadline counts the age of a look.
    fn default() -> Self {
        Self { lease: 1, call: 1, guard: 1, flight: 1, counted: 1 }
    }
}

/// How much may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many of the two records say something else than their source from the start; the others are
    /// never touched.
    pub records: u8,
    /// How often a person edits some record.
    pub edits: u8,
    /// How often the source of some record changes.
    pub sources: u8,
    /// How often an engine is killed.
    pub crashes: u8,
}

/// What happens to a write that nobody saw landing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// It stays open until a read that was *asked for* after the deadline.
    BeforeRead,
    /// It stays open until a read that was *judged* after the deadline.
    AfterRead,
    /// It is closed at once.
    None,
}

/// What is kept of values that others wrote between the look and our write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audit {
    /// They are journaled in the commit that closes the intent.
    Together,
    /// They are journaled in a commit of its own, after it.
    Afterwards,
    /// Nothing.
    None,
}

/// The rules of the protocol. [`Rules::all`] is the protocol; each test leaves one out.
#[expect(clippy::struct_excessive_bools, reason = "each is a rule that is kept or left out, alone")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Only the holder of the lease works.
    pub lease: bool,
    /// Each commit checks that the lease is still held (`Doors::commit`).
    pub fence: bool,
    /// Whoever takes a lease that ran out waits before it works (`Engine::lease`).
    pub wait: bool,
    /// The store refuses a second open intent (`admit::open_once`).
    pub one_intent: bool,
    /// What the guard read shows to have moved is not sent (`settle::precheck`).
    pub guard: bool,
    /// An intent is marked as sent before it is (`Note::Sent`).
    pub mark: bool,
    /// A permit is void when its look is too old (`void_from`).
    pub permits_end: bool,
    /// Bases are what was read back (`audit::landed_base`), not what was sent.
    pub observed: bool,
    /// Before its deadline an unanswered write is told by a past value that may be ours, not by one that reads like it
    /// (`audit::wrote`).
    pub own: bool,
    /// When an unseen write is given up.
    pub deadline: Deadline,
    /// What is kept of what was overwritten.
    pub audit: Audit,
}

impl Rules {
    /// The protocol.
    #[must_use]
    pub const fn all() -> Self {
        Self {
            lease: true,
            fence: true,
            wait: true,
            one_intent: true,
            guard: true,
            mark: true,
            permits_end: true,
            observed: true,
            own: true,
            deadline: Deadline::BeforeRead,
            audit: Audit::Together,
        }
    }
}
