//! Who is who, case by case, and in any order.

mod decided;
mod ext_ids;
mod held;
mod lost;
mod matched;
mod origins;
mod row;
mod shuffled;

use super::{Canon, Linked, link};
use crate::{
    fixture::{decide, portal, setup, workbook},
    memory::{Choice, Memory},
    name::EntityKey,
    plan::Finding,
    record::Record,
    snapshot::{Snapshot, SourceTrouble},
};

/// What one linking looks at.
struct Case {
    memory: Memory,
    workbook: Snapshot,
    portal: Snapshot,
}

impl Case {
    fn new(memory: Memory, leads: Vec<Record>, contacts: Vec<Record>) -> Self {
        Self { memory, workbook: workbook(leads), portal: portal(contacts) }
    }

    fn survey(mut self, record: Record) -> Self {
        self.portal.survey.push(record);
        self
    }

    fn stray(mut self, record: Record) -> Self {
        self.portal.strays.push(record);
        self
    }

    fn missing(mut self, id: &str) -> Self {
        self.portal.missing.push(id.into());
        self
    }

    fn became(mut self, old: &str, now: &str) -> Self {
        self.portal.aliases.insert(old.into(), now.into());
        self
    }

    /// A person decides about a finding of this very case.
    fn decide(mut self, class: &str, subject: &str, choice: Choice) -> Self {
        let findings = self.link().findings;
        let asked =
            |finding: &&Finding| finding.key.class.as_str() == class && finding.key.subject == subject;
        decide(&mut self.memory, findings.iter().find(asked).unwrap(), choice);
        self
    }

    fn trouble(self, key: &str) -> Self {
        self.troubled(Some(key.into()))
    }

    fn keyless(self) -> Self {
        self.troubled(None)
    }

    fn troubled(mut self, key: Option<EntityKey>) -> Self {
        let trouble = SourceTrouble { key, what: "two rows".into(), place: "A1".into() };
        self.workbook.troubles.push(trouble);
        self
    }

    fn link(&self) -> Linked {
        let setup = setup();
        let canon = Canon::new(&setup, &self.workbook);
        link(&setup, &setup.mirrors()[0], &canon, (&self.portal, "portal 1"), &self.memory)
    }

    /// One line a fact: pairs as `R1=101 token`, then what is missing, gone, outside, not found,
    /// excluded and found.
    fn told(&self) -> Vec<String> {
        let linked = self.link();
        let entity = |at: usize| self.workbook.records[at].id.to_string();
        let record = |at: usize| self.portal.records[at].id.to_string();
        let mut told: Vec<String> = linked
            .pairs
            .iter()
            .map(|pair| {
                let how = format!("{:?}", pair.how).to_lowercase();
                let held = pair.suspended.as_ref().map(|class| format!(" {class}")).unwrap_or_default();
                let held = if pair.accepted { " accepted".to_owned() } else { held };
                format!("{}={} {how}{held}", entity(pair.canonical), record(pair.mirror))
            })
            .collect();
        told.extend(linked.missing.iter().map(|at| format!("missing {}", entity(*at))));
        told.extend(linked.gone.iter().map(|(key, _)| format!("gone {key}")));
        told.extend(linked.out_of_scope.iter().map(|(key, id)| format!("outside {key} {id}")));
        told.extend(linked.not_found.iter().map(|(key, id)| format!("not found {key} {id}")));
        told.extend(linked.unseen.iter().map(|(key, id)| format!("not looked at {key} {id}")));
        told.extend(linked.excluded.iter().map(|(at, why)| format!("left {} {}", record(*at), why.sort)));
        told.extend(linked.waiting.iter().map(|why| format!("waits {}", why.subject)));
        told.extend(linked.findings.iter().map(|finding| {
            let remotes: Vec<&str> = finding.remotes.iter().map(crate::name::RemoteId::as_str).collect();
            format!("{} {} [{}]", finding.key.class, finding.key.subject, remotes.join(" "))
        }));
        told.sort();
        told
    }

    #[track_caller]
    fn check(&self, expected: &[&str]) {
        assert_eq!(self.told(), expected);
    }
}
