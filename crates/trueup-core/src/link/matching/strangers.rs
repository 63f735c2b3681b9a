//! F1: linked records that may be other people by now.

use super::{Matcher, Pair, addresses, finding};
use crate::{
    memory::Choice,
    plan::{Finding, Values},
    record::Record,
    setup::{Binding, Trigger},
};

impl Matcher<'_> {
    /// F1: a linked record none of whose addresses is in its entity's ledger. A record that a person
    /// excluded is in no pair any more.
    pub(super) fn strangers(&mut self) {
        let Some(class) = self.setup.class_for(&Trigger::Stranger).map(|class| class.id.clone()) else {
            return;
        };
        for mut pair in std::mem::take(&mut self.linked.pairs) {
            if let Some(finding) = self.stranger(&pair) {
                pair.accepted = self.decided(&finding) == Some(&Choice::Accept);
                if !pair.accepted {
                    pair.suspended = Some(class.clone());
                    self.linked.findings.push(finding);
                }
            }
            self.linked.pairs.push(pair);
        }
    }

    /// The finding of a pair that share no address, as far as the ledger can be read.
    fn stranger(&self, pair: &Pair) -> Option<Finding> {
        let (ours, theirs) = (self.canon.get(pair.canonical)?, self.seen.records.get(pair.mirror)?);
        let held = addresses(self.setup, &self.mirror.side, theirs);
        let ledger = self.canon.ledger(pair.canonical);
        if held.is_empty() || held.iter().any(|address| ledger.contains(address)) {
            return None;
        }
        let entity = self.canon.key(pair.canonical);
        let key = self.key(&Trigger::Stranger, entity.as_str());
        // A ledger that cannot be read is not an empty one; but nobody can tell whose record it is.
        let unread = self.canon.unread(pair.canonical);
        let what = unread.as_ref().map_or_else(
            || "none of its e-mail addresses stands in the ledger".to_owned(),
            |trouble| {
                format!("whether its e-mail addresses stand in the ledger cannot be told: {}", trouble.why)
            },
        );
        let finding = finding(key, Some(entity), vec![theirs.id.clone()], what);
        let place = unread.map(|trouble| trouble.place).unwrap_or_default();
        Some(Finding { values: self.addresses_of(ours, theirs), place, ..finding })
    }

    /// The addresses of both, side by side: what a person decides on, and what ends the decision.
    fn addresses_of(&self, ours: &Record, theirs: &Record) -> Vec<Values> {
        let (canonical, mirror) = (self.setup.canonical(), &self.mirror.side);
        let values = |theirs_at: &Binding| {
            let field = self.setup.field(theirs_at.field);
            let ours_at = canonical.binding(theirs_at.field).filter(|_| field.identity)?;
            Some(Values {
                field: field.name.clone(),
                canonical: canonical.lenient(ours_at, field, ours),
                mirror: mirror.lenient(theirs_at, field, theirs),
            })
        };
        let holds = |values: &Values| !(values.canonical.is_blank() && values.mirror.is_blank());
        mirror.bindings.iter().filter_map(values).filter(holds).collect()
    }
}
