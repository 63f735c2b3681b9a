//! How people name one halt of a plan: `too_many_updates`, `blanking:city`, `blanking:city@portal`.

use super::Halt;

/// The shortest name that means this halt and no other of its plan.
#[must_use]
pub fn handle(halt: &Halt, all: &[Halt]) -> String {
    let names = names(halt);
    let alone = |name: &&String| named(name, all).len() == 1;
    names.iter().find(alone).or_else(|| names.last()).cloned().unwrap_or_default()
}

/// The halts that a name means: one, or several when it is too short to tell them apart.
#[must_use]
pub fn named<'a>(name: &str, all: &'a [Halt]) -> Vec<&'a Halt> {
    all.iter().filter(|halt| names(halt).iter().any(|own| own == name)).collect()
}

/// What a halt answers to, the shortest first.
fn names(halt: &Halt) -> Vec<String> {
    let (rule, system) = (halt.rule.name(), &halt.system);
    let about = halt.about.as_ref().map(|about| format!("{rule}:{about}"));
    let mut names = vec![rule.to_owned()];
    names.extend(about.clone());
    names.push(format!("{}@{system}", about.as_deref().unwrap_or(rule)));
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Rule;

    fn halt(rule: Rule, system: &str, about: Option<&str>) -> Halt {
        Halt {
            rule,
            system: system.into(),
            verb: None,
            about: about.map(str::to_owned),
            count: 1,
            what: String::new(),
            approved: None,
        }
    }

    #[test]
    fn a_halt_has_the_shortest_name_that_means_no_other() {
        let halts = [
            halt(Rule::TooManyUpdates, "portal", None),
            halt(Rule::Blanking, "portal", Some("city")),
            halt(Rule::Blanking, "portal", Some("phone")),
            halt(Rule::Archives, "portal", None),
            halt(Rule::Archives, "shop", None),
        ];
        let handles: Vec<String> = halts.iter().map(|one| handle(one, &halts)).collect();
        assert_eq!(
            handles,
            ["too_many_updates", "blanking:city", "blanking:phone", "archives@portal", "archives@shop"]
        );
        for (one, name) in halts.iter().zip(&handles) {
            assert_eq!(named(name, &halts), [one]);
        }
        assert_eq!(named("blanking", &halts).len(), 2);
        assert_eq!(named("blanking:city@portal", &halts).len(), 1);
        assert!(named("blanking:street", &halts).is_empty());
    }
}
