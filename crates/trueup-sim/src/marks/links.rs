//! What the life of a link tells.

use trueup_core::{
    link::{How, Link, LinkState},
    name::RemoteId,
};

use super::{Mark, Witness};

/// A link as it was remembered last.
#[derive(Clone, Debug)]
pub(super) struct Known {
    state: LinkState,
    aliases: usize,
    remote: RemoteId,
}

impl Known {
    /// Whether this is the record it leads to.
    pub(super) fn is_to(&self, remote: &RemoteId) -> bool {
        self.remote == *remote
    }
}

impl Witness {
    pub(super) fn linked(&mut self, link: &Link) {
        let now = Known { state: link.state, aliases: link.aliases.len(), remote: link.remote.clone() };
        let before = self.links.insert(link.key(), now);
        let aliases = before.as_ref().map_or(0, |known| known.aliases);
        if link.aliases.len() > aliases {
            self.mark(Mark::AliasFollowed);
        }
        match (&before, link.how) {
            (None, How::Token) => self.mark(Mark::LinkedByToken),
            (None, How::Email) => self.mark(Mark::LinkedByEmail),
            (None, How::Origin) => self.mark(Mark::LinkedByOrigin),
            _ => {}
        }
        if let Some(mark) = turn(before.map(|known| known.state), link.state) {
            self.mark(mark);
        }
    }
}

/// What it means that a link went from one state to another.
const fn turn(before: Option<LinkState>, now: LinkState) -> Option<Mark> {
    use LinkState::{Active, OutOfScope, Suspect, Tombstone};
    match (before, now) {
        (Some(Active) | None, OutOfScope) => Some(Mark::LeftScope),
        (Some(OutOfScope), Active) => Some(Mark::CameBack),
        (Some(Active | OutOfScope) | None, Suspect { .. }) => Some(Mark::Suspected),
        (Some(Suspect { .. }), Active | OutOfScope) => Some(Mark::Exonerated),
        (Some(Active | OutOfScope | Suspect { .. }), Tombstone) => Some(Mark::Tombstoned),
        (Some(Tombstone), Active | OutOfScope) => Some(Mark::Resurrected),
        _ => None,
    }
}
