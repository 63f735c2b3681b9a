//! What people do where every system is edited. Nobody tells them which one is the source of truth.

use jiff::Timestamp;

use super::{PERSON, Tokens, map};
use crate::{
    chance::Chance,
    scene::peers::{NOTES, TAGS},
    table::{Row, Table, respell},
    trace::Trace,
};

/// Systems of equal right, at one moment; the first is the source of truth.
pub struct Peers<'a> {
    /// By name.
    pub tables: Vec<(&'a str, &'a mut Table)>,
    /// Seeded chance.
    pub chance: &'a Chance,
    /// Values nobody used.
    pub tokens: &'a mut Tokens,
    /// Whether nobody is put away.
    pub all_stay: bool,
    /// True time.
    pub now: Timestamp,
    /// The story.
    pub trace: &'a Trace,
}

impl Peers<'_> {
    /// Fills the source of truth, and sometimes a mirror with people that only it knows.
    pub fn fill(&mut self, people: u64) {
        for _ in 0..people {
            self.add(0);
        }
        for at in 1..self.tables.len() {
            if self.chance.permille(300) {
                self.add(at);
            }
        }
    }

    /// One person does one thing in one system, or nothing.
    pub fn act(&mut self) {
        let at = self.chance.index(self.tables.len());
        match self.chance.below(1000) {
            0..150 => self.edit(at, "name", Tokens::name),
            150..300 => self.edit(at, "phone", Tokens::phone),
            300..450 => self.edit(at, "city", Tokens::city),
            450..530 => self.tag(at),
            530..560 => self.untag(at),
            560..640 => self.note(at),
            640..700 => self.add(at),
            700..715 => self.clear(at),
            715..735 => self.put_away(at, true),
            735..760 => self.put_away(at, false),
            760..775 => self.merge(at),
            775..800 => self.respell(at),
            _ => {}
        }
    }

    fn table(&mut self, at: usize) -> Option<(&str, &mut Table)> {
        self.tables.get_mut(at).map(|(name, table)| (*name, &mut **table))
    }

    fn pick(&mut self, at: usize, fits: impl Fn(&Row) -> bool) -> Option<String> {
        let chance = self.chance.clone();
        let (_, table) = self.table(at)?;
        let ids: Vec<&String> = table.rows.iter().filter(|(_, row)| fits(row)).map(|(id, _)| id).collect();
        ids.get(chance.index(ids.len())).map(|id| (*id).clone())
    }

    fn living(&mut self, at: usize) -> Option<String> {
        self.pick(at, |row| row.archived.is_none())
    }

    fn value(&mut self, at: usize, id: &str, column: &str) -> String {
        let row = self.table(at).and_then(|(_, table)| table.rows.get(id));
        row.and_then(|row| row.values.get(column)).cloned().unwrap_or_default()
    }

    fn set(&mut self, at: usize, id: &str, column: &str, value: &str, why: &'static str) {
        let (now, trace) = (self.now, self.trace);
        let Some((system, table)) = self.table(at) else { return };
        table.set(id, column, Some(value).filter(|value| !value.is_empty()), PERSON, now);
        trace.tell(now, PERSON, Some((system, id)), why, || format!("{column} = {value:?}"));
    }

    fn add(&mut self, at: usize) {
        let values = [
            ("name", self.tokens.name()),
            ("phone", self.tokens.phone()),
            ("city", self.tokens.city()),
            (TAGS, self.tokens.tag()),
            (NOTES, if self.chance.permille(300) { self.tokens.note(self.now) } else { String::new() }),
        ];
        let (now, trace) = (self.now, self.trace);
        let Some((system, table)) = self.table(at) else { return };
        let id = table.make(map(&values), PERSON, now);
        trace.tell(now, PERSON, Some((system, &id)), "adds a person", || format!("{values:?}"));
    }

    fn edit(&mut self, at: usize, column: &str, token: fn(&mut Tokens) -> String) {
        let Some(id) = self.living(at) else { return };
        let value = token(self.tokens);
        self.set(at, &id, column, &value, "edits");
    }

    fn clear(&mut self, at: usize) {
        if let Some(id) = self.living(at) {
            self.set(at, &id, "city", "", "clears");
        }
    }

    fn tag(&mut self, at: usize) {
        let Some(id) = self.living(at) else { return };
        let (old, new) = (self.value(at, &id, TAGS), self.tokens.tag());
        let tags = if old.is_empty() { new } else { format!("{old};{new}") };
        self.set(at, &id, TAGS, &tags, "adds a tag");
    }

    fn untag(&mut self, at: usize) {
        let Some(id) = self.living(at) else { return };
        let tags = self.value(at, &id, TAGS);
        let rest = tags.split_once(';').map_or("", |(_, rest)| rest);
        self.set(at, &id, TAGS, rest, "takes a tag away");
    }

    fn note(&mut self, at: usize) {
        let Some(id) = self.living(at) else { return };
        let (old, new) = (self.value(at, &id, NOTES), self.tokens.note(self.now));
        let notes = if old.is_empty() { new } else { format!("{old}\n{new}") };
        self.set(at, &id, NOTES, &notes, "adds a note");
    }

    fn put_away(&mut self, at: usize, away: bool) {
        if self.all_stay {
            return;
        }
        let Some(id) = self.pick(at, |row| row.archived.is_none() == away) else { return };
        let (now, trace) = (self.now, self.trace);
        let Some((system, table)) = self.table(at) else { return };
        table.archive(&id, away, PERSON, now);
        let why = if away { "puts away" } else { "brings back" };
        trace.tell(now, PERSON, Some((system, &id)), why, String::new);
    }

    fn merge(&mut self, at: usize) {
        let (Some(first), Some(other)) = (self.living(at), self.living(at)) else { return };
        let (now, trace) = (self.now, self.trace);
        let Some((system, table)) = self.table(at) else { return };
        table.merge(&first, &other, PERSON, now);
        trace.tell(now, PERSON, Some((system, &first)), "merges", || format!("with {other}"));
    }

    /// The same phone in another spelling: no difference, and never a reason to write.
    fn respell(&mut self, at: usize) {
        let Some(id) = self.living(at) else { return };
        let phone = self.value(at, &id, "phone");
        if phone.strip_prefix("+1").is_some_and(|national| national.len() == 10) {
            self.set(at, &id, "phone", &respell(&phone), "respells");
        }
    }
}
