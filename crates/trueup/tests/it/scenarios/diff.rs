//! How two texts differ, line by line.

/// How many equal lines are shown around a difference.
const AROUND: usize = 3;

/// The lines of both texts from the first difference to the last, with a few around them: recorded ones with
/// `-`, played ones with `+`.
pub(super) fn lines(recorded: &str, played: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (recorded.lines().collect(), played.lines().collect());
    let head = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let rest = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(old, new)| old == new).count();
    let around = |mark: &str, lines: &[&str]| {
        lines.iter().fold(String::new(), |text, line| {
            text + mark
                + " "
                + line
                + "
"
        })
    };
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    around(" ", &old[head.saturating_sub(AROUND)..head])
        + &around("-", &old[head..old_end])
        + &around("+", &new[head..new_end])
        + &around(" ", &old[old_end..(old_end + AROUND).min(old.len())])
}
