//! A proved output takes the place of what was read, file by file, each by a rename.
//!
//! The journal lists every file before the first one moves; it names files as they are called, stands
//! beside the folder with mode 0600 and goes when all is done. A file that is still in the output has
//! still to move, so a run that stopped anywhere goes on from the names it finds. With a folder for
//! originals, an original has its new name on the medium before its place is taken.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::notice;
use super::redaction::Stop;
use super::tree::MANIFEST;
use crate::disk::{Disk, SystemDisk, replace};
use crate::problem::Problem;

/// One file to move.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Move {
    /// The original, below the folder that was read.
    pub(super) old: PathBuf,
    /// What takes its place, below the output; also its name from then on.
    pub(super) new: PathBuf,
}

/// What moves where.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    root: PathBuf,
    stage: PathBuf,
    keep: Option<PathBuf>,
    moves: Vec<Move>,
}

/// The name of the output while it waits beside the folder.
pub(super) fn stage_of(root: &Path) -> PathBuf {
    beside(root, ".olvido-stage")
}

fn journal_of(root: &Path) -> PathBuf {
    beside(root, ".olvido-journal")
}

fn beside(root: &Path, suffix: &str) -> PathBuf {
    let mut name = root.file_name().unwrap_or_default().to_os_string();
    name.push(suffix);
    root.with_file_name(name)
}

/// Whether a run that was stopped has to be resumed first.
pub(super) fn is_unfinished(root: &Path) -> bool {
    journal_of(root).exists()
}

/// Whether originals can go to a folder.
pub(super) fn check_keep(root: &Path, keep: &Path) -> Result<(), Problem> {
    let refused = |what: &str| {
        Problem::new(
            "keep-no-place",
            what,
            "name a folder that is not there yet, on the same disk, elsewhere",
        )
    };
    if fs::symlink_metadata(keep).is_ok() {
        return Err(refused("the folder for originals is already there"));
    }
    let parent = keep.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(parent) = fs::canonicalize(parent) else {
        return Err(refused("the folder for originals has no folder above it"));
    };
    if fs::canonicalize(root).is_ok_and(|root| parent.starts_with(root)) {
        return Err(refused("the folder for originals would lie in what is read"));
    }
    Ok(())
}

/// Writes the journal and moves the files. `items` are all items with their names before and after.
pub(super) fn begin(root: &Path, keep: Option<&Path>, items: &[Move]) -> Result<(), Stop> {
    let stage = stage_of(root);
    let mut moves = Vec::new();
    for Move { old, new } in items {
        let mut withheld = new.clone().into_os_string();
        withheld.push(notice::SUFFIX);
        let candidates = [new.clone(), PathBuf::from(withheld)];
        let Some(new) = candidates.into_iter().find(|new| stage.join(new).is_file()) else { continue };
        if *old == new && same(&root.join(old), &stage.join(&new))? {
            continue;
        }
        like(&root.join(old), &stage.join(&new))?;
        moves.push(Move { old: old.clone(), new });
    }
    let olds: BTreeSet<&PathBuf> = moves.iter().map(|one| &one.old).collect();
    if moves.iter().any(|one| one.old != one.new && (olds.contains(&one.new) || root.join(&one.new).exists()))
    {
        return Err(Stop::Problem(Problem::new(
            "in-place-names",
            "a new name is that of a file that is there",
            "redact with --out instead",
        )));
    }
    let absolute = |path: &Path| fs::canonicalize(path);
    // The folder for originals is made when the first of them moves: a run that is stopped before then leaves
    // nothing that would be in the way of the next one.
    let beside_parent = |path: &Path| {
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok::<_, io::Error>(absolute(parent)?.join(path.file_name().unwrap_or_default()))
    };
    let journal = Journal {
        root: absolute(root)?,
        stage: absolute(&stage)?,
        keep: keep.map(beside_parent).transpose()?,
        moves,
    };
    let text = serde_json::to_string(&journal).unwrap_or_default();
    replace(&SystemDisk, &journal_of(root), text.as_bytes())?;
    Ok(finish(root, &journal)?)
}

/// Goes on with what a stopped run began.
pub(super) fn resume(root: &Path) -> Result<u64, Stop> {
    let none = |_| {
        Stop::Problem(Problem::new("nothing-to-resume", "no run was stopped here", "run without --resume"))
    };
    let text = fs::read_to_string(journal_of(root)).map_err(none)?;
    let journal: Journal = serde_json::from_str(&text).map_err(|_| {
        Stop::Problem(Problem::new(
            "journal-damaged",
            "the journal cannot be read",
            "nothing was lost: the new files lie in the folder that ends in .olvido-stage",
        ))
    })?;
    finish(root, &journal)?;
    Ok(journal.moves.len() as u64)
}

fn finish(root: &Path, journal: &Journal) -> io::Result<()> {
    let make = |folder: &Path| fs::create_dir_all(folder);
    carry_out(journal, &SystemDisk, &|path| fs::symlink_metadata(path).is_ok(), &make)?;
    let manifest = journal.stage.join(MANIFEST);
    if manifest.exists() {
        SystemDisk.rename(&manifest, &journal.root.join(MANIFEST))?;
        SystemDisk.sync_folder(&journal.root)?;
    }
    for Move { old, new } in &journal.moves {
        // Folders whose names held data are empty now; others refuse to go.
        let mut folder = old.parent().filter(|_| old != new);
        while let Some(name) = folder.filter(|name| !name.as_os_str().is_empty()) {
            if fs::remove_dir(journal.root.join(name)).is_err() {
                break;
            }
            folder = name.parent();
        }
    }
    if journal.stage.exists() {
        fs::remove_dir_all(&journal.stage)?;
    }
    SystemDisk.unlink(&journal_of(root))?;
    SystemDisk.sync_folder(folder_of(&journal.root))
}

/// Moves every file that has not moved yet. `is_there` asks the disk for a name, `make` makes a folder and
/// those above it.
fn carry_out(
    journal: &Journal,
    disk: &dyn Disk,
    is_there: &dyn Fn(&Path) -> bool,
    make: &dyn Fn(&Path) -> io::Result<()>,
) -> io::Result<()> {
    for Move { old, new } in &journal.moves {
        let (original, staged, place) =
            (journal.root.join(old), journal.stage.join(new), journal.root.join(new));
        if is_there(&staged) {
            if let Some(keep) = &journal.keep {
                let kept = keep.join(old);
                // A kept original is never replaced: what stands in its place then is none.
                if !is_there(&kept) && is_there(&original) {
                    make(folder_of(&kept))?;
                    disk.rename(&original, &kept)?;
                    disk.sync_folder(folder_of(&kept))?;
                }
            }
            make(folder_of(&place))?;
            disk.rename(&staged, &place)?;
            disk.sync_folder(folder_of(&place))?;
        }
        // The new file has its name on the medium before the old one goes.
        if journal.keep.is_none() && original != place && is_there(&place) && is_there(&original) {
            disk.unlink(&original)?;
            disk.sync_folder(folder_of(&original))?;
        }
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

/// Whether two files have the same bytes; an unreadable original is another.
fn same(one: &Path, other: &Path) -> io::Result<bool> {
    let Ok(one) = fs::File::open(one) else { return Ok(false) };
    let other = fs::File::open(other)?;
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (io::BufReader::new(one), io::BufReader::new(other));
    loop {
        let (a, b) = (one.fill_buf()?, other.fill_buf()?);
        let both = a.len().min(b.len());
        if a.get(..both) != b.get(..both) {
            return Ok(false);
        }
        if both == 0 {
            return Ok(a.len() == b.len());
        }
        one.consume(both);
        other.consume(both);
    }
}

/// Gives a new file the owner, extended attributes (access lists among them), mode and times of the
/// original, as far as the system lets us.
pub(super) fn like(original: &Path, new: &Path) -> io::Result<()> {
    let Ok(facts) = fs::symlink_metadata(original) else { return Ok(()) };
    if !facts.is_file() {
        return Ok(());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let own = fs::metadata(new)?;
        if (own.uid(), own.gid()) != (facts.uid(), facts.gid()) {
            std::os::unix::fs::chown(new, Some(facts.uid()), Some(facts.gid()))?;
        }
    }
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    attributes(original, new)?;
    fs::set_permissions(new, facts.permissions())?;
    let file = fs::File::open(new)?;
    let mut times = fs::FileTimes::new();
    if let Ok(modified) = facts.modified() {
        times = times.set_modified(modified);
    }
    if let Ok(accessed) = facts.accessed() {
        times = times.set_accessed(accessed);
    }
    file.set_times(times)?;
    file.sync_all()
}

/// Copies the user's attributes and access lists. Those of the system's security modules it sets itself.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn attributes(original: &Path, new: &Path) -> io::Result<()> {
    use rustix::fs::{XattrFlags, getxattr, listxattr, setxattr};
    use rustix::io::Errno;
    let mut names = vec![0u8; 64 << 10];
    let length = match listxattr(original, names.as_mut_slice()) {
        Ok(length) => length,
        Err(Errno::NOTSUP) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut value = vec![0u8; 64 << 10];
    for name in names.get(..length).unwrap_or(&[]).split(|byte| *byte == 0) {
        let Ok(name) = std::str::from_utf8(name) else { return Err(io::ErrorKind::InvalidData.into()) };
        if name.is_empty() || name.starts_with("security.") || name.starts_with("trusted.") {
            continue;
        }
        let length = getxattr(original, name, value.as_mut_slice())?;
        setxattr(new, name, value.get(..length).unwrap_or(&[]), XattrFlags::empty())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::model::{ModelDisk, State};

    fn journal(keep: bool, old: &str) -> Journal {
        Journal {
            root: "/d/in".into(),
            stage: "/d/stage".into(),
            keep: keep.then(|| "/d/keep".into()),
            moves: vec![Move { old: old.into(), new: "a".into() }],
        }
    }

    fn before(old: &str) -> State {
        State::from([(Path::new("/d/in").join(old), b"old".to_vec()), ("/d/stage/a".into(), b"new".to_vec())])
    }

    fn run(journal: &Journal, state: &State) -> ModelDisk {
        let disk = ModelDisk::with_files(state.clone());
        carry_out(journal, &disk, &|path| disk.is_there(path), &|_| Ok(())).unwrap();
        disk
    }

    #[test]
    fn every_crash_keeps_every_byte_and_resumes_to_the_same_end() {
        for (keep, old) in [(true, "a"), (true, "x"), (false, "a"), (false, "x")] {
            let journal = journal(keep, old);
            let mut wanted = State::from([("/d/in/a".into(), b"new".to_vec())]);
            if keep {
                wanted.insert(Path::new("/d/keep").join(old), b"old".to_vec());
            }
            let disk = run(&journal, &before(old));
            let states = disk.crash_states();
            assert!(states.len() > 6);
            for state in states {
                let holds = |bytes: &[u8]| state.values().any(|held| held == bytes);
                assert!(holds(b"new"), "{keep} {old}: the new file is lost");
                assert!(!keep || holds(b"old"), "{keep} {old}: the original is lost");
                let again = run(&journal, &state);
                assert!(again.now() == wanted, "{keep} {old}");
            }
        }
    }
}
