//! Finds the name a person probably meant.

/// Gives the candidate nearest to `word`, if one is near enough to be worth a suggestion.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let tolerance = (word.chars().count() / 3).max(1);
    let scored = candidates.into_iter().map(|name| (distance(&lower, &name.to_lowercase()), name));
    scored.filter(|(far, _)| *far <= tolerance).min_by_key(|(far, _)| *far).map(|(_, name)| name)
}

// A word that only lacks its end, such as `phone` for `phone_number`, is nearer than its letters say.
fn distance(word: &str, name: &str) -> usize {
    let starts = word.len() >= 3 && (name.starts_with(word) || word.starts_with(name));
    if starts { 1 } else { strsim::damerau_levenshtein(word, name) }
}

/// Words a hint: the nearest name, or the whole choice when none is near.
pub(crate) fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(name) = nearest(word, candidates.clone()) {
        return format!("did you mean '{name}'?");
    }
    let names: Vec<&str> = candidates.into_iter().collect();
    if names.is_empty() {
        "nothing can stand here".to_owned()
    } else {
        format!("use one of: {}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, want: Option<&str>) {
        assert_eq!(nearest(word, ["canonical", "mirrors", "fields", "first_name", "caps"]), want);
    }

    #[test]
    fn a_slip_of_the_finger_finds_its_name_and_a_stranger_finds_none() {
        check("cannonical", Some("canonical"));
        check("Mirors", Some("mirrors"));
        check("fiedls", Some("fields"));
        check("first", Some("first_name"));
        check("weather", None);
    }

    #[test]
    fn without_a_near_name_the_hint_lists_the_choice() {
        assert_eq!(hint("weather", ["fix", "flag"]), "use one of: fix, flag");
        assert_eq!(hint("flg", ["fix", "flag"]), "did you mean 'flag'?");
    }
}
