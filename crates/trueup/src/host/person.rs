//! Who gives the command, for decisions and approvals.

use std::env;

/// The name of the user, or the number where there is no name.
pub(crate) fn person() -> String {
    let named = ["LOGNAME", "USER"].into_iter().filter_map(|name| env::var(name).ok());
    let name = named.map(|name| name.trim().to_owned()).find(|name| !name.is_empty());
    name.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()))
}
