//! The doors between the engine and the outside: Source, Target, Ledger, Wire, World and the gate.
