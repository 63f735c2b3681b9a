//! Parses a workbook in a child process and streams its rows.
//!
//! Whatever happens to the child, the answer is an error, never a shorter sheet: a sheet is complete
//! only when its end was announced and the child then ended well.

use std::{
    ffi::OsString,
    io::{self, BufRead, BufReader, Read},
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{ChildStdout, Command, ExitStatus, Stdio},
};

use thiserror::Error;

use super::{
    child::MARK,
    frame::{End, Frame, Head, Job, RawRow},
    limits::Limits,
    refusal::Refusal,
    request::Request,
    steady::SteadyCopy,
    watch::Watch,
};

// Far above the longest row that the caps let through, far below what would hurt the parent.
const LONGEST_LINE: u64 = 64 << 20;

/// How to start a parsing child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parser {
    /// A program that calls [`run_if_child`](super::child::run_if_child) first.
    pub program: PathBuf,
    /// Its arguments before ours.
    pub args: Vec<OsString>,
    /// What it may use.
    pub limits: Limits,
}

/// Why a workbook was not read, or not to its end.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The workbook is not fit to be read; says why and where.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The child could not be started.
    #[error("the workbook parser could not be started")]
    NotStarted(#[source] io::Error),
    /// The child took too long and was ended.
    #[error("the workbook parser was ended after {} s: the workbook is unreadable", .0.div_ceil(1000))]
    TimedOut(u64),
    /// The child died: it needed more than its limits, or crashed.
    #[error("the workbook parser died ({0}): the workbook is unreadable")]
    Died(String),
    /// The child ended without announcing the end of the sheet.
    #[error("the workbook parser stopped in the middle: the workbook is unreadable")]
    Incomplete,
    /// The child said something that is no answer.
    #[error("the workbook parser gave no sound answer ({0}): the workbook is unreadable")]
    Garbled(String),
}

impl Parser {
    /// A parser that calls this very program again.
    ///
    /// # Errors
    /// The system does not tell where the program lies.
    pub fn this_program(limits: Limits) -> io::Result<Self> {
        // Through the process itself where there is such a name: an upgrade may have replaced the file,
        // and the child must be of the same version.
        let own = PathBuf::from("/proc/self/exe");
        let program = if own.exists() { own } else { std::env::current_exe()? };
        Ok(Self { program, args: Vec::new(), limits })
    }

    /// Starts reading a sheet; returns when its header row was understood.
    ///
    /// Takes the copy, since two readers of one open file would move each other's position.
    ///
    /// # Errors
    /// [`ReadError`]
    pub fn open(&self, copy: SteadyCopy, request: Request) -> Result<Sheet, ReadError> {
        let mut stream = self.start(copy, request)?;
        match stream.next_frame()? {
            Frame::Head(head) => Ok(Sheet { head, stream, end: None, over: false }),
            Frame::Refused(refusal) => Err(stream.refused(refusal)),
            Frame::Row(_) | Frame::End(_) => Err(ReadError::Garbled("rows before their header".to_owned())),
        }
    }

    fn start(&self, copy: SteadyCopy, request: Request) -> Result<Stream, ReadError> {
        let job = serde_json::to_string(&Job { limits: self.limits, request });
        let job = job.map_err(|error| ReadError::NotStarted(error.into()))?;
        let mut command = Command::new(&self.program);
        command.args(&self.args).arg(MARK).arg(job).env_clear();
        // What the parser says in its last moment could quote a cell; the signal tells enough.
        command.stdin(copy.into_file()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(ReadError::NotStarted)?;
        let out =
            child.stdout.take().ok_or_else(|| ReadError::NotStarted(io::ErrorKind::BrokenPipe.into()))?;
        let watch = Watch::over(child, self.limits.wall_ms);
        Ok(Stream {
            out: BufReader::with_capacity(1 << 16, out),
            watch,
            line: Vec::new(),
            limits: self.limits,
        })
    }
}

/// A sheet that is being read: its head, and its rows as an iterator.
///
/// The rows read so far are the sheet only once the iterator ended without an error.
#[derive(Debug)]
pub struct Sheet {
    head: Head,
    stream: Stream,
    end: Option<End>,
    over: bool,
}

impl Sheet {
    /// What the header row says.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// How much there was; `None` until the sheet was read to its end.
    #[must_use]
    pub const fn end(&self) -> Option<End> {
        self.end
    }

    fn advance(&mut self) -> Result<Option<RawRow>, ReadError> {
        match self.stream.next_frame()? {
            Frame::Row(row) => Ok(Some(row)),
            Frame::Refused(refusal) => Err(self.stream.refused(refusal)),
            Frame::Head(_) => Err(ReadError::Garbled("a second header".to_owned())),
            Frame::End(end) => {
                self.stream.finish()?;
                self.end = Some(end);
                Ok(None)
            }
        }
    }
}

impl Iterator for Sheet {
    type Item = Result<RawRow, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let item = self.advance().transpose();
        self.over = !matches!(item, Some(Ok(_)));
        item
    }
}

#[derive(Debug)]
struct Stream {
    out: BufReader<ChildStdout>,
    watch: Watch,
    line: Vec<u8>,
    limits: Limits,
}

impl Stream {
    fn next_frame(&mut self) -> Result<Frame, ReadError> {
        if !self.next_line()? {
            return Err(self.death().unwrap_or(ReadError::Incomplete));
        }
        // A line that was cut off is a sign of death, and how it died says more than the half line.
        serde_json::from_slice(&self.line).map_err(|error| {
            let garbled = ReadError::Garbled(format!("{:?} error in a line", error.classify()));
            if self.line.ends_with(b"\n") { garbled } else { self.death().unwrap_or(garbled) }
        })
    }

    fn next_line(&mut self) -> Result<bool, ReadError> {
        self.line.clear();
        let count = (&mut self.out).take(LONGEST_LINE).read_until(b'\n', &mut self.line);
        Ok(count.map_err(|error| ReadError::Garbled(error.kind().to_string()))? > 0)
    }

    // After its last word the child must be silent and end well.
    fn finish(&mut self) -> Result<(), ReadError> {
        if self.next_line()? {
            return Err(ReadError::Garbled("more after the end".to_owned()));
        }
        self.death().map_or(Ok(()), Err)
    }

    fn refused(&mut self, refusal: Refusal) -> ReadError {
        self.finish().err().unwrap_or(ReadError::Refused(refusal))
    }

    fn death(&mut self) -> Option<ReadError> {
        let ended = self.watch.end();
        if ended.timed_out {
            return Some(ReadError::TimedOut(self.limits.wall_ms));
        }
        match ended.status {
            Ok(status) if status.success() => None,
            Ok(status) => Some(ReadError::Died(cause(status, self.limits))),
            Err(kind) => Some(ReadError::Died(kind.to_string())),
        }
    }
}

fn cause(status: ExitStatus, limits: Limits) -> String {
    use rustix::process::Signal;
    let Some(number) = status.signal() else {
        return format!("exit code {}", status.code().unwrap_or_default());
    };
    match Signal::from_named_raw(number) {
        Some(Signal::ABORT | Signal::SEGV) => {
            format!(
                "signal {number}: most likely it asked for more than {} MiB of memory",
                limits.memory_bytes >> 20
            )
        }
        Some(Signal::XCPU) => {
            format!("signal {number}: it used more than {} s of processor time", limits.cpu_seconds)
        }
        _ => format!("signal {number}"),
    }
}
