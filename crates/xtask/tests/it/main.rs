//! The rules of the tree, each as a test, and what is run on a machine that is new.

#[cfg(test)]
#[cfg(unix)]
mod fresh_machine;
#[cfg(test)]
mod rules;
