//! The parsing child: this same program, called with a hidden first argument.
//!
//! The workbook is its standard input, so it opens no file by name; its environment is empty; its
//! answers go to standard output. It binds itself with [`Limits`](super::limits::Limits) before it
//! looks at the first byte.

use std::{
    env,
    fs::File,
    io::{self, BufReader, BufWriter, Write},
    os::fd::AsFd,
    process::ExitCode,
};

use super::{
    frame::{Frame, Job},
    grid::{self, Grid},
    refusal::Refusal,
    rows, zip_check,
};

/// The hidden first argument that makes the program a parsing child.
pub const MARK: &str = "__parse-xlsx";

/// Runs as a parsing child if this process was started as one; to be called first thing in `main`.
///
/// `None` means that it was not, and `main` goes on.
#[must_use]
pub fn run_if_child() -> Option<ExitCode> {
    let mut args = env::args_os().skip(1);
    if args.next()? != MARK {
        return None;
    }
    let job = args.next().and_then(|job| serde_json::from_str(job.to_str()?).ok());
    // Without a complete stream the parent takes the workbook for unreadable, so the code says enough.
    Some(job.map_or(ExitCode::from(2), |job| run(&job).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)))
}

fn run(job: &Job) -> io::Result<()> {
    // Before the limits: afterwards nothing can be opened any more.
    let file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    job.limits.take_on()?;
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match parse(file, job, &mut out) {
        Ok(()) => {}
        Err(Stop::Refused(refusal)) => write(&mut out, &Frame::Refused(refusal))?,
        Err(Stop::ParentGone(error)) => return Err(error),
    }
    out.flush()
}

enum Stop {
    Refused(Refusal),
    ParentGone(io::Error),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

fn parse(mut file: File, job: &Job, out: &mut impl Write) -> Result<(), Stop> {
    let request = &job.request;
    zip_check::check(&mut file, &request.caps)?;
    let mut book = grid::open(BufReader::new(file))?;
    let mut grid = Grid::new(&mut book, request)?;
    rows::read(&mut grid, request, |frame| write(out, &frame).map_err(Stop::ParentGone))
}

fn write(out: &mut impl Write, frame: &Frame) -> io::Result<()> {
    serde_json::to_writer(&mut *out, frame)?;
    out.write_all(b"\n")
}
