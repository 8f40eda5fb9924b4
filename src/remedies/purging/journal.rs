//! Swapping: every new file takes its place by a rename, every file that goes is unlinked. The journal lists
//! them all before the first one moves.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::run::Dropped;
use crate::audit::UnitReference;
use crate::disk::{Disk, FileFacts};

/// How far a run has come.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Phase {
    /// New files are being written: nothing has changed yet, and what is there can go.
    Staging,
    /// New files are whole and verified, and take their places.
    Swapping,
}

/// A new file that waits, or a file that is to go.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Staged {
    /// The file.
    pub(super) path: PathBuf,
    /// What takes its place; none where it goes as a whole.
    pub(super) temporary: Option<PathBuf>,
    /// What it was when it was read.
    pub(super) seen: FileFacts,
    /// What takes its place, by its facts; none before it is whole.
    pub(super) new: Option<FileFacts>,
    /// The bytes that go. A run that was stopped does not know them any more: its old files are unlinked and
    /// not overwritten.
    #[serde(skip)]
    pub(super) removed: Vec<Range<u64>>,
}

/// What a run is about to do, or half through.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Journal {
    pub(super) phase: Phase,
    /// Planned records that dropped out.
    pub(super) dropped: Vec<Dropped>,
    /// Files, each with its new one.
    pub(super) files: Vec<Staged>,
    /// References of the records that go, sorted.
    pub(super) records: Vec<UnitReference>,
    /// When what is removed is destroyed at the latest.
    pub(super) until: String,
}

/// What became of the files.
#[derive(Debug, Default)]
pub(super) struct Swapped {
    /// Files that are as they should be.
    pub(super) done: u64,
    /// Those of them whose old bytes were overwritten after they lost their name.
    pub(super) overwritten: u64,
    /// Positions of files that somebody changed meanwhile: they stay as they are.
    pub(super) changed: Vec<usize>,
    /// The file at which the system said no, and what it said: it may be old or new. Those behind it are old.
    pub(super) stopped: Option<(usize, io::Error)>,
}

/// What became of one file.
enum Step {
    Done,
    Overwritten,
    Changed,
}

/// Lets every file that has not moved yet take its place.
pub(super) fn swap(journal: &Journal, disk: &dyn Disk) -> Swapped {
    let mut swapped = Swapped::default();
    for (at, file) in journal.files.iter().enumerate() {
        match step(file, disk) {
            Ok(Step::Changed) => swapped.changed.push(at),
            Ok(step) => {
                swapped.done += 1;
                swapped.overwritten += u64::from(matches!(step, Step::Overwritten));
            }
            Err(error) => {
                swapped.stopped = Some((at, error));
                break;
            }
        }
    }
    swapped
}

fn step(file: &Staged, disk: &dyn Disk) -> io::Result<Step> {
    let is = disk.facts(&file.path)?;
    let as_read = is.as_ref() == Some(&file.seen);
    let Some(temporary) = &file.temporary else {
        return match is {
            // It has gone: only that may not be on the medium yet.
            None => sync(disk, &file.path).map(|()| Step::Done),
            Some(_) if as_read => replaced(file, disk, &|| disk.unlink(&file.path)),
            Some(_) => Ok(Step::Changed),
        };
    };
    let waiting = disk.facts(temporary)?;
    match (waiting, &is, &file.new) {
        // It has moved, and may have grown since.
        (None, Some(is), Some(new)) if new.is_same_file(is) => sync(disk, &file.path).map(|()| Step::Done),
        (Some(waiting), _, Some(new)) if as_read && waiting == *new => {
            replaced(file, disk, &|| disk.rename(temporary, &file.path))
        }
        _ => Ok(Step::Changed),
    }
}

/// Takes the name from a file, and overwrites what had it. That is hygiene: where it fails nothing stops.
fn replaced(file: &Staged, disk: &dyn Disk, change: &dyn Fn() -> io::Result<()>) -> io::Result<Step> {
    let old = disk.old_bytes(&file.path).ok().filter(|_| !file.removed.is_empty());
    change()?;
    sync(disk, &file.path)?;
    match old.map(|mut old| old.overwrite(&file.removed)) {
        Some(Ok(true)) => Ok(Step::Overwritten),
        _ => Ok(Step::Done),
    }
}

/// Puts the names beside a file on the medium. A folder of attachments that was empty and is gone already is
/// one name of the folder above it.
fn sync(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    for folder in path.ancestors().skip(1) {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        match disk.sync_folder(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            done => return done,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::model::{ModelDisk, State, facts_of};

    fn journal() -> Journal {
        let before = before();
        let staged = |path: &str, whole: bool| {
            let temporary = (!whole).then(|| PathBuf::from(format!("{path}.olvido-purge")));
            let new = temporary.as_ref().map(|path| facts_of(&before[path]));
            let seen = facts_of(&before[Path::new(path)]);
            Staged { path: path.into(), temporary, seen, new, removed: std::iter::once(0..3).collect() }
        };
        Journal {
            phase: Phase::Swapping,
            dropped: Vec::new(),
            files: vec![
                staged("/a/tickets", false),
                staged("/a/comments", false),
                staged("/a/one/file", true),
            ],
            records: Vec::new(),
            until: String::new(),
        }
    }

    fn before() -> State {
        let files: [(&str, &[u8]); 5] = [
            ("/a/tickets", b"ticket one, ticket two"),
            ("/a/comments", b"comment one, comment two"),
            ("/a/one/file", b"attachment"),
            ("/a/tickets.olvido-purge", b"ticket two"),
            ("/a/comments.olvido-purge", b"comment two"),
        ];
        files.into_iter().map(|(path, bytes)| (path.into(), bytes.to_vec())).collect()
    }

    /// Swaps to the end: how many files are done, and which were changed.
    fn run(disk: &ModelDisk) -> Option<(u64, Vec<usize>)> {
        let swapped = swap(&journal(), disk);
        swapped.stopped.is_none().then_some((swapped.done, swapped.changed))
    }

    #[test]
    fn every_crash_leaves_each_file_old_or_new_and_resumes_to_the_same_end() {
        let disk = ModelDisk::with_files(before());
        let swapped = swap(&journal(), &disk);
        assert_eq!((swapped.done, swapped.overwritten), (3, 3));
        let end = disk.now();
        assert_eq!(end.keys().filter(|path| path.to_string_lossy().contains("olvido")).count(), 0);
        let states = disk.crash_states();
        assert!(states.len() > 15);
        for state in states {
            for (path, [old, new]) in [
                ("/a/tickets", [&b"ticket one, ticket two"[..], b"ticket two"]),
                ("/a/comments", [b"comment one, comment two", b"comment two"]),
            ] {
                let bytes = state.get(Path::new(path)).unwrap().as_slice();
                assert!(bytes == old || bytes == new, "{path}");
            }
            let again = ModelDisk::with_files(state);
            assert_eq!(run(&again).unwrap().1, Vec::<usize>::new());
            assert!(again.now() == end);
        }
    }

    #[test]
    fn a_full_disk_at_every_step_is_told_and_resumes() {
        let whole = ModelDisk::with_files(before());
        run(&whole).unwrap();
        for step in 0..whole.operations() {
            let disk = ModelDisk::with_files(before());
            disk.fill_after(step);
            let swapped = swap(&journal(), &disk);
            let (at, error) = swapped.stopped.unwrap();
            assert_eq!((at as u64, error.kind()), (swapped.done, io::ErrorKind::StorageFull), "{step}");
            let again = ModelDisk::with_files(disk.now());
            run(&again).unwrap();
            assert!(again.now() == whole.now());
        }
    }

    #[test]
    fn what_somebody_changed_meanwhile_is_not_replaced() {
        let mut files = before();
        files.insert("/a/comments".into(), b"comment one, comment two, comment three".to_vec());
        files.insert("/a/one/file".into(), b"another attachment".to_vec());
        let disk = ModelDisk::with_files(files);
        assert_eq!(run(&disk), Some((1, vec![1, 2])));
        assert_eq!(
            disk.now().get(Path::new("/a/comments")).unwrap(),
            b"comment one, comment two, comment three"
        );
        assert_eq!(disk.now().get(Path::new("/a/one/file")).unwrap(), b"another attachment");
    }

    /// Somebody swept the folder: the old file is there, and nothing that could take its place.
    #[test]
    fn a_new_file_that_is_lost_has_not_taken_its_place() {
        let mut files = before();
        files.remove(Path::new("/a/tickets.olvido-purge"));
        files.insert("/a/comments.olvido-purge".into(), b"something else".to_vec());
        let disk = ModelDisk::with_files(files);
        assert_eq!(run(&disk), Some((1, vec![0, 1])));
        assert_eq!(disk.now().get(Path::new("/a/tickets")).unwrap(), b"ticket one, ticket two");
        assert_eq!(disk.now().get(Path::new("/a/comments")).unwrap(), b"comment one, comment two");
    }

    #[test]
    fn a_run_killed_after_an_empty_folder_went_resumes() {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = journal();
        journal.files.drain(..2);
        journal.files[0].path = dir.path().join("attachments/4003/note.txt");
        let done = swap(&journal, &crate::disk::SystemDisk);
        assert!(done.done == 1 && done.changed.is_empty() && done.stopped.is_none());
    }
}
