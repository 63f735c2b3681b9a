//! Every state of the protocols, and what each rule is for.

mod creates;
mod updates;
