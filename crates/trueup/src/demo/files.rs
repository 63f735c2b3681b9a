//! The files of the demonstration.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use serde::Serialize;
use trueup_sandbox::hubspot::DEFAULT_TOKEN;

use super::{
    lead::{self, Lead},
    night::{self, Script},
    portal::{self, Behaviour, FirstDay},
    workbook,
};
use crate::{host::random, output::Failure};

/// The configuration, for a sandbox at [`EXAMPLE_URL`].
const CONFIG: &str = include_str!("../../../../examples/a-workbook-to-hubspot/trueup.yaml");
const EXAMPLE_URL: &str = "http://127.0.0.1:8077";

/// Where the files lie. A temporary directory goes when this value goes.
#[derive(Debug)]
pub(crate) struct Place {
    dir: PathBuf,
    temporary: bool,
}

/// Everything the story is made of.
#[derive(Clone, Debug)]
pub(super) struct Story {
    /// The workbook of the first day.
    pub(super) leads: Vec<Lead>,
    /// The portal of the first day.
    pub(super) first_day: FirstDay,
    /// What people do in the portal overnight.
    pub(super) night: Script,
}

impl Story {
    /// The story in a portal that behaves so.
    pub(super) fn new(behaviour: Behaviour) -> Self {
        let leads = lead::first_day();
        let first_day = portal::first_day(&leads, behaviour);
        let night = night::script(&leads, &first_day.contact_of);
        Self { leads, first_day, night }
    }
}

impl Place {
    /// An empty directory: this one, or a temporary one.
    ///
    /// # Errors
    /// When it holds something already or cannot be made.
    pub(crate) fn new(dir: Option<&Path>) -> Result<Self, Failure> {
        let temporary = dir.is_none();
        let dir = dir.map_or_else(
            || std::env::temp_dir().join(format!("trueup-demo-{:08x}", random() >> 32)),
            Path::to_owned,
        );
        // Only its owner may look: what lies here plays people's data.
        let made = DirBuilder::new().recursive(!temporary).mode(0o700).create(&dir);
        made.map_err(|error| unwritable(&dir, &error))?;
        let mut entries = fs::read_dir(&dir).map_err(|error| unwritable(&dir, &error))?;
        if entries.next().is_some() {
            let full = Failure::usage("not_empty", "the directory for the demonstration is not empty");
            return Err(full.at(dir.display().to_string()).help("trueup demo --dir NEW_DIRECTORY"));
        }
        Ok(Self { dir, temporary })
    }

    /// The path of a file in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Writes what a run needs: the configuration for a sandbox at this address, the token, the workbook.
    pub(super) fn furnish(&self, url: &str, story: &Story) -> Result<(), Failure> {
        write(&self.path("trueup.yaml"), CONFIG.replace(EXAMPLE_URL, url).as_bytes())?;
        write(&self.path("sandbox.token"), DEFAULT_TOKEN.as_bytes())?;
        self.workbook(&story.leads)
    }

    /// Writes the workbook.
    pub(super) fn workbook(&self, leads: &[Lead]) -> Result<(), Failure> {
        workbook::write(&self.path("leads.xlsx"), leads)
    }

    /// Writes the whole story as files, so that others can play it: the portal as the sandbox loads it, the
    /// night as the sandbox takes it, and the workbook of the next morning.
    pub(super) fn tell(&self, story: &Story) -> Result<(), Failure> {
        self.furnish(EXAMPLE_URL, story)?;
        self.json("portal.json", &story.first_day.snapshot)?;
        self.json("night.json", &story.night)?;
        workbook::write(&self.path("leads-next-morning.xlsx"), &night::next_morning(story.leads.clone()))
    }

    fn json(&self, name: &str, value: &impl Serialize) -> Result<(), Failure> {
        let path = self.path(name);
        let bytes = serde_json::to_vec(value).map_err(|error| unwritable(&path, &error.into()))?;
        write(&path, &bytes)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.temporary {
            // What cannot be removed now lies in the system's directory for such things.
            let _left = fs::remove_dir_all(&self.dir);
        }
    }
}

/// Writes a file.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(|error| unwritable(path, &error))
}

/// A file that cannot be written.
pub(super) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::failed("unwritable", format!("the file cannot be written: {error}"))
        .at(path.display().to_string())
}
