//! Which process this is, and whether another one still lives.

use std::fs;

use trueup_ports::Holder;

/// This process.
pub(super) fn own() -> Holder {
    let pid = std::process::id();
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Holder { host, pid, born: birth(pid).unwrap_or_default() }
}

/// Whether a holder still lives; `None` when this host cannot tell.
///
/// A process id means something only within one boot of one host and one process name space.
pub(super) fn is_alive(own: &Holder, other: &Holder) -> Option<bool> {
    let (ours, theirs) = (Birth::read(&own.born)?, Birth::read(&other.born)?);
    if own.host != other.host {
        return None;
    }
    if ours.boot != theirs.boot {
        return Some(false);
    }
    if ours.space != theirs.space {
        return None;
    }
    Some(birth(other.pid).is_some_and(|born| born == other.born))
}

/// The parts of a birth certificate.
struct Birth<'a> {
    boot: &'a str,
    space: &'a str,
}

impl<'a> Birth<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split(' ');
        Some(Self { boot: parts.next().filter(|boot| !boot.is_empty())?, space: parts.next()? })
    }
}

/// The boot, the process name space and the start of a process, in clock ticks since the boot.
fn birth(pid: u32) -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let space = fs::read_link("/proc/self/ns/pid").ok()?;
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in brackets and may hold anything, blanks and brackets too.
    let (_, fields) = line.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    if fields.next()? == "Z" {
        return None;
    }
    // Start time is field 22 of proc_pid_stat(5); the third one was just taken.
    let start = fields.nth(18)?;
    Some(format!("{} {} {start}", boot.trim(), space.display()))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn this_process_lives_and_one_that_ended_does_not() {
        let own = own();
        assert_eq!(is_alive(&own, &own), Some(true));
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let other = Holder { pid: child.id(), born: birth(child.id()).unwrap(), ..own.clone() };
        assert_eq!(is_alive(&own, &other), Some(true));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(is_alive(&own, &other), Some(false));
    }

    #[test]
    fn a_reused_number_is_another_process_and_another_host_cannot_be_told() {
        let own = own();
        let reused = Holder { born: format!("{}0", own.born), ..own.clone() };
        assert_eq!(is_alive(&own, &reused), Some(false));
        let rebooted =
            Holder { born: own.born.replacen(|c: char| c.is_ascii_hexdigit(), "x", 1), ..own.clone() };
        assert_eq!(is_alive(&own, &rebooted), Some(false));
        let far = Holder { host: "elsewhere".into(), ..own.clone() };
        assert_eq!(is_alive(&own, &far), None);
    }
}
