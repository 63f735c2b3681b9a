//! What seeds are played on, and the day.

use std::{fs, process::Command, thread};

/// The processor and how many cores there are of it.
#[must_use]
pub(super) fn machine() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    format!("{}, {cores} cores, {}", processor(&told), std::env::consts::OS)
}

fn processor(told: &str) -> &str {
    let model = told.lines().find_map(|line| line.strip_prefix("model name"));
    model.and_then(|line| line.split_once(':')).map_or(std::env::consts::ARCH, |(_, name)| name.trim())
}

/// Today, in UTC; nothing where nobody can be asked.
#[must_use]
pub(super) fn today() -> String {
    let asked = Command::new("date").args(["-u", "+%Y-%m-%d"]).output();
    asked.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::processor;

    #[test]
    fn the_processor_is_named_as_it_names_itself() {
        assert_eq!(processor("vendor_id\t: X\nmodel name\t: Some CPU @ 2 GHz\n"), "Some CPU @ 2 GHz");
        assert_eq!(processor(""), std::env::consts::ARCH);
    }
}
