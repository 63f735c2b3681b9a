//! The rules of the tree, each as a test, and what is run on a machine that is new.

#[cfg(all(test, unix))]
mod fresh_machine;
#[cfg(test)]
mod rules;
