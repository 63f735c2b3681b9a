//! The rules of the two create protocols, each of which can be left out, and how large the model is.

/// How time is told: in ticks, in the order of the real durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// `lease_ms`.
    pub lease: u8,
    /// `guard_age_ms`: how old the look may be when the create leaves.
    pub guard: u8,
    /// `max_in_flight_ms`, as it is configured.
    pub flight: u8,
    /// How long requests really live; it is an assumption that this is no more than [`Times::flight`].
    pub really: u8,
    /// `max_index_lag_ms`: how far listings lag behind.
    pub lag: u8,
    /// How much of `guard_age_ms` the quiet period counts.
    pub counted: u8,
}

impl Times {
    /// `Timing::quiet`.
    pub(crate) const fn quiet(self) -> u8 {
        self.flight + self.lag + self.counted
    }
}

impl Default for Times {
    fn default() -> Self {
        Self { lease: 1, guard: 1, flight: 1, really: 1, lag: 1, counted: 1 }
    }
}

/// How much may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many of the two entities lack a record.
    pub records: u8,
    /// How often a person edits a record that was made.
    pub edits: u8,
    /// How often an engine is killed.
    pub crashes: u8,
}

/// How a create is kept from being done twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The system refuses a second record with the same external id, and reads by it do not lag.
    Unique,
    /// The system has nothing of the kind: an unanswered create waits, then its token is looked for.
    Token,
}

/// What a create does to a record that is there already, where the external id is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// It is refused (409).
    CreateOnly,
    /// It overwrites what the record says.
    Upsert,
}

/// The rules of the protocols. [`Rules::all`] is the protocol; each test leaves one out.
#[expect(clippy::struct_excessive_bools, reason = "each is a rule that is kept or left out, alone")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Which protocol it is.
    pub identity: Identity,
    /// What is sent.
    pub request: Request,
    /// Only the holder of the lease works, and each of its commits is fenced.
    pub lease: bool,
    /// A create is journaled before it is sent.
    pub intent: bool,
    /// A permit is void when its look is too old (`void_from`).
    pub permits_end: bool,
    /// Without a unique id, an unanswered create waits out the quiet period (`recover::by_token`).
    pub quiet: bool,
}

impl Rules {
    /// The protocol.
    #[must_use]
    pub const fn all(identity: Identity) -> Self {
        Self {
            identity,
            request: Request::CreateOnly,
            lease: true,
            intent: true,
            permits_end: true,
            quiet: true,
        }
    }
}
