//! The connector conformance suite.
