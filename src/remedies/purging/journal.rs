//! Swapping: every new file takes its place by a rename, every file that goes is unlinked. The journal lists
//! them all before the first one moves.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::staging::{Seen, Staged};
use crate::disk::Disk;

/// How far a run has come.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Phase {
    /// New files are being written: nothing has changed yet, and what is there can go.
    Staging,
    /// New files are whole and verified, and take their places.
    Swapping,
}

/// What a run is about to do, or half through.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Journal {
    pub(super) phase: Phase,
    /// Files, each with its new one.
    pub(super) files: Vec<Staged>,
    /// References of the records that go.
    pub(super) records: Vec<String>,
    /// When what is removed is destroyed at the latest.
    pub(super) until: String,
}

/// What became of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Swapped {
    /// Files that are as they should be.
    pub(super) done: u64,
    /// Positions of files that somebody changed meanwhile: they stay as they are.
    pub(super) changed: Vec<usize>,
}

/// Lets every file that has not moved yet take its place. `now` tells what a file is now; none where it is not there.
pub(super) fn swap(
    journal: &Journal,
    disk: &dyn Disk,
    now: &dyn Fn(&Path) -> Option<Seen>,
) -> io::Result<Swapped> {
    let mut swapped = Swapped::default();
    for (at, file) in journal.files.iter().enumerate() {
        let is = now(&file.path);
        let as_read = is.as_ref() == Some(&file.seen);
        match &file.temporary {
            // It has moved: only its folder may not be on the medium yet.
            Some(temporary) if now(temporary).is_none() => sync(disk, &file.path)?,
            Some(temporary) if as_read => {
                disk.rename(temporary, &file.path)?;
                sync(disk, &file.path)?;
            }
            None if is.is_none() => sync(disk, &file.path)?,
            None if as_read => {
                disk.unlink(&file.path)?;
                sync(disk, &file.path)?;
            }
            _ => {
                swapped.changed.push(at);
                continue;
            }
        }
        swapped.done += 1;
    }
    Ok(swapped)
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
    use crate::disk::model::{ModelDisk, State};

    /// What a file of the model is: its bytes stand for all facts.
    fn seen(bytes: &[u8]) -> Seen {
        let text = format!(
            r#"{{"len":{},"modified":{},"inode":null}}"#,
            bytes.len(),
            bytes.iter().map(|b| u64::from(*b)).sum::<u64>()
        );
        serde_json::from_str(&text).unwrap()
    }

    fn journal() -> Journal {
        let staged = |path: &str, bytes: &[u8], whole: bool| Staged {
            path: path.into(),
            temporary: (!whole).then(|| format!("{path}.olvido-purge").into()),
            seen: seen(bytes),
        };
        Journal {
            phase: Phase::Swapping,
            files: vec![
                staged("/a/tickets", b"ticket one, ticket two", false),
                staged("/a/comments", b"comment one, comment two", false),
                staged("/a/one/file", b"attachment", true),
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

    fn run(disk: &ModelDisk) -> io::Result<Swapped> {
        swap(&journal(), disk, &|path| disk.now().get(path).map(|bytes| seen(bytes)))
    }

    #[test]
    fn every_crash_leaves_each_file_old_or_new_and_resumes_to_the_same_end() {
        let disk = ModelDisk::with_files(before());
        assert_eq!(run(&disk).unwrap(), Swapped { done: 3, changed: Vec::new() });
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
            assert_eq!(run(&again).unwrap().changed, Vec::<usize>::new());
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
            assert!(run(&disk).is_err(), "{step}");
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
        assert_eq!(run(&disk).unwrap(), Swapped { done: 1, changed: vec![1, 2] });
        assert_eq!(
            disk.now().get(Path::new("/a/comments")).unwrap(),
            b"comment one, comment two, comment three"
        );
        assert_eq!(disk.now().get(Path::new("/a/one/file")).unwrap(), b"another attachment");
    }

    #[test]
    fn a_run_killed_after_an_empty_folder_went_resumes() {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = journal();
        journal.files.truncate(3);
        let mut file = journal.files.remove(2);
        file.path = dir.path().join("attachments/4003/note.txt");
        journal.files = vec![file];
        let done = swap(&journal, &crate::disk::SystemDisk, &Seen::of).unwrap();
        assert_eq!(done, Swapped { done: 1, changed: Vec::new() });
    }
}
