//! What `cargo metadata` says of the workspace.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// The packages of the workspace and everything below them.
#[derive(Clone, Debug, Deserialize)]
pub struct Metadata {
    /// Every package, ours and others'.
    pub packages: Vec<Package>,
    workspace_members: Vec<String>,
    #[serde(default)]
    workspace_default_members: Vec<String>,
    resolve: Resolve,
}

/// A package.
#[derive(Clone, Debug, Deserialize)]
pub struct Package {
    id: String,
    /// Its name.
    pub name: String,
    /// What its manifest asks for.
    pub dependencies: Vec<Dependency>,
    /// Its features and what each turns on.
    #[serde(default)]
    pub features: BTreeMap<String, Vec<String>>,
}

/// One line of a manifest.
#[derive(Clone, Debug, Deserialize)]
pub struct Dependency {
    /// The package asked for.
    pub name: String,
    /// `dev`, `build`, or nothing for a normal one.
    pub kind: Option<String>,
    /// The features asked for.
    #[serde(default)]
    pub features: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Clone, Debug, Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Clone, Debug, Deserialize)]
struct EdgeKind {
    kind: Option<String>,
}

impl Metadata {
    /// Asks cargo.
    ///
    /// # Errors
    /// When cargo fails or its answer cannot be understood.
    pub fn of(root: &Path) -> Result<Self> {
        let mut command = Command::new(crate::suite::cargo());
        command.args(["metadata", "--format-version", "1", "--locked"]).current_dir(root);
        let output = command.output().context("cannot start cargo metadata")?;
        if !output.status.success() {
            bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        serde_json::from_slice(&output.stdout).context("cargo metadata gave something else than its format 1")
    }

    /// The packages of the workspace, by name.
    #[must_use]
    pub fn ours(&self) -> BTreeMap<&str, &Package> {
        let ours = self.packages.iter().filter(|package| self.workspace_members.contains(&package.id));
        ours.map(|package| (package.name.as_str(), package)).collect()
    }

    /// The packages that a plain `cargo run` or `cargo build` means.
    #[must_use]
    pub fn meant(&self) -> Vec<&str> {
        self.workspace_default_members.iter().filter_map(|id| self.name(id)).collect()
    }

    /// Every outside package that ends up in a normal build of a package, without passing through
    /// another one of ours.
    #[must_use]
    pub fn reached(&self, package: &Package) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut todo = vec![package.id.as_str()];
        while let Some(id) = todo.pop() {
            for next in self.normal(id) {
                if !self.workspace_members.iter().any(|ours| ours == next) && reached.insert(next) {
                    todo.push(next);
                }
            }
        }
        reached.into_iter().filter_map(|id| self.name(id)).collect()
    }

    fn normal(&self, id: &str) -> impl Iterator<Item = &str> {
        let node = self.resolve.nodes.iter().find(|node| node.id == id);
        let normal = |edge: &&Edge| edge.dep_kinds.iter().any(|kind| kind.kind.is_none());
        node.into_iter().flat_map(move |node| node.deps.iter().filter(normal)).map(|edge| edge.pkg.as_str())
    }

    fn name(&self, id: &str) -> Option<&str> {
        self.packages.iter().find(|package| package.id == id).map(|package| package.name.as_str())
    }
}
