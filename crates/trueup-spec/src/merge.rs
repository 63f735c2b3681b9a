//! One field between the source of truth and one mirror: [`trueup_core::merge::merge`].

use anyhow::Result;
use jiff::Timestamp;
use trueup_core::{
    merge::{Flow, Merged, Mirror, Moved, Seen, Step, Survivor, merge, writes},
    value::Cell,
};

use crate::{
    pattern::{self, Base, Pattern, Say},
    table::{Row, Section, Tell},
};

/// The section.
pub const SECTION: Section = Section {
    name: "merge",
    about: "What one field comes to between the source of truth and one mirror",
    spec: include_str!("../spec/merge.spec"),
    rows,
};

/// Which way values may go.
pub const FLOWS: [(&str, Flow); 3] = [("out", Flow::Out), ("in", Flow::In), ("both", Flow::Both)];

/// What two numbers of the sides tell about who is ahead, each with the numbers.
pub type Ahead = (&'static str, Option<i64>, Option<i64>);

/// Times written, in milliseconds, and which side they say was later, with a tolerance of [`SKEW_MS`].
pub const TIMES: [Ahead; 7] = [
    ("canonical", Some(11_001), Some(10_000)),
    ("mirror", Some(10_000), Some(11_001)),
    ("close", Some(11_000), Some(10_000)),
    ("close", Some(10_000), Some(11_000)),
    ("unknown", None, Some(10_000)),
    ("unknown", Some(10_000), None),
    ("unknown", None, None),
];

/// Times closer than this tell nothing.
pub const SKEW_MS: i64 = 1000;

const VERSIONS: [Ahead; 6] = [
    ("canonical", Some(2), Some(1)),
    ("mirror", Some(1), Some(2)),
    ("equal", Some(2), Some(2)),
    ("unknown", None, Some(2)),
    ("unknown", Some(2), None),
    ("unknown", None, None),
];

/// Who survives, by the name the specs use.
pub const SURVIVORS: [(&str, Survivor); 6] = [
    ("canonical", Survivor::Canonical),
    ("mirror", Survivor::Mirror(0)),
    ("latest", Survivor::Latest { skew_ms: SKEW_MS }),
    ("version", Survivor::VersionThenLatest { skew_ms: SKEW_MS }),
    ("union", Survivor::Union),
    ("ask", Survivor::Ask),
];

struct Case {
    pattern: Pattern,
    flow: (&'static str, Flow),
    survivor: (&'static str, Survivor),
    versions: Ahead,
    times: Ahead,
}

#[expect(clippy::unnecessary_wraps, reason = "every section has the same signature")]
fn rows(row: &mut Tell<'_>) -> Result<()> {
    let patterns = pattern::all().into_iter().filter(|one| !holds_what_a_merge_never_sees(one));
    for pattern in patterns {
        for flow in FLOWS {
            for survivor in SURVIVORS {
                for (versions, times) in evidence(survivor.1) {
                    Case { pattern, flow, survivor, versions, times }.tell(row);
                }
            }
        }
    }
    Ok(())
}

// What a field cannot hold is unreadable or another value by then; a stale base is none.
fn holds_what_a_merge_never_sees(pattern: &Pattern) -> bool {
    let invalid = |say: Option<Say>| say == Some(Say::Invalid);
    let now = [Some(pattern.canonical), Some(pattern.mirror), pattern.base.mirror()];
    now.into_iter().any(invalid) || matches!(pattern.base, Base::Stale(..))
}

// Times and versions are played through where a survivor may ask for them; elsewhere a few must do.
fn evidence(survivor: Survivor) -> Vec<(Ahead, Ahead)> {
    match survivor {
        Survivor::VersionThenLatest { .. } => {
            VERSIONS.into_iter().flat_map(|versions| TIMES.map(|times| (versions, times))).collect()
        }
        _ => VERSIONS.into_iter().zip(TIMES).chain([(VERSIONS[5], TIMES[6])]).collect(),
    }
}

impl Case {
    fn tell(&self, row: &mut Tell<'_>) {
        let (pattern, survivor) = (&self.pattern, self.survivor.0);
        let facts = [
            known(pattern.canonical_moved()),
            known(pattern.mirror_moved()),
            pattern.now(),
            self.flow.0,
            survivor,
            self.versions.0,
            self.times.0,
        ];
        let case = format!(
            "{} {} {survivor} {:?} {:?}",
            pattern.name(),
            self.flow.0,
            (self.versions.1, self.versions.2),
            (self.times.1, self.times.2)
        );
        row(Row { case: &case, facts: &facts, outcome: &self.outcome() });
    }

    fn outcome(&self) -> String {
        let canonical = seen(self.pattern.canonical, self.versions.1, self.times.1);
        let mirror = Mirror {
            seen: seen(self.pattern.mirror, self.versions.2, self.times.2),
            moved: moved(self.pattern.mirror_moved()),
            canonical_moved: moved(self.pattern.canonical_moved()),
            flow: self.flow.1,
        };
        let mirrors = [mirror];
        let merged = merge(&canonical, &mirrors, self.survivor.1);
        let writes = writes(&canonical, &mirrors, &merged);
        let step = writes.mirrors.first().cloned().unwrap_or(Step::Skip);
        self.name(&merged, writes.canonical, step)
    }

    fn name(&self, merged: &Merged, canonical: Step, mirror: Step) -> String {
        match (merged, canonical, mirror) {
            (Merged::Conflicted(claims), Step::Skip, Step::Skip) if claims.len() == 2 => "conflict".into(),
            (_, Step::Write(cell), Step::Account | Step::Rest) => {
                format!("write canonical {}", self.whose(&cell))
            }
            (_, Step::Account | Step::Rest, Step::Write(cell)) => {
                format!("write mirror {}", self.whose(&cell))
            }
            (_, Step::Rest, Step::Rest) => "rest".into(),
            (_, Step::Account | Step::Rest, Step::Account | Step::Rest) => "account".into(),
            (_, Step::Skip | Step::Rest, Step::Skip) => "suspend".into(),
            (merged, canonical, mirror) => format!("{merged:?} {canonical:?} {mirror:?}"),
        }
    }

    fn whose(&self, cell: &Cell) -> &'static str {
        if cell.same(&self.pattern.canonical.raw()) {
            "canonical"
        } else if cell.same(&self.pattern.mirror.raw()) {
            "mirror"
        } else {
            "nobody"
        }
    }
}

fn known(moved: &'static str) -> &'static str {
    if matches!(moved, "absent" | "unreadable") { "unknown" } else { moved }
}

fn moved(name: &str) -> Moved {
    match name {
        "new" => Moved::New,
        "unmoved" => Moved::No,
        _ => Moved::Yes,
    }
}

fn seen(say: Say, version: Option<i64>, at: Option<i64>) -> Seen {
    Seen {
        now: say.raw(),
        at: at.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
        version: version.and_then(|version| u64::try_from(version).ok()),
    }
}
