//! Whole-engine deterministic simulation under one seed.
