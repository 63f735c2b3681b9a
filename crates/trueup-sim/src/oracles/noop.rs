//! O5 (I-11): a run after everything had agreed sends no write.

use trueup_engine::Account;

/// What a run sent that had nothing to do.
#[must_use]
pub fn check(account: Option<&Account>) -> Vec<String> {
    match account {
        None => vec![format!("O5: a run in peace did not end")],
        Some(account) if account.requests.write > 0 => {
            vec![format!("O5: a run with nothing to do sent {} writes", account.requests.write)]
        }
        Some(account) if account.error.is_some() => {
            vec![format!("O5: a run in peace failed: {}", account.error.as_deref().unwrap_or_default())]
        }
        Some(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_wrote_failed_or_never_ended_is_found() {
        let account = |write, error: Option<&str>| {
            let mut account = Account::begin("r".into(), "run", jiff::Timestamp::UNIX_EPOCH);
            account.requests.write = write;
            account.error = error.map(str::to_owned);
            account
        };
        assert!(check(Some(&account(0, None))).is_empty());
        for bad in [Some(account(1, None)), Some(account(0, Some("no"))), None] {
            assert_eq!(check(bad.as_ref()).len(), 1);
        }
    }
}
