//! Emulators of the outside systems: a pure state machine each, with an HTTP skin and fault switches.
