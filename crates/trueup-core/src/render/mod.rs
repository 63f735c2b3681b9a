//! Shows a plan to people and programs.
