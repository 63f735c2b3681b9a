//! `prove`: every guard holds, and a guard that is left out is noticed.

use crate::support::Bench;

#[test]
fn every_attack_is_held_and_gets_through_without_its_rule_and_the_real_portal_hears_nothing() {
    let bench = Bench::two_phones_apart(12);
    let ran = bench.run(&["prove", "--json"]).expect(0);
    assert!(ran.err.contains("played: every record") && !ran.err.contains("played: played"), "{}", ran.err);
    let proof = ran.json();
    let attacks = proof["attacks"].as_array().unwrap();
    assert!(attacks.len() >= 23, "{attacks:?}");
    assert!(attacks.iter().all(|one| one["held"] == true && one["through"] != false), "{attacks:#?}");
    assert!(bench.portal.requests().is_empty());
}

#[test]
fn a_limit_that_is_opened_so_far_that_it_never_halts_is_not_proven() {
    let bench = Bench::two_phones_apart(12);
    bench.configure(|text| text.replace("updates_percent: 30", "updates_percent: 100"));
    let proof = bench.run(&["prove", "--json"]).expect(3).json();
    let open: Vec<_> =
        proof["attacks"].as_array().unwrap().iter().filter(|one| one["proven"] == false).cloned().collect();
    assert!(open.iter().all(|one| one["name"] == "too_many_updates") && !open.is_empty(), "{open:#?}");
}

#[cfg(feature = "planted-defects")]
#[test]
fn every_rule_that_is_left_out_is_noticed() {
    use trueup_core::guard::Rule;
    let bench = Bench::two_phones_apart(12);
    for rule in Rule::ALL {
        let proof = bench.run(&["prove", "--plant", rule.name(), "--json"]).expect(3).json();
        let attacks = proof["attacks"].as_array().unwrap();
        let failed: Vec<_> = attacks
            .iter()
            .filter(|one| one["proven"] == false)
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        // The attack of that very rule, played or not, and no other.
        assert!(!failed.is_empty() && failed.iter().all(|name| *name == rule.name()), "{rule}: {failed:?}");
    }
}
