//! A11: every intent of the journal ended, or is told as open at the end; and none is both.

use crate::case::Case;

pub(super) fn judge(case: &Case<'_>) -> Vec<String> {
    let odd = case.stories.iter().filter_map(|(intent, story)| {
        let why = match (story.intended.is_some(), story.settled.is_some(), story.open) {
            (true, false, false) => "neither ended nor is it told as open",
            (true, true, true) => "ended and is told as open",
            (false, true, _) | (false, _, true) => "ended or is told as open, and was never opened",
            (true, ..) | (false, false, false) => return None,
        };
        Some(format!("intent {intent} {why}"))
    });
    odd.collect()
}

#[cfg(test)]
mod tests {
    use super::super::support::Evidence;
    use crate::line::Line;

    #[test]
    fn an_intent_that_ended_or_is_told_as_open_is_fine() {
        Evidence::of_one_update().check("A11", &[]);
        let mut evidence = Evidence::of_one_update();
        evidence.lines.retain(|line| !matches!(line, Line::Settled(_)));
        evidence.is_open("i1");
        evidence.check("A11", &[]);
    }

    #[test]
    fn an_intent_without_an_end_with_two_or_without_a_beginning_is_caught() {
        let mut evidence = Evidence::of_one_update();
        evidence.is_open("i1");
        evidence.check("A11", &["intent i1 ended and is told as open"]);
        evidence.lines.retain(|line| !matches!(line, Line::Settled(_) | Line::Open(_)));
        evidence.check("A11", &["intent i1 neither ended nor"]);
        let mut evidence = Evidence::new();
        evidence.settles("i7");
        evidence.check("A11", &["intent i7 ended or is told as open, and was never opened"]);
    }
}
