//! The feature that leaves a guard rule out exists for one proof, and is in no build that is shipped.

use anyhow::Result;

use super::Finding;
use crate::{
    metadata::{Metadata, Package},
    tree::Tree,
};

/// The feature.
const DEFECTS: &str = "planted-defects";

/// Finds manifests that turn the feature on without being asked, and crates that have it for no test.
///
/// # Errors
/// When `cargo metadata` fails.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let metadata = Metadata::of(&tree.root)?;
    let ours = metadata.ours();
    let untested = ours.values().filter_map(|package| untested(tree, package));
    Ok(ours.values().flat_map(|package| turned_on(package)).chain(untested).collect())
}

fn untested(tree: &Tree, package: &Package) -> Option<Finding> {
    package.features.get(DEFECTS)?;
    let tests = format!("crates/{}/tests/", package.name);
    let asks = format!("feature = \"{DEFECTS}\"");
    let tested = tree.files.iter().any(|file| file.path.starts_with(&tests) && file.text.contains(&asks));
    let what = || Finding::new(&tests, 0, format!("no test is built with `{DEFECTS}`"));
    (!tested).then(what)
}

fn turned_on(package: &Package) -> Vec<Finding> {
    let manifest = format!("crates/{}/Cargo.toml", package.name);
    let asks = |name: &str| name == DEFECTS || name.ends_with(&format!("/{DEFECTS}"));
    let by_feature = package
        .features
        .iter()
        .filter(|(name, turns_on)| name.as_str() != DEFECTS && turns_on.iter().any(|one| asks(one)));
    let by_dependency = package.dependencies.iter().filter(|one| one.features.iter().any(|name| asks(name)));
    let what = by_feature
        .map(|(name, _)| format!("feature `{name}` turns `{DEFECTS}` on"))
        .chain(by_dependency.map(|one| format!("`{}` is asked for with `{DEFECTS}`", one.name)));
    what.map(|what| Finding::new(&manifest, 0, what)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(features: &str, asked: &str) -> Package {
        let dependency = format!(r#"{{"name":"core","kind":null,"features":{asked}}}"#);
        let json = format!(r#"{{"id":"x","name":"x","dependencies":[{dependency}],"features":{features}}}"#);
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_default_or_a_dependency_that_plants_defects_is_found() {
        let check = |features, asked, found| assert_eq!(turned_on(&package(features, asked)).len(), found);
        check(r#"{"planted-defects":["core/planted-defects"]}"#, "[]", 0);
        check(r#"{"default":["planted-defects"],"planted-defects":[]}"#, "[]", 1);
        check(r#"{"default":["core/planted-defects"]}"#, "[]", 1);
        check("{}", r#"["planted-defects"]"#, 1);
    }

    #[test]
    fn a_crate_that_has_the_feature_for_no_test_is_found() {
        let with = package(r#"{"planted-defects":[]}"#, "[]");
        let test = "#[cfg(feature = \"planted-defects\")]\nmod planted;\n";
        assert!(untested(&Tree::of(&[]), &with).is_some());
        assert!(untested(&Tree::of(&[("crates/x/tests/it/main.rs", test)]), &with).is_none());
        assert!(untested(&Tree::of(&[]), &package("{}", "[]")).is_none());
    }
}
