//! Whole-engine simulation: the real planner, gate, recovery and store run under one seed.
//!
//! Only the host ([`world`]) and the systems ([`table`]) are simulated. A seed decides everything:
//! when people edit, which requests are lost or land late, where the engine is killed. Dropping the
//! engine's future is kill -9.
//!
//! Deliberately absent: threads, real time, a runtime. Read next: [`run::run`], then [`census`].

pub mod census;
pub mod chance;
pub mod executor;
pub mod people;
pub mod run;
pub mod scene;
pub mod table;
pub mod world;
