//! The files of the project, read once.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::rust::Code;

/// Folders that are no part of the project. Where it is checked out beside another one, `.git` is a file.
const OUTSIDE: [&str; 6] = [".git", "target", "node_modules", "__pycache__", ".venv", ".trueup"];

/// The files of the project, in the order of their paths.
#[derive(Debug, Default)]
pub struct Tree {
    /// Where the project lies.
    pub root: PathBuf,
    /// Its text files.
    pub files: Vec<File>,
    /// Paths of files that are not text, such as workbooks.
    pub binaries: Vec<String>,
}

/// A text file.
#[derive(Debug)]
pub struct File {
    /// Its path from the root, with slashes.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its text as Rust sees it, for a Rust file.
    pub code: Option<Code>,
}

impl File {
    /// A file of this text.
    #[must_use]
    pub fn new(path: &str, text: &str) -> Self {
        let mut file = Self { path: path.to_owned(), text: text.to_owned(), code: None };
        file.code = file.ends_in("rs").then(|| Code::read(text));
        file
    }

    /// Whether its name ends so; the dot is left out.
    #[must_use]
    pub fn ends_in(&self, ending: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|own| own == ending)
    }
}

impl Tree {
    /// Reads a project.
    ///
    /// # Errors
    /// When a folder or a file cannot be read.
    pub fn read(root: &Path) -> Result<Self> {
        let mut tree = Self { root: root.to_owned(), ..Self::default() };
        tree.enter(root)?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        tree.binaries.sort();
        Ok(tree)
    }

    /// A project of these files that lies nowhere, for tests of a check.
    #[must_use]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| File::new(path, text)).collect();
        Self { files, ..Self::default() }
    }

    fn enter(&mut self, folder: &Path) -> Result<()> {
        let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let kind = entry.file_type()?;
            if OUTSIDE.iter().any(|name| entry.file_name() == *name) {
                continue;
            }
            if kind.is_dir() {
                self.enter(&entry.path())?;
            } else if kind.is_file() {
                self.take(&entry.path())?;
            }
        }
        Ok(())
    }

    fn take(&mut self, file: &Path) -> Result<()> {
        let path = file.strip_prefix(&self.root)?.to_string_lossy().replace('\\', "/");
        let bytes = fs::read(file).with_context(|| format!("cannot read {path}"))?;
        match String::from_utf8(bytes) {
            Ok(text) => self.files.push(File::new(&path, &text)),
            Err(_) => self.binaries.push(path),
        }
        Ok(())
    }

    /// The Rust files with their code.
    pub fn rust(&self) -> impl Iterator<Item = (&File, &Code)> {
        self.files.iter().filter_map(|file| Some((file, file.code.as_ref()?)))
    }

    /// The text file at a path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Whether a file or a folder lies at a path.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        let mut paths = self.files.iter().map(|file| &file.path).chain(&self.binaries);
        paths.any(|at| at == path || at.starts_with(&folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite;

    #[test]
    fn what_is_no_part_of_the_project_is_not_read_whether_it_is_a_folder_or_a_file() {
        let root = suite::target(&suite::root()).join("tmp").join("tree");
        fs::create_dir_all(root.join("target")).unwrap();
        for name in ["a.rs", ".git", "target/b.rs"] {
            fs::write(root.join(name), "text").unwrap();
        }
        let tree = Tree::read(&root).unwrap();
        assert!(tree.has("a.rs") && tree.files.len() == 1);
    }
}
