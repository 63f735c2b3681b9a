//! A5: whoever replays the logs gets the final states: nothing changed that no log tells of, every record of the end
//! was made, and none that was made is missing. So the last writer of every value is known: a person, or a request of
//! ours, which the other judgements ask for.

use std::collections::{BTreeMap, BTreeSet};

use crate::{case::Case, line::State};

pub(super) fn judge(case: &Case<'_>) -> Vec<String> {
    let standing: BTreeSet<(&str, &str)> =
        case.states.iter().map(|state| (&*state.system, &*state.record)).collect();
    let lives = case.lives.iter().flat_map(|(system, lives)| lives.iter().map(move |one| (*system, one)));
    let lost = lives
        .filter(|(system, (record, life))| life.became.is_none() && !standing.contains(&(*system, **record)));
    let lost = lost.map(|(system, (record, _))| format!("{system}/{record} is missing at the end"));
    case.states.iter().flat_map(|state| of_state(case, state)).chain(lost).collect()
}

fn of_state(case: &Case<'_>, state: &State) -> Vec<String> {
    let name = format!("{}/{}", state.system, state.record);
    let Some(life) = case.life(&state.system, &state.record) else {
        return vec![format!("{name} is there and was never made")];
    };
    let mut found = Vec::new();
    if life.is_there(u64::MAX) == state.away {
        found.push(format!("{name} is there or away, and its log says otherwise"));
    }
    let (logged, held) = (life.last(), held(state));
    let columns: BTreeSet<&str> = logged.keys().chain(held.keys()).copied().collect();
    let odd = columns.into_iter().filter(|column| logged.get(column) != held.get(column));
    found.extend(odd.map(|column| format!("{column} of {name} is not what its log says")));
    found
}

fn held(state: &State) -> BTreeMap<&str, &str> {
    let fields = state.fields.iter().filter(|(_, value)| !value.is_empty());
    fields.map(|(column, value)| (&**column, &**value)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::support::Evidence;
    use crate::line::Line;

    #[test]
    fn states_that_the_logs_lead_to_are_fine() {
        for mut evidence in [Evidence::of_one_update(), Evidence::of_one_create(), Evidence::of_one_archive()]
        {
            evidence.ends();
            evidence.check("A5", &[]);
        }
    }

    #[test]
    fn a_value_a_presence_and_a_record_that_no_log_explains_are_caught() {
        let mut evidence = Evidence::of_one_update();
        evidence.ends();
        for line in &mut evidence.lines {
            if let Line::State(state) = line {
                state.fields.insert("city".into(), "Aspen".into());
                state.fields.insert("phone".into(), "1".into());
                state.away = true;
            }
        }
        evidence.check("A5", &["crm/1 is there or away", "city of crm/1", "phone of crm/1"]);
        let mut evidence = Evidence::of_one_update();
        evidence.check("A5", &["crm/1 is missing at the end"]);
        evidence.ends();
        evidence.lines.retain(|line| !matches!(line, Line::Change(_)));
        evidence.check("A5", &["crm/1 is there and was never made"]);
    }
}
