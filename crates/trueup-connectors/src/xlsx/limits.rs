//! What the parsing child may use. It takes these limits on itself before it touches the workbook.
//!
//! A workbook of 1,660 bytes can ask the parser for 96 TB; the allocator then aborts the process, which
//! cannot be caught (RELIABILITY.md 0 item 10). So the parser must live in a process that may die.

use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};

/// What the parsing child may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Address space, in bytes.
    pub memory_bytes: u64,
    /// Processor time, in seconds.
    pub cpu_seconds: u64,
    /// Time on the clock, in milliseconds; kept by the parent.
    pub wall_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: 1 << 30, cpu_seconds: 30, wall_ms: 120_000 }
    }
}

impl Limits {
    /// Binds this process; it cannot loosen them again.
    ///
    /// # Errors
    /// The system refuses a limit; nothing may be parsed then.
    pub fn take_on(self) -> rustix::io::Result<()> {
        // Those that are open stay: the workbook and the way to the parent. No file and no socket is added.
        const MORE_FILES: u64 = 0;
        for (resource, soft, hard) in [
            (Resource::As, self.memory_bytes, self.memory_bytes),
            // One second apart, so that the parent learns the reason: the soft limit has its own signal.
            (Resource::Cpu, self.cpu_seconds, self.cpu_seconds.saturating_add(1)),
            (Resource::Fsize, 0, 0),
            (Resource::Core, 0, 0),
            (Resource::Nofile, MORE_FILES, MORE_FILES),
        ] {
            setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(hard) })?;
        }
        Ok(())
    }
}
