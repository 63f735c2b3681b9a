//! Notes to commit: by hand for single cases, by dice for the comparison with the model.

use jiff::Timestamp;
use trueup_core::{
    hint::{Event, TouchKey},
    journal::{self, Draft, Intent},
    link::{BaseCell, FieldBase, GivenUp, How, Link, LinkState, Unseen, Written},
    memory::{
        Alarm, Approval, Beat, Choice, Conflict, Decision, FieldKey, Hold, LinkKey, Note, Outcome, Parked,
    },
    merge::{Claim, Party},
    name::RunId,
    plan::{Act, Change, Edit, Finding, FindingKey, FindingKind, MadeFrom, Plan, Report, Turn},
    value::{Cell, Print, PrintKey},
};

/// A fixed sequence of numbers that look random (splitmix64).
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a limit.
    pub(super) const fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(super) fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    fn time(&mut self) -> Timestamp {
        let seconds = i64::try_from(self.below(2_000_000_000)).unwrap_or_default();
        let nanos = i32::try_from(self.below(1_000_000_000)).unwrap_or_default();
        Timestamp::new(seconds, nanos).unwrap_or_default()
    }

    fn cell(&mut self) -> Cell {
        match self.below(6) {
            0 => Cell::Absent,
            1 => Cell::Null,
            2 => Cell::Empty,
            3 => Cell::unreadable("#REF!", "Leads!C2"),
            4 => Cell::list(["ada@example.org", "it's \"quoted\" \u{1f980}"]),
            _ => Cell::text(format!("value {}", self.below(9))),
        }
    }

    fn print(&mut self) -> Option<Print> {
        Print::of(&PrintKey::new([1; 32]), &self.cell())
    }

    fn base(&mut self, name: &str) -> FieldBase {
        let mut side = || {
            let nothing = Print::of_item(&PrintKey::new([1; 32]), "nothing");
            BaseCell { print: self.print().unwrap_or(nothing), cell: self.coin().then(|| self.cell()) }
        };
        FieldBase { field: name.into(), mapping: 7, canonical: side(), mirror: side() }
    }

    fn unseen(&mut self) -> Unseen {
        let written = if self.coin() { Written::Canonical } else { Written::Mirror };
        Unseen { written, base: self.base("phone") }
    }

    fn key(&mut self) -> FieldKey {
        let field = if self.coin() { "phone" } else { "" };
        field_key(&format!("R{}", self.below(4)), field)
    }

    fn finding(&mut self) -> Finding {
        let number = self.below(4);
        let kind = if self.coin() { FindingKind::Finding } else { FindingKind::Held };
        Finding { kind, entity: self.coin().then(|| "R1".into()), ..finding(number) }
    }

    fn state(&mut self) -> LinkState {
        match self.below(4) {
            0 => LinkState::Active,
            1 => LinkState::OutOfScope,
            2 => LinkState::Suspect { since: self.time() },
            _ => LinkState::Tombstone,
        }
    }

    /// Any note but [`Note::Intend`], which depends on what is open.
    pub(super) fn note(&mut self, run: &RunId) -> Note {
        let number = self.below(4);
        match self.below(26) {
            0 => Note::Tenant("portal".into(), format!("account {number}")),
            1 => Note::Applied { config_hash: format!("hash {number}"), canonical_count: 4 },
            17 => Note::Layout(format!("layout {number}")),
            2 | 3 => {
                let bases = vec![self.base("phone"), self.base("city")];
                let version = self.coin().then(|| self.time());
                let link = link(&format!("R{number}"), &format!("10{number}"));
                let unseen = self.coin().then(|| self.unseen()).into_iter().collect();
                let given_up =
                    self.coin().then(|| Box::new(GivenUp { intent: intent(number), back: self.coin() }));
                let link = Box::new(Link { state: self.state(), version, bases, unseen, given_up, ..link });
                if self.coin() { Note::Link(link) } else { Note::Observed(link) }
            }
            4 => Note::Sent(Box::new(Intent { sent: Some(self.time()), ..intent(number) })),
            5 => Note::Settle(intent(number).id),
            6 => {
                Note::Journal(Box::new(Draft { before: self.cell(), after: self.cell(), ..draft(run, "R1") }))
            }
            7 => Note::Findings(run.clone(), (0..number).map(|_| self.finding()).collect()),
            19 => Note::Found(run.clone(), Box::new(self.finding())),
            8 => Note::Conflict(self.key(), self.conflict(run)),
            9 => Note::Park(self.key(), self.parked(run)),
            10 => Note::Unpark(self.key()),
            11 => Note::Hold(self.key(), self.hold(run)),
            12 => Note::Release(self.key()),
            18 => Note::ForgetBase(self.key()),
            13 => Note::Decide(finding_key(number), self.decision()),
            14 => Note::Alarm(
                if self.coin() { "ntfy" } else { "webhook" }.to_owned(),
                self.coin().then(|| Alarm { what: format!("alarm {number}"), since: run.clone() }),
            ),
            15 => Note::Beat(Box::new(beat(&format!("r{number}"), None))),
            16 => Note::Approve(approval("p1", "too_many_updates")),
            _ => self.hint(number),
        }
    }

    fn hint(&mut self, number: u64) -> Note {
        let key = touch_key(number);
        match self.below(6) {
            0 => Note::Cursor("portal".into(), format!("position {number}")),
            1 => Note::Event(Event { id: format!("e{}", self.below(9)), touch: key, at: self.time() }),
            2 => Note::Touch(key, self.time()),
            3 => Note::Looked(key, 1 + self.below(2)),
            4 => Note::Vain(key, 1 + self.below(2), self.time()),
            _ => Note::ForgetEvents(self.time()),
        }
    }

    fn conflict(&mut self, run: &RunId) -> Conflict {
        let claim = |party, cell| Claim { party, cell, at: None, version: Some(3) };
        Conflict {
            claims: vec![claim(Party::Canonical, self.cell()), claim(Party::Mirror(0), self.cell())],
            why: "both moved".to_owned(),
            opened: run.clone(),
            closed: self.coin().then(|| "decided".to_owned()),
        }
    }

    fn parked(&mut self, run: &RunId) -> Parked {
        Parked {
            class: "D6".into(),
            reason: "too long".to_owned(),
            canonical: self.print(),
            mirror: self.print(),
            kept: self.coin().then(|| Cell::text("tag")),
            since: run.clone(),
        }
    }

    fn hold(&mut self, run: &RunId) -> Hold {
        Hold { canonical: self.print(), by: run.clone() }
    }

    fn decision(&mut self) -> Decision {
        let choice = match self.below(3) {
            0 => Choice::Choose("101".into()),
            1 => Choice::Accept,
            _ => Choice::Exclude,
        };
        let remotes = vec!["101".into()];
        Decision { choice, by: "Ada".to_owned(), at: self.time(), about: self.print(), remotes }
    }
}

pub(super) fn field_key(entity: &str, field: &str) -> FieldKey {
    FieldKey { link: LinkKey { system: "portal".into(), entity: entity.into() }, field: field.into() }
}

/// A record, or for zero anything of the system.
pub(super) fn touch_key(number: u64) -> TouchKey {
    let remote = (number > 0).then(|| format!("10{number}").as_str().into());
    TouchKey { system: "portal".into(), remote }
}

fn finding_key(number: u64) -> FindingKey {
    FindingKey { class: "F2".into(), system: "portal".into(), subject: format!("R{number}") }
}

pub(super) fn finding(number: u64) -> Finding {
    Finding {
        key: finding_key(number),
        kind: FindingKind::Finding,
        entity: None,
        remotes: vec!["101".into()],
        what: "shared token".to_owned(),
        values: Vec::new(),
        place: "Leads!A2".to_owned(),
    }
}

pub(super) fn link(entity: &str, remote: &str) -> Link {
    let own = Link::new(&"portal".into(), &entity.into(), &remote.into(), How::Token);
    Link { aliases: vec!["99".into()], ..own }
}

/// An intent for entity `R{number}`, with an id of its own.
pub(super) fn intent(number: u64) -> Intent {
    let edit = Edit {
        field: "phone".into(),
        column: "phone".to_owned(),
        class: "D6".into(),
        before: Cell::Null,
        after: Cell::text("+19705550100"),
        wanted: Cell::text("+19705550100"),
        canonical: Cell::text("+19705550100"),
        turn: Turn::Alone,
    };
    let change = Change {
        system: "portal".into(),
        entity: format!("R{number}").as_str().into(),
        label: "Ada Lovelace".to_owned(),
        act: Act::Update { remote: format!("10{number}").as_str().into(), how: How::Token },
        edits: vec![edit],
    };
    Intent {
        id: format!("i{number}").as_str().into(),
        run: "r1".into(),
        epoch: 1,
        change,
        watermark: Some(Timestamp::UNIX_EPOCH),
        sent: None,
    }
}

pub(super) fn intend(number: u64) -> Note {
    Note::Intend(Box::new(intent(number)))
}

pub(super) fn draft(run: &RunId, entity: &str) -> Draft {
    Draft {
        run: run.clone(),
        at: Timestamp::UNIX_EPOCH,
        intent: Some("i1".into()),
        system: "portal".into(),
        entity: entity.into(),
        remote: Some("101".into()),
        field: Some("phone".into()),
        column: Some("phone".to_owned()),
        class: Some("D6".into()),
        event: journal::Event::Landed,
        before: Cell::Null,
        after: Cell::text("+19705550100"),
        canonical: Cell::text("+19705550100"),
        evidence: "request 7".to_owned(),
    }
}

pub(super) fn beat(run: &str, plan: Option<&str>) -> Beat {
    Beat {
        run: run.into(),
        command: "run".to_owned(),
        started: Timestamp::UNIX_EPOCH,
        ended: None,
        plan: plan.map(str::to_owned),
        outcome: Outcome::Running,
        account: serde_json::json!({ "changes": 3, "seconds": 0.1 + 0.2 }),
    }
}

pub(super) fn approval(plan: &str, halt: &str) -> Approval {
    Approval {
        plan: plan.to_owned(),
        halt: halt.to_owned(),
        system: "portal".into(),
        about: Some("city".to_owned()),
        max: 40,
        reason: "the baseline".to_owned(),
        by: "Grace".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    }
}

pub(super) fn plan(id: &str) -> Plan {
    Plan {
        id: id.to_owned(),
        pipeline: super::leads(),
        made_from: MadeFrom { lineage: "l".to_owned(), serial: 1, config_hash: "c".to_owned() },
        changes: vec![intent(1).change],
        held: Vec::new(),
        findings: Vec::new(),
        conflicts: Vec::new(),
        report: Report::default(),
    }
}
