//! Reads `.xlsx` workbooks. Read only by construction: nothing here can write one.
//!
//! A read takes a private copy of the file at rest ([`steady`]), hands it to a child process with tight
//! limits ([`child`], [`limits`]), which checks the container (`zip_check`), streams the cells
//! (`grid`) and sends the wanted columns row by row (`rows`, [`frame`]); the parent takes them in as
//! they come ([`parser`]), tells rows apart by their key alone ([`keys`]) and answers as a system ([`read`]).
//!
//! Deliberately absent: formulas (their stored results are read), styles beyond "this is a date", and
//! any meaning of values; normalisers come later.

pub mod address;
pub mod cell;
pub mod child;
pub mod config;
mod convert;
pub mod frame;
mod grid;
mod header;
pub mod keys;
pub mod limits;
pub mod parser;
pub mod read;
pub mod refusal;
pub mod request;
mod rows;
pub mod steady;
mod text;
mod view;
mod watch;
mod zip_check;

pub use cell::{CellError, CellErrorKind, RawCell};
pub use child::run_if_child;
pub use config::Place;
pub use frame::{End, Head, Header, RawRow};
pub use keys::{KeyProblem, Keys};
pub use limits::Limits;
pub use parser::{Parser, ReadError, Sheet};
pub use read::XlsxSource;
pub use refusal::Refusal;
pub use request::{Caps, HeaderRow, Request};
pub use steady::{SteadyCopy, SteadyError};
