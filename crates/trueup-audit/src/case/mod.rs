//! The lines of an evidence file, put together by what they are about.

mod life;
mod story;

pub(crate) use life::{Life, Stand, something};
pub(crate) use story::Story;

use std::collections::BTreeMap;

use crate::line::{
    Approval, Change, Conflict, Entry, Intent, Line, Link, Plan, Request, State, System, Terms, Verb,
};

/// A part of the order in which things happened, with both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Its first place.
    pub(crate) from: u64,
    /// Its last place.
    pub(crate) to: u64,
}

impl Window {
    pub(crate) const fn has(self, seq: u64) -> bool {
        self.from <= seq && seq <= self.to
    }
}

/// The lines of an evidence file, put together by what they are about.
#[derive(Debug, Default)]
pub(crate) struct Case<'a> {
    /// What was promised.
    pub(crate) terms: Option<&'a Terms>,
    /// What was promised for each system.
    pub(crate) systems: BTreeMap<&'a str, &'a System>,
    /// Every record that ever was, by system, by id.
    pub(crate) lives: BTreeMap<&'a str, BTreeMap<&'a str, Life<'a>>>,
    /// Every intent that any log knows.
    pub(crate) stories: BTreeMap<&'a str, Story<'a>>,
    /// Everything that arrived with our credentials.
    pub(crate) requests: Vec<&'a Request>,
    /// Everything that changed.
    pub(crate) changes: Vec<&'a Change>,
    /// Changes of records that no log ever saw made.
    pub(crate) unborn: Vec<&'a Change>,
    /// What was told.
    pub(crate) entries: Vec<&'a Entry>,
    /// Which record is whose.
    pub(crate) links: Vec<&'a Link>,
    /// What runs carried out.
    pub(crate) plans: Vec<&'a Plan>,
    /// What people let pass.
    pub(crate) approvals: Vec<&'a Approval>,
    /// What nobody decided.
    pub(crate) conflicts: Vec<&'a Conflict>,
    /// What there is at the end.
    pub(crate) states: Vec<&'a State>,
}

impl<'a> Case<'a> {
    pub(crate) fn of(lines: impl IntoIterator<Item = &'a Line>) -> Self {
        let mut case = Self::default();
        for line in lines {
            case.take(line);
        }
        case
    }

    fn take(&mut self, line: &'a Line) {
        match line {
            Line::Terms(terms) => self.terms = Some(terms),
            Line::System(system) => drop(self.systems.insert(&system.system, system)),
            Line::Request(request) => {
                self.requests.push(request);
                self.story(&request.request).requests.push(request);
            }
            Line::Change(change) => self.change(change),
            Line::Failure(failure) => self.story(&failure.request).failures.push(failure),
            // A record may be hidden for a moment: that it was not found proves nothing to a stranger.
            Line::Missing(_) => {}
            Line::Intent(intent) => drop(self.story(&intent.intent).intended.get_or_insert(intent)),
            Line::Sending(intent) => self.story(&intent.intent).sendings.push(intent),
            Line::Settled(end) => drop(self.story(&end.intent).settled.get_or_insert(end.seq)),
            Line::Entry(entry) => {
                self.entries.push(entry);
                if let Some(intent) = &entry.intent {
                    self.story(intent).entries.push(entry);
                }
            }
            Line::Link(one) => self.links.push(one),
            Line::Plan(plan) => self.plans.push(plan),
            Line::Approval(approval) => self.approvals.push(approval),
            Line::Conflict(conflict) => self.conflicts.push(conflict),
            Line::Open(open) => self.story(&open.intent).open = true,
            Line::State(state) => self.states.push(state),
        }
    }

    fn story(&mut self, intent: &'a str) -> &mut Story<'a> {
        self.stories.entry(intent).or_default()
    }

    fn change(&mut self, change: &'a Change) {
        self.changes.push(change);
        if let Some(request) = &change.request {
            self.story(request).changes.push(change);
        }
        let lives = self.lives.entry(&change.system).or_default();
        for part in &change.of {
            if let Some(life) = lives.get_mut(&**part) {
                life.becomes(change);
            }
        }
        match (lives.get_mut(&*change.record), change.verb) {
            (Some(life), _) => life.goes_on(change),
            (None, Verb::Create | Verb::Merge) => drop(lives.insert(&change.record, Life::new(change))),
            (None, Verb::Update | Verb::Archive | Verb::Restore) => self.unborn.push(change),
        }
    }
}

impl<'a> Case<'a> {
    /// A record.
    pub(crate) fn life(&self, system: &str, record: &str) -> Option<&Life<'a>> {
        self.lives.get(system)?.get(record)
    }

    /// Every record that ever was in a system.
    pub(crate) fn records(&self, system: &str) -> impl Iterator<Item = (&'a str, &Life<'a>)> {
        self.lives.get(system).into_iter().flatten().map(|(record, life)| (*record, life))
    }

    /// A record, and what it was made a part of, one after the other.
    pub(crate) fn lineage(&self, system: &str, record: &str) -> Vec<&Life<'a>> {
        let mut lineage = Vec::new();
        let mut next = self.life(system, record);
        while let Some(life) = next {
            lineage.push(life);
            next = life.became.and_then(|(_, record)| self.life(system, record));
        }
        lineage
    }

    /// Whether a record, or what it was made a part of, is the other one.
    pub(crate) fn is_or_became(&self, system: &str, record: &str, other: &str) -> bool {
        record == other || self.lineage(system, record).iter().any(|life| life.made.record == other)
    }

    /// Whether a column of a record, or of what it was made a part of, held a value at some moment of a window.
    pub(crate) fn stood(
        &self,
        (system, record): (&str, &str),
        column: &str,
        value: Option<&str>,
        window: Window,
    ) -> bool {
        self.lineage(system, record).iter().any(|life| life.stood(column, value, window))
    }

    /// The intent that a change was asked for by, with its story.
    pub(crate) fn asked(&self, change: &Change) -> Option<(&'a Intent, &Story<'a>)> {
        let story = self.stories.get(change.request.as_deref()?)?;
        Some((story.sendings.last().copied().or(story.intended)?, story))
    }

    /// Everything that we changed.
    pub(crate) fn ours(&self) -> impl Iterator<Item = &'a Change> {
        self.changes.iter().copied().filter(|change| change.ours)
    }
}

/// A change as violations name it.
pub(crate) fn place(change: &Change) -> String {
    format!("{}/{} at {}", change.system, change.record, change.seq)
}
