//! One record: its values with who wrote them when, kept small enough for a hundred thousand of them.

use super::properties::PropertyIx;

/// One value a property had, from `at_ms` on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    /// None when it was cleared.
    pub(crate) value: Option<Box<str>>,
    pub(crate) at_ms: i64,
    pub(crate) author: AuthorIx,
}

/// A place in the store's list of authors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AuthorIx(pub(crate) u32);

/// Values and history of one record. Times are milliseconds of sandbox time.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) id: u64,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
    pub(crate) archived_ms: Option<i64>,
    /// The current versions, in order of property.
    slots: Vec<(PropertyIx, Version)>,
    /// Earlier versions of all properties, oldest first.
    past: Vec<(PropertyIx, Version)>,
}

impl Record {
    pub(crate) const fn new(id: u64, created_ms: i64) -> Self {
        Self {
            id,
            created_ms,
            updated_ms: created_ms,
            archived_ms: None,
            slots: Vec::new(),
            past: Vec::new(),
        }
    }

    /// The current value; none when it was never set or was cleared.
    pub(crate) fn value(&self, property: PropertyIx) -> Option<&str> {
        self.current(property)?.value.as_deref()
    }

    fn current(&self, property: PropertyIx) -> Option<&Version> {
        let place = self.slots.binary_search_by_key(&property, |slot| slot.0).ok()?;
        self.slots.get(place).map(|slot| &slot.1)
    }

    /// Writes a version; the one before goes to the history.
    pub(crate) fn write(&mut self, property: PropertyIx, version: Version) {
        match self.slots.binary_search_by_key(&property, |slot| slot.0) {
            Ok(place) => {
                if let Some(slot) = self.slots.get_mut(place) {
                    let before = std::mem::replace(&mut slot.1, version);
                    self.past.push((property, before));
                }
            }
            Err(place) => self.slots.insert(place, (property, version)),
        }
    }

    /// Every version of a property, newest first.
    pub(crate) fn versions(&self, property: PropertyIx) -> impl Iterator<Item = &Version> {
        let past = self.past.iter().rev().filter(move |entry| entry.0 == property).map(|entry| &entry.1);
        self.current(property).into_iter().chain(past)
    }

    /// The properties that have or had a value, in order.
    pub(crate) fn properties(&self) -> impl Iterator<Item = PropertyIx> {
        self.slots.iter().map(|slot| slot.0)
    }

    /// Moves the time of the last change strictly forward.
    pub(crate) fn touch(&mut self, now_ms: i64) {
        self.updated_ms = now_ms.max(self.updated_ms + 1);
    }

    /// Drops spare capacity; worth it when a hundred thousand records are loaded.
    pub(crate) fn shrink(&mut self) {
        self.slots.shrink_to_fit();
        self.past.shrink_to_fit();
    }
}
