//! What the doors let through.

mod misuse;
