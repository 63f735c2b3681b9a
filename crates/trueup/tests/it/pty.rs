//! A terminal that a test holds the other end of.

use std::{
    fs::{File, OpenOptions},
    io::Read,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

/// A program that has said nothing for so long says nothing more; no assertion rests on it.
const STUCK: Duration = Duration::from_mins(1);

/// A program on a terminal.
pub(crate) struct Screen {
    pub(crate) child: Child,
    told: Receiver<Vec<u8>>,
    /// Everything that arrived so far.
    pub(crate) text: String,
}

impl Screen {
    /// Starts a program whose three streams are a terminal of this size.
    pub(crate) fn start(command: Command, columns: u16, rows: u16) -> Self {
        Self::begin(command, columns, rows, true)
    }

    /// Starts a program that writes to a terminal of this size and reads nothing from it.
    pub(crate) fn start_without_input(command: Command, columns: u16, rows: u16) -> Self {
        Self::begin(command, columns, rows, false)
    }

    fn begin(mut command: Command, columns: u16, rows: u16, reads: bool) -> Self {
        let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&near).unwrap();
        unlockpt(&near).unwrap();
        let path = ptsname(&near, Vec::new()).unwrap().into_string().unwrap();
        let far = OpenOptions::new().read(true).write(true).open(path).unwrap();
        tcsetwinsize(&near, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let end = || Stdio::from(far.try_clone().unwrap());
        let input = if reads { end() } else { Stdio::null() };
        let child = command.stdin(input).stdout(end()).stderr(end()).spawn().unwrap();
        // The command holds copies of its streams: as long as one is open, the near end never ends.
        drop((command, far));
        Self { child, told: listen(File::from(near)), text: String::new() }
    }

    /// Reads on until something holds of what was read.
    #[track_caller]
    pub(crate) fn until(&mut self, holds: impl Fn(&str) -> bool) {
        while !holds(&self.text) {
            let bytes = self.told.recv_timeout(STUCK);
            let bytes = bytes.unwrap_or_else(|error| panic!("{error} after {:?}", self.text));
            self.text += &String::from_utf8_lossy(&bytes);
        }
    }

    /// Reads until the program ends; gives its exit code.
    pub(crate) fn finish(&mut self) -> Option<i32> {
        while let Ok(bytes) = self.told.recv() {
            self.text += &String::from_utf8_lossy(&bytes);
        }
        self.child.wait().unwrap().code()
    }

    /// What stood on the terminal one after another, line by line and drawing by drawing.
    pub(crate) fn drawn(&self) -> Vec<String> {
        bare(&self.text)
            .split(['\r', '\n'])
            .map(str::to_owned)
            .filter(|line| !line.trim().is_empty())
            .collect()
    }
}

fn listen(mut near: File) -> Receiver<Vec<u8>> {
    let (tell, told) = channel();
    thread::spawn(move || {
        let mut bytes = [0; 4_096];
        // Once the program is gone, reading is an error on Linux and the end of the file elsewhere.
        while let Ok(length @ 1..) = near.read(&mut bytes) {
            if tell.send(bytes[..length].to_vec()).is_err() {
                break;
            }
        }
    });
    told
}

/// The text without sequences that move or colour.
pub(crate) fn bare(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = |part: &str| {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
        part[end..].to_owned()
    };
    parts.fold(first, |bare, part| bare + &rest(part))
}

/// Whether some sequence sets a colour.
pub(crate) fn has_colour(text: &str) -> bool {
    let sequences = text.split("\u{1b}[").skip(1);
    let sgr = sequences.filter_map(|part| {
        let (numbers, _) = part.split_once('m')?;
        numbers.chars().all(|c| c.is_ascii_digit() || c == ';').then(|| numbers.to_owned())
    });
    sgr.flat_map(|numbers| numbers.split(';').map(str::to_owned).collect::<Vec<_>>())
        .any(|number| matches!(number.parse(), Ok(30..=38 | 40..=48 | 90..=97 | 100..=107)))
}
