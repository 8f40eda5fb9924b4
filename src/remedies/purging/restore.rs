//! Bringing back what was removed, byte for byte, and the end of that: the key is destroyed.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::plan::Plan;
use super::register::{Register, Stage, days_after};
use super::run::{below, bound_to, key_file, lock};
use super::staging::temporary_of;
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
    let id = plan.id()?;
    register.check_clock(now)?;
    let state = register.state(&id)?;
    if !matches!(state.stage, Stage::Blocked | Stage::Removing) {
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
    let joined = join(disk, &sealed, bound_to(plan)?, read_key(disk, &key)?, &mut back);
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
    for (temporary, path) in &back.ready {
        disk.rename(temporary, path).map_err(|error| failed(&error))?;
        disk.sync_folder(path.parent().unwrap_or(Path::new("."))).map_err(|error| failed(&error))?;
    }
    for temporary in &back.left {
        gone(disk, temporary)?;
    }
    register.note("purge-restored", &id, &json!({"files": back.restored.files}), now)?;
    forget_key(disk, &key).map_err(|error| failed(&error))?;
    gone(disk, &sealed)?;
    gone(disk, &register.file(&id, "journal"))?;
    Ok(back.restored)
}

fn gone(disk: &dyn Disk, path: &Path) -> Result<(), Problem> {
    match disk.unlink(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(&error)),
        _ => disk.sync_folder(path.parent().unwrap_or(Path::new("."))).map_err(|error| failed(&error)),
    }
}

/// Ends the window of a plan whose time has come: the key goes first, then the sealed bytes. Gives the stage
/// that is reached; none where nothing is due.
///
/// # Errors
/// A [`Problem`] where it cannot be written; running it again goes on.
pub fn destroy(
    register: &mut Register<'_>,
    id: &str,
    undo_keys: &Path,
    backup_days: u64,
    now: Stamp,
) -> Result<Option<Stage>, Problem> {
    register.check_clock(now)?;
    let mut state = register.state(id)?;
    let is_due = |due: Option<Stamp>| due.is_some_and(|due| due.seconds <= now.seconds);
    let before = state.stage;
    if state.stage == Stage::Blocked && is_due(state.due) {
        let key = key_file(undo_keys, id);
        forget_key(register.disk(), &key).map_err(|error| failed(&error))?;
        let until = days_after(now, backup_days).to_rfc3339();
        let more = json!({"means": "overwritten and unlinked, as far as the medium lets us", "until": until});
        register.note("purge-destroyed", id, &more, now)?;
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

fn now_at(path: &Path, head: &FileHead) -> Now {
    if File::open(path).is_err() {
        return if head.whole { Now::Rest(None) } else { Now::Other };
    }
    if begins_with(path, head.old_len, &head.old) {
        return Now::Original;
    }
    match File::open(path).ok().filter(|_| !head.whole && begins_with(path, head.new_len, &head.new)) {
        Some(file) => Now::Rest(Some(file)),
        None => Now::Other,
    }
}

/// Whether the first `len` bytes of a file have this digest.
fn begins_with(path: &Path, len: u64, digest: &str) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let mut file = file.take(len);
    let mut sum = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut seen = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return seen == len && sum.finish().to_string() == digest,
            Ok(read) => {
                sum.update(buffer.get(..read).unwrap_or_default());
                seen += read as u64;
            }
            Err(_) => return false,
        }
    }
}

impl Back for Bring<'_, '_> {
    fn begin(&mut self, head: &FileHead) -> Result<Option<Box<dyn Read>>, Problem> {
        let path = below(self.root, &head.path);
        let at = self.at;
        self.at += 1;
        let waiting = temporary_of(&path);
        let unswapped = if head.whole { path.exists() } else { waiting.exists() };
        if self.removing && unswapped {
            self.left.push(waiting);
            return Ok(None);
        }
        let kept: Box<dyn Read> = match now_at(&path, head) {
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
        let file = self.disk.create(&temporary).map_err(|error| failed(&error))?;
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
        self.restored.files += 1;
        self.ready.push((open.temporary, open.path));
        Ok(())
    }
}
