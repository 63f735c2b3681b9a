//! Remembers: links, bases, intents, journal, findings, in SQLite.
