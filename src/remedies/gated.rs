//! A redacted export that gets its name only when a gate lets it pass.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::redaction::{Done, Ending, Proved, Redaction, Stop, finish};
use super::tree::MANIFEST;
use crate::disk::{Disk, SystemDisk, replace};
use crate::problem::Problem;

/// What came of it.
pub struct Gated {
    /// What was edited, and whether the proof holds.
    pub done: Done,
    /// Whether the gate let it pass; false where it was not asked.
    pub passed: bool,
}

/// What a gate says of what lies at a path.
pub type Judge<'j> = dyn FnMut(&Path) -> Result<bool, Stop> + 'j;

impl Redaction<'_> {
    /// Redacts to `out`, which must not be there: a file for a file or standard input, a folder for
    /// anything else. Until `judge` lets it pass it is called `<out>.partial`. What is withheld or left is
    /// not put to the judge.
    ///
    /// # Errors
    /// A [`Stop`] where the run could not begin, the system could not write, or the judge stops.
    pub fn gated(&self, out: &Path, judge: &mut Judge<'_>) -> Result<Gated, Stop> {
        let partial = self.prepare(out)?;
        match self.paths.as_slice() {
            [path] if path.as_os_str() == "-" || path.is_file() => self.gated_file(out, &partial, judge),
            _ => self.gated_folder(out, &partial, judge),
        }
    }

    fn gated_folder(&self, out: &Path, partial: &Path, judge: &mut Judge<'_>) -> Result<Gated, Stop> {
        let Proved { done, manifest, .. } = self.proved(partial, None)?;
        let Some(manifest) = manifest else { return Ok(Gated { done, passed: false }) };
        let passed = done.withheld() == 0 && judge(partial)?;
        if passed {
            replace(&SystemDisk, &partial.join(MANIFEST), manifest.to_file().as_bytes())?;
            finish(partial, out)?;
        }
        Ok(Gated { done, passed })
    }

    /// The file is made in a folder of its own beside the output, as every output is, and taken out of it.
    fn gated_file(&self, out: &Path, partial: &Path, judge: &mut Judge<'_>) -> Result<Gated, Stop> {
        let stage = beside(out, ".olvido-stage");
        if fs::symlink_metadata(&stage).is_ok() {
            let what = format!("{} is already there", stage.display());
            let advice = "it is what a stopped run left: remove it and run again";
            return Err(Stop::Problem(Problem::new("output-exists", what, advice)));
        }
        let Proved { done, manifest, .. } = self.proved(&stage, None)?;
        if done.ending != Ending::Interrupted {
            take_out(&stage, partial)?;
        }
        fs::remove_dir_all(&stage)?;
        let Some(manifest) = manifest else { return Ok(Gated { done, passed: false }) };
        let passed = done.withheld() == 0 && judge(partial)?;
        if passed {
            replace(&SystemDisk, &beside(out, &format!(".{MANIFEST}")), manifest.to_file().as_bytes())?;
            SystemDisk.rename(partial, out)?;
            SystemDisk.sync_folder(folder_of(out))?;
        }
        Ok(Gated { done, passed })
    }
}

/// Moves the one file of a folder.
fn take_out(stage: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(stage)? {
        let entry = entry?;
        if entry.file_type()?.is_file() && entry.file_name() != MANIFEST {
            SystemDisk.rename(&entry.path(), to)?;
            return SystemDisk.sync_folder(folder_of(to));
        }
    }
    Ok(())
}

fn beside(out: &Path, suffix: &str) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_os_string();
    name.push(suffix);
    out.with_file_name(name)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
