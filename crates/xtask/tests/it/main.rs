//! The rules of the tree, each as a test.

#[cfg(test)]
mod rules;
