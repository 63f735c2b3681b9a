//! What changes from run to run, replaced by names that do not. Names work both ways: a later command may use them.

use std::path::Path;

/// A run's id: `d` is a digit, `x` a hexadecimal digit, all else itself.
const RUN: &str = "ddddddddTdddddd.ddd-xxxx";
const TIME: &str = "dddd-dd-ddTdd:dd:dd";
/// Numbers that look like a plan's id and are none: the owners, the portal, and the sandbox's correlation ids.
const NO_PLANS: [&str; 4] = [crate::support::OWNER, super::hand::OTHER, "44237313", "00000000"];

/// What was replaced so far.
#[derive(Debug, Default)]
pub(super) struct Mask {
    runs: Vec<String>,
    plans: Vec<String>,
    requests: Vec<String>,
    places: Vec<(String, &'static str)>,
}

impl Mask {
    /// Replaces a folder and an address wherever they stand.
    pub(super) fn of(folder: &Path, url: &str) -> Self {
        let host = url.trim_start_matches("http://").to_owned();
        let places =
            vec![(folder.display().to_string(), "{dir}"), (url.to_owned(), "{sandbox}"), (host, "{host}")];
        Self { places, ..Self::default() }
    }

    /// The text without what changes from run to run.
    pub(super) fn hide(&mut self, text: &str) -> String {
        let text = self.places.iter().fold(text.to_owned(), |text, (real, name)| text.replace(real, name));
        let (mut shown, mut rest, mut before) = (String::new(), text.as_str(), ' ');
        while let Some(c) = rest.chars().next() {
            let found = if before.is_alphanumeric() { None } else { self.volatile(rest) };
            let (name, len) = found.unwrap_or_else(|| (c.to_string(), c.len_utf8()));
            let raw = &rest[..len];
            rest = &rest[len..];
            before = raw.chars().last().unwrap_or(' ');
            // A cell of a table keeps its width, so that the columns stay straight.
            let gap = if rest.starts_with("  ") { raw.len().saturating_sub(name.len()) } else { 0 };
            shown += &name;
            shown.extend(std::iter::repeat_n(' ', gap));
        }
        shown
    }

    /// The text with names turned back into what they stand for.
    pub(super) fn reveal(&self, text: &str) -> String {
        let named = |word: &'static str, ids: &[String]| {
            (1..)
                .zip(ids.to_vec())
                .map(move |(number, id)| (id, format!("{{{word} {number}}}")))
                .collect::<Vec<_>>()
        };
        let places = self.places.iter().map(|(real, name)| (real.clone(), (*name).to_owned()));
        let all = named("run", &self.runs).into_iter().chain(named("plan", &self.plans)).chain(places);
        all.fold(text.to_owned(), |text, (real, name)| text.replace(&name, &real))
    }

    /// The name of what begins here and how long it is.
    fn volatile(&mut self, rest: &str) -> Option<(String, usize)> {
        if let Some(len) = fits(rest, RUN) {
            return Some((format!("{{run {}}}", number(&mut self.runs, &rest[..len])), len));
        }
        if let Some(len) = fits(rest, TIME) {
            let fraction = rest[len..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
            let end = fraction.strip_prefix('Z').map_or(len, |after| rest.len() - after.len());
            return Some(("{time}".to_owned(), end));
        }
        self.hash(rest).or_else(|| age(rest))
    }

    /// Ids are known by their length: 8 digits are the beginning of a plan's, 24 a request's.
    fn hash(&mut self, rest: &str) -> Option<(String, usize)> {
        let len = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
        let ends = !rest[len..].starts_with(char::is_alphanumeric);
        let id = &rest[..len];
        let name = match len {
            8 if !NO_PLANS.contains(&id) => format!("{{plan {}}}", number(&mut self.plans, id)),
            24 => format!("{{request {}}}", number(&mut self.requests, id)),
            32 | 64 => self.plan_in_full(id),
            _ => return None,
        };
        ends.then_some((name, len))
    }

    fn plan_in_full(&self, id: &str) -> String {
        let known = self.plans.iter().position(|plan| id.starts_with(plan));
        known.map_or("{hash}".to_owned(), |at| format!("{{plan {}}}", at + 1))
    }
}

/// The number of an id, which is new or was seen before.
fn number(ids: &mut Vec<String>, id: &str) -> usize {
    let known = ids.iter().position(|known| known == id);
    known.map_or_else(
        || {
            ids.push(id.to_owned());
            ids.len()
        },
        |at| at + 1,
    )
}

/// How many bytes of the text fit a shape, when what follows does not belong to it.
fn fits(text: &str, shape: &str) -> Option<usize> {
    let mut chars = text.chars();
    let fit = shape.chars().all(|want| {
        chars.next().is_some_and(|c| match want {
            'd' => c.is_ascii_digit(),
            'x' => c.is_ascii_hexdigit(),
            other => c == other,
        })
    });
    let ends = !chars.next().is_some_and(char::is_alphanumeric);
    (fit && (ends || shape == TIME)).then_some(shape.len())
}

/// `12 s ago`, which the machine's mood decides.
fn age(rest: &str) -> Option<(String, usize)> {
    let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|len| *len > 0)?;
    let after = &rest[digits..];
    let unit = [" s ago", " m ago"].into_iter().find(|unit| after.starts_with(unit))?;
    Some(("{age}".to_owned(), digits + unit.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let mut mask = Mask::of(Path::new("/tmp/x1"), "http://127.0.0.1:4711");
        let shown = mask.hide(text);
        assert_eq!(shown, want);
    }

    #[test]
    fn what_changes_from_run_to_run_gets_a_name() {
        check("in /tmp/x1/a at http://127.0.0.1:4711/crm", "in {dir}/a at {sandbox}/crm");
        check("run 20260504T160000.123-00ff ended", "run {run 1} ended");
        check("since 2026-05-04T16:00:00.123456Z, 7 s ago", "since {time}, {age}");
        check("plan 0123abcd for owner 88361194; 0123abcd", "plan {plan 1} for owner 88361194; {plan 1}");
        check("20260504T160000.123-00ff  x", "{run 1}                   x");
        check("é 12 records", "é 12 records");
        check("trace 0123456789abcdef01234567 at 127.0.0.1:4711", "trace {request 1} at {host}");
    }

    #[test]
    fn a_name_means_later_what_it_stood_for() {
        let mut mask = Mask::of(Path::new("/tmp/x1"), "http://127.0.0.1:4711");
        mask.hide("next: trueup apply 0123abcd");
        assert_eq!(
            mask.reveal("trueup apply {plan 1} {plan 2} {sandbox}"),
            "trueup apply 0123abcd {plan 2} http://127.0.0.1:4711"
        );
    }
}
