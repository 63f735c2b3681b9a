//! `POST …/search` (facts section 5): filters, one sort, offsets, and an index that is behind.

mod filter;
mod request;
mod run;
mod token;
