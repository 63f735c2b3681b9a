//! Whole-engine simulation: the real planner, gate, recovery, lease, schedule and store run under one seed.
//!
//! Only the hosts ([`world`]), the way to the store ([`store`]) and the systems are simulated: [`table`]s, and in one
//! seed of four the sandbox's portal ([`hubspot`]), which the real connector asks over `Wire`. A
//! seed decides everything: what is switched on ([`swarm`]), when people edit, which requests are lost or land
//! late, where an instance is killed, frozen or cut off. Dropping a task is kill -9.
//!
//! Deliberately absent: threads, a runtime, and real time but for how long a core takes ([`report::timed`]). Read next: [`run::run`], then [`oracles`].

pub mod audit;
pub mod chance;
#[cfg(feature = "planted-defects")]
pub mod defects;
pub mod executor;
pub mod hubspot;
pub mod marks;
pub mod mishap;
pub mod oracles;
pub mod people;
pub mod rehearsal;
pub mod report;
pub mod run;
pub mod scene;
pub mod store;
pub mod swarm;
pub mod table;
pub mod trace;
pub mod world;
