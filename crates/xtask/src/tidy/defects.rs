//! The feature that leaves a guard rule out exists for one proof, and is in no build that is shipped.

use anyhow::Result;

use super::Finding;
use crate::{
    metadata::{Metadata, Package},
    tree::Tree,
};

/// The feature.
const DEFECTS: &str = "planted-defects";

/// Finds manifests that turn the feature on without being asked.
///
/// # Errors
/// When `cargo metadata` fails.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let metadata = Metadata::of(&tree.root)?;
    let ours = metadata.ours();
    Ok(ours.values().flat_map(|package| turned_on(package)).collect())
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
}
