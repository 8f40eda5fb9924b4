//! Bringing back what was removed, byte for byte, and the end of that: the key is destroyed.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::plan::{Plan, id_of};
use super::register::{Register, Stage, days_after};
use super::run::{below, bound_to, drop_staged, gone, key_file, lock, read_journal};
use super::staging::{LARGE, temporary_of};
use super::suppressing::brought_back;
use super::undo::{Back, FileHead, forget_key, join, read_key};
use crate::disk::{Disk, DiskFile};
use crate::problem::Problem;
use crate::records::Stamp;
use crate::vault::Sha256;

/// Behind the name of an original until it takes its place again.
const SUFFIX: &str = ".olvido-restore";

/// What came back.
#[derive(Default)]
pub struct Restored {
    /// Files that are whole again.
    pub files: u64,
    /// Files that were changed meanwhile, by their position: they stay as they are, and nothing came back.
    pub changed: Vec<u64>,
    /// Files of which it is not known whether they are back: the one at which the run stopped.
    pub unknown: u64,
    /// Files that wait to take their places.
    pub left: u64,
    /// Why the run did not come to its end after the first file was back.
    pub stopped: Option<Problem>,
}

fn failed(error: &io::Error) -> Problem {
    let what = format!("a file could not be brought back: {}", error.kind());
    Problem::new("purge-stopped", what, "make room, then run the same command: it begins anew")
}

/// Brings back what a plan removed. What the archive has grown by since stays behind it.
///
/// # Errors
/// A [`Problem`] where the plan is not blocked or its key is gone; nothing was changed then.
pub fn restore(
    register: &mut Register<'_>,
    plan: &Plan,
    root: &Path,
    undo_keys: &Path,
    now: Stamp,
) -> Result<Restored, Problem> {
    let digest = plan.digest()?;
    let id = id_of(&digest);
    register.check_clock(now)?;
    let state = register.state(&id)?;
    if !matches!(state.stage, Stage::Blocked | Stage::Removing) {
        // A run that stopped behind its entry leaves what only the restored files need no more.
        if state.stage == Stage::Restored && sweep(register, &id, undo_keys)? {
            return Ok(Restored::default());
        }
        let what = format!("the plan is {}: there is nothing to bring back", state.stage.name());
        return Err(Problem::new("purge-not-blocked", what, "see `olvido purge status`"));
    }
    let _lock = lock(register, root)?;
    let disk = register.disk();
    let key = key_file(undo_keys, &id);
    let sealed = register.file(&id, "blocked");
    let mut back = Bring {
        disk,
        root,
        removing: state.stage == Stage::Removing,
        open: None,
        ready: Vec::new(),
        left: Vec::new(),
        restored: Restored::default(),
        at: 0,
    };
    let joined = join(disk, &sealed, bound_to(&digest), read_key(disk, &key)?, &mut back);
    if joined.is_err() || !back.restored.changed.is_empty() {
        for (temporary, _) in &back.ready {
            let _ = disk.unlink(temporary);
        }
        if let Some(open) = back.open.take() {
            let _ = disk.unlink(&open.temporary);
        }
        joined?;
        return Ok(back.restored);
    }
    let Bring { ready, left, mut restored, .. } = back;
    for (at, (temporary, path)) in ready.iter().enumerate() {
        let folder = path.parent().unwrap_or(Path::new("."));
        let moved = disk.rename(temporary, path).and_then(|()| disk.sync_folder(folder));
        if let Err(error) = moved {
            restored.unknown = 1;
            restored.left = (ready.len() - at - 1) as u64;
            restored.stopped = Some(failed(&error));
            return Ok(restored);
        }
        restored.files += 1;
    }
    restored.stopped = brought_back(register, plan, now)
        .and_then(|()| ended(register, &id, &left, restored.files, undo_keys, now))
        .err();
    Ok(restored)
}

/// Writes down that everything is back, and removes what is needed no more.
fn ended(
    register: &mut Register<'_>,
    id: &str,
    left: &[PathBuf],
    files: u64,
    undo_keys: &Path,
    now: Stamp,
) -> Result<(), Problem> {
    for temporary in left {
        gone(register.disk(), temporary)?;
    }
    register.note("purge-restored", id, &json!({"files": files}), now)?;
    sweep(register, id, undo_keys).map(|_| ())
}

/// Removes what a plan that is over has left: its journal with the new files that never took their places,
/// what was sealed, and the key. Tells whether there was anything.
///
/// # Errors
/// A [`Problem`] where something stays; running it again goes on.
pub fn sweep(register: &Register<'_>, id: &str, undo_keys: &Path) -> Result<bool, Problem> {
    let disk = register.disk();
    let paths = [register.file(id, "journal"), register.file(id, "blocked"), key_file(undo_keys, id)];
    let mut any = false;
    for path in &paths {
        any |= disk.facts(path).map_err(|error| failed(&error))?.is_some();
    }
    if !any {
        return Ok(false);
    }
    if let Some(journal) = read_journal(register, id)? {
        drop_staged(register, id, &journal, undo_keys)?;
    }
    let [journal, sealed, key] = &paths;
    forget_key(disk, key).map_err(|error| failed(&error))?;
    gone(disk, sealed)?;
    gone(disk, journal)?;
    Ok(true)
}

/// Ends the window of a plan whose time has come: the key goes first, then the sealed bytes. Gives the stage
/// that is reached; none where nothing is due. `key_lost` says that a key which is not there was destroyed
/// by other means.
///
/// # Errors
/// A [`Problem`] where the key is not where it is looked for, or it cannot be written; running it again goes
/// on.
pub fn destroy(
    register: &mut Register<'_>,
    id: &str,
    undo_keys: &Path,
    backup_days: u64,
    key_lost: bool,
    now: Stamp,
) -> Result<Option<Stage>, Problem> {
    register.check_clock(now)?;
    let mut state = register.state(id)?;
    let is_due = |due: Option<Stamp>| due.is_some_and(|due| due.seconds <= now.seconds);
    let before = state.stage;
    if matches!(state.stage, Stage::Restored | Stage::Cancelled) {
        sweep(register, id, undo_keys)?;
        return Ok(None);
    }
    if state.stage == Stage::Blocked && is_due(state.due) {
        let key = key_file(undo_keys, id);
        let is_there = register.disk().facts(&key).map_err(|error| failed(&error))?.is_some();
        if !is_there && !key_lost {
            let what =
                "the key of what was removed is not there, so that nobody can say that it is destroyed";
            let advice =
                "name the folder it lies in with --undo-keys; --key-lost where it was destroyed otherwise";
            return Err(Problem::new("undo-key", what, advice));
        }
        // From here on a key that is not there was destroyed by this run.
        register.note("purge-destroying", id, &json!({"key_found": is_there}), now)?;
        state = register.state(id)?;
    }
    if state.stage == Stage::Destroying {
        forget_key(register.disk(), &key_file(undo_keys, id)).map_err(|error| failed(&error))?;
        let until = days_after(now, backup_days).to_rfc3339();
        let means = match state.key_found {
            true => "overwritten and unlinked, as far as the medium lets us",
            false => "the key was not there, and said to be destroyed by other means",
        };
        register.note("purge-destroyed", id, &json!({"means": means, "until": until}), now)?;
        state = register.state(id)?;
    }
    if state.stage == Stage::Destroyed {
        gone(register.disk(), &register.file(id, "blocked"))?;
        let until = state.due.map(Stamp::to_rfc3339);
        register.note("purge-swept", id, &json!({"until": until}), now)?;
        state = register.state(id)?;
    }
    if state.stage == Stage::Swept && is_due(state.due) {
        register.note("purge-final", id, &json!({}), now)?;
        state = register.state(id)?;
    }
    Ok((state.stage != before).then_some(state.stage))
}

/// A file on its way back.
struct Coming<'d> {
    file: Box<dyn DiskFile + 'd>,
    temporary: PathBuf,
    path: PathBuf,
}

struct Bring<'d, 'r> {
    disk: &'d dyn Disk,
    root: &'r Path,
    /// Whether removal stopped half-way: a file that has not been swapped is whole, whatever it holds now.
    removing: bool,
    open: Option<Coming<'d>>,
    ready: Vec<(PathBuf, PathBuf)>,
    /// New files that never took their places.
    left: Vec<PathBuf>,
    restored: Restored,
    at: u64,
}

/// What stands where a file is to come back.
enum Now {
    /// What took its place, perhaps longer by now; none for a file that went whole.
    Rest(Option<File>),
    /// The original.
    Original,
    /// Something else.
    Other,
}

fn now_at(path: &Path, head: &FileHead) -> io::Result<Now> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(if head.whole { Now::Rest(None) } else { Now::Other });
        }
        file => drop(file?),
    }
    if begins_with(path, head.old_len, &head.old)? {
        return Ok(Now::Original);
    }
    if !head.whole && begins_with(path, head.new_len, &head.new)? {
        return Ok(Now::Rest(Some(File::open(path)?)));
    }
    Ok(Now::Other)
}

/// Whether the first `len` bytes of a file have this digest.
fn begins_with(path: &Path, len: u64, digest: &str) -> io::Result<bool> {
    let file = File::open(path)?;
    if file.metadata()?.len() < len {
        return Ok(false);
    }
    let mut file = file.take(len);
    let mut sum = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut seen = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(seen == len && sum.finish().to_string() == digest);
        }
        sum.update(buffer.get(..read).unwrap_or_default());
        seen += read as u64;
    }
}

impl Back for Bring<'_, '_> {
    fn begin(&mut self, head: &FileHead) -> Result<Option<Box<dyn Read>>, Problem> {
        let path = below(self.root, &head.path);
        let at = self.at;
        self.at += 1;
        let waiting = temporary_of(&path);
        let there = |path: &Path| self.disk.facts(path).map(|facts| facts.is_some());
        let unswapped = there(if head.whole { &path } else { &waiting }).map_err(|error| failed(&error))?;
        if self.removing && unswapped {
            self.left.push(waiting);
            return Ok(None);
        }
        let kept: Box<dyn Read> = match now_at(&path, head).map_err(|error| failed(&error))? {
            Now::Original => {
                self.restored.files += 1;
                return Ok(None);
            }
            Now::Other => {
                self.restored.changed.push(at);
                return Ok(None);
            }
            Now::Rest(Some(file)) => Box::new(io::BufReader::with_capacity(1 << 20, file)),
            Now::Rest(None) => Box::new(io::empty()),
        };
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(SUFFIX);
        let temporary = path.with_file_name(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
        }
        gone(self.disk, &temporary)?;
        let large = head.old_len >= LARGE;
        let file = if large { self.disk.create_large(&temporary) } else { self.disk.create(&temporary) };
        let file = file.map_err(|error| failed(&error))?;
        self.open = Some(Coming { file, temporary, path });
        Ok(Some(kept))
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        match &mut self.open {
            Some(open) => open.file.append(bytes).map_err(|error| failed(&error)),
            None => Ok(()),
        }
    }

    fn end(&mut self, head: &FileHead, _digest: String, rest: &mut dyn Read) -> Result<(), Problem> {
        let Some(mut open) = self.open.take() else { return Ok(()) };
        let mut buffer = vec![0; 1 << 20];
        loop {
            let read = rest.read(&mut buffer).map_err(|error| failed(&error))?;
            if read == 0 {
                break;
            }
            open.file.append(buffer.get(..read).unwrap_or_default()).map_err(|error| failed(&error))?;
        }
        open.file.sync().map_err(|error| failed(&error))?;
        drop(open.file);
        #[cfg(unix)]
        if let Some(mode) = head.mode {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
            std::fs::set_permissions(&open.temporary, mode).map_err(|error| failed(&error))?;
        }
        self.ready.push((open.temporary, open.path));
        Ok(())
    }
}
