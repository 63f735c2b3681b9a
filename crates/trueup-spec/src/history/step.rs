//! What can happen in one step.

use std::fmt;

use super::{
    config::{FIELDS, NAMES, SYSTEMS},
    office::Office,
};

/// What can happen in one step. Systems and fields are positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A person writes one of two values into a field, or clears it.
    Edit {
        /// The system; 0 is the source of truth.
        system: usize,
        /// The field.
        field: usize,
        /// Which value; none clears it.
        value: Option<usize>,
    },
    /// A person deletes the record.
    Delete {
        /// The system.
        system: usize,
    },
    /// The record goes to another owner.
    Leave {
        /// The mirror's system.
        system: usize,
    },
    /// The engine runs.
    Cycle,
}

/// Every step that would change something now.
#[must_use]
pub fn applicable(office: &Office) -> Vec<Step> {
    let mut steps = vec![Step::Cycle];
    for system in 0..SYSTEMS {
        for (field, value) in
            (0..FIELDS).flat_map(|field| [None, Some(0), Some(1)].map(|value| (field, value)))
        {
            steps.push(Step::Edit { system, field, value });
        }
        steps.push(Step::Delete { system });
        if system > 0 {
            steps.push(Step::Leave { system });
        }
    }
    steps.retain(|step| office.allows(*step));
    steps
}

/// Whether no renaming of values and fields, and of mirrors where they are alike, gives an earlier history:
/// each name is used for the first time in its order.
#[must_use]
pub fn is_first_of_its_sort(path: &[Step], alike: bool) -> bool {
    let edits = edits(path);
    let values =
        |of: usize| edits.iter().filter(move |(field, _)| *field == of).find_map(|(_, value)| *value);
    let mirrors = path.iter().filter_map(Step::system).find(|system| *system > 0);
    edits.first().is_none_or(|(field, _)| *field == 0)
        && (0..FIELDS).all(|field| values(field).is_none_or(|value| value == 0))
        && (!alike || mirrors.is_none_or(|system| system == 1))
}

/// Which names a path has used: what decides whether a further step is the first of its sort.
#[must_use]
pub fn names(path: &[Step]) -> String {
    let edits = edits(path);
    let valued = (0..FIELDS).map(|of| edits.iter().any(|(field, value)| *field == of && value.is_some()));
    let mirrors = path.iter().filter_map(Step::system).any(|system| system > 0);
    format!("{} {mirrors} {:?}", edits.is_empty(), valued.collect::<Vec<bool>>())
}

fn edits(path: &[Step]) -> Vec<(usize, Option<usize>)> {
    let edits = path.iter().filter_map(|step| match *step {
        Step::Edit { field, value, .. } => Some((field, value)),
        _ => None,
    });
    edits.collect()
}

impl Step {
    const fn system(&self) -> Option<usize> {
        match self {
            Self::Edit { system, .. } | Self::Delete { system } | Self::Leave { system } => Some(*system),
            Self::Cycle => None,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |system: usize| NAMES.get(system).copied().unwrap_or("?");
        match self {
            Self::Edit { system, field, value: Some(value) } => {
                write!(f, "{} writes {value} into field {field}", name(*system))
            }
            Self::Edit { system, field, value: None } => write!(f, "{} clears field {field}", name(*system)),
            Self::Delete { system } => write!(f, "{} deletes the record", name(*system)),
            Self::Leave { system } => write!(f, "{} gives the record away", name(*system)),
            Self::Cycle => f.write_str("a cycle"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &[Step], want: bool) {
        assert_eq!(is_first_of_its_sort(path, true), want, "{path:?}");
    }

    const fn edit(system: usize, field: usize, value: usize) -> Step {
        Step::Edit { system, field, value: Some(value) }
    }

    #[test]
    fn a_history_that_another_one_is_by_other_names_is_left_out() {
        check(&[edit(0, 0, 0), edit(1, 0, 1), edit(2, 1, 0)], true);
        assert!(is_first_of_its_sort(&[edit(2, 0, 0)], false));
        check(&[edit(0, 0, 1)], false);
        check(&[edit(0, 1, 0)], false);
        check(&[Step::Cycle, edit(2, 0, 0)], false);
        check(&[edit(0, 0, 0), edit(0, 1, 1)], false);
        check(&[Step::Leave { system: 1 }, Step::Delete { system: 2 }], true);
    }
}
