//! A disk that crashes: what was not synced may be lost, cut short or reordered.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::{Disk, DiskFile, FileFacts, Lock, OldBytes};

/// What names lead to what contents after a crash.
pub type State = BTreeMap<PathBuf, Vec<u8>>;

#[derive(Clone)]
enum Operation {
    Create { file: usize, path: PathBuf },
    Append { file: usize, bytes: Vec<u8> },
    SyncFile { file: usize },
    Rename { from: PathBuf, to: PathBuf },
    Unlink { path: PathBuf },
    SyncFolder { path: PathBuf },
    Truncate { file: usize, len: usize },
    Overwrite { file: usize },
}

/// A disk in memory that remembers every operation.
pub struct ModelDisk {
    before: State,
    log: RefCell<Vec<Operation>>,
    /// How many more operations succeed before the disk is full.
    room: Cell<usize>,
}

struct ModelFile<'a> {
    disk: &'a ModelDisk,
    file: usize,
}

/// Bytes without a name: no crash brings them back.
struct ModelOldBytes;

impl OldBytes for ModelOldBytes {
    fn overwrite(&mut self, _ranges: &[Range<u64>]) -> io::Result<bool> {
        Ok(true)
    }
}

/// Facts of contents: with the same bytes it is the same file.
pub fn facts_of(bytes: &[u8]) -> FileFacts {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    FileFacts { len: bytes.len() as u64, modified: Some(hasher.finish()), number: None }
}

struct ModelLock;

impl Lock for ModelLock {}

impl ModelDisk {
    /// A disk on which one file already is.
    pub fn with_file(path: &Path, bytes: &[u8]) -> Self {
        let before = BTreeMap::from([(path.to_path_buf(), bytes.to_vec())]);
        Self::with_files(before)
    }

    /// A disk on which these files already are.
    pub fn with_files(before: State) -> Self {
        Self { before, log: RefCell::default(), room: Cell::new(usize::MAX) }
    }

    /// Lets `operations` more succeed, then says that the disk is full.
    pub fn fill_after(&self, operations: usize) {
        self.room.set(operations);
    }

    /// How many operations there were.
    pub fn operations(&self) -> usize {
        self.log.borrow().len()
    }

    /// Every state a crash could leave after the first `upto` operations.
    pub fn crash_states_at(&self, upto: usize) -> Vec<State> {
        let log = self.log.borrow();
        self.states_after(&log[..upto])
    }

    /// Whether a name leads to a file now.
    pub fn is_there(&self, path: &Path) -> bool {
        self.now().contains_key(path)
    }

    /// Every state a crash could leave, at any moment so far.
    pub fn crash_states(&self) -> Vec<State> {
        let log = self.log.borrow();
        (0..=log.len()).flat_map(|upto| self.states_after(&log[..upto])).collect()
    }

    /// Every state a crash right now could leave.
    pub fn crash_states_now(&self) -> Vec<State> {
        self.states_after(&self.log.borrow())
    }

    /// Unsynced name changes may each be lost, in any combination that keeps the order of those kept;
    /// unsynced contents may be missing, cut in half or whole.
    fn states_after(&self, log: &[Operation]) -> Vec<State> {
        let names: Vec<usize> = (0..log.len()).filter(|at| is_name_change(&log[*at])).collect();
        let free: Vec<usize> = names.iter().copied().filter(|at| !is_synced_name(log, *at)).collect();
        let mut states = Vec::new();
        for mask in 0..1u32 << free.len() {
            let lost = |at: usize| free.iter().position(|f| *f == at).is_some_and(|bit| mask >> bit & 1 == 1);
            for tail in [Tail::Lost, Tail::Half, Tail::Whole] {
                states.push(self.play(log, &lost, tail));
            }
        }
        states
    }

    fn play(&self, log: &[Operation], lost: &dyn Fn(usize) -> bool, tail: Tail) -> State {
        let mut names: BTreeMap<PathBuf, usize> = BTreeMap::new();
        let mut contents: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
        for (at, (path, bytes)) in self.before.iter().enumerate() {
            names.insert(path.clone(), usize::MAX - at);
            contents.insert(usize::MAX - at, bytes.clone());
        }
        for (at, operation) in log.iter().enumerate() {
            match operation {
                Operation::Create { file, path } if !lost(at) => {
                    names.insert(path.clone(), *file);
                    contents.entry(*file).or_default();
                }
                Operation::Append { file, bytes } => {
                    let kept =
                        if is_synced_file(log, at, *file) { bytes.len() } else { tail.of(bytes.len()) };
                    contents.entry(*file).or_default().extend_from_slice(&bytes[..kept]);
                }
                Operation::Rename { from, to } if !lost(at) => {
                    if let Some(file) = names.remove(from) {
                        names.insert(to.clone(), file);
                    }
                }
                Operation::Unlink { path } if !lost(at) => {
                    names.remove(path);
                }
                Operation::Truncate { file, len } => {
                    let kept = is_synced_file(log, at, *file) || matches!(tail, Tail::Whole);
                    if let Some(bytes) = contents.get_mut(file).filter(|_| kept) {
                        bytes.truncate(*len);
                    }
                }
                Operation::Overwrite { file } => {
                    if let Some(bytes) = contents.get_mut(file) {
                        let synced = is_synced_file(log, at, *file);
                        let gone = if synced { bytes.len() } else { tail.of(bytes.len()) };
                        bytes[..gone].fill(0);
                    }
                }
                _ => {}
            }
        }
        names
            .into_iter()
            .map(|(path, file)| (path, contents.get(&file).cloned().unwrap_or_default()))
            .collect()
    }

    fn record(&self, operation: Operation) -> io::Result<()> {
        if self.room.get() == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.room.set(self.room.get() - 1);
        self.log.borrow_mut().push(operation);
        Ok(())
    }

    /// The file a name leads to now.
    fn file_at(&self, path: &Path) -> io::Result<usize> {
        let log = self.log.borrow();
        let before = self.before.keys().enumerate().map(|(at, path)| (path.clone(), usize::MAX - at));
        let mut names: BTreeMap<PathBuf, usize> = before.collect();
        for operation in log.iter() {
            match operation {
                Operation::Create { file, path } => {
                    names.insert(path.clone(), *file);
                }
                Operation::Rename { from, to } => {
                    if let Some(file) = names.remove(from) {
                        names.insert(to.clone(), file);
                    }
                }
                Operation::Unlink { path } => {
                    names.remove(path);
                }
                _ => {}
            }
        }
        names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// What names lead to now.
    pub fn now(&self) -> State {
        self.play(&self.log.borrow(), &|_| false, Tail::Whole)
    }
}

#[derive(Clone, Copy)]
enum Tail {
    Lost,
    Half,
    Whole,
}

impl Tail {
    fn of(self, len: usize) -> usize {
        match self {
            Self::Lost => 0,
            Self::Half => len / 2,
            Self::Whole => len,
        }
    }
}

fn is_name_change(operation: &Operation) -> bool {
    matches!(operation, Operation::Create { .. } | Operation::Rename { .. } | Operation::Unlink { .. })
}

fn folder_changed(operation: &Operation) -> Option<&Path> {
    match operation {
        Operation::Create { path, .. } | Operation::Unlink { path } | Operation::Rename { to: path, .. } => {
            path.parent()
        }
        _ => None,
    }
}

fn is_synced_name(log: &[Operation], at: usize) -> bool {
    let folder = folder_changed(&log[at]);
    log[at..].iter().any(|op| matches!(op, Operation::SyncFolder { path } if Some(path.as_path()) == folder))
}

fn is_synced_file(log: &[Operation], at: usize, file: usize) -> bool {
    log[at..].iter().any(|op| matches!(op, Operation::SyncFile { file: synced } if *synced == file))
}

impl DiskFile for ModelFile<'_> {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.disk.record(Operation::Append { file: self.file, bytes: bytes.to_vec() })
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.record(Operation::SyncFile { file: self.file })
    }
}

impl Disk for ModelDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile + '_>> {
        if self.now().contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = self.log.borrow().len();
        self.record(Operation::Create { file, path: path.to_path_buf() })?;
        Ok(Box::new(ModelFile { disk: self, file }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.record(Operation::Rename { from: from.to_path_buf(), to: to.to_path_buf() })
    }

    fn unlink(&self, path: &Path) -> io::Result<()> {
        if !self.now().contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.record(Operation::Unlink { path: path.to_path_buf() })
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.record(Operation::SyncFolder { path: path.to_path_buf() })
    }

    fn append_to(&self, path: &Path) -> io::Result<Box<dyn DiskFile + '_>> {
        Ok(Box::new(ModelFile { disk: self, file: self.file_at(path)? }))
    }

    fn truncate(&self, path: &Path, len: u64) -> io::Result<()> {
        let file = self.file_at(path)?;
        self.record(Operation::Truncate { file, len: len as usize })?;
        self.record(Operation::SyncFile { file })
    }

    fn overwrite(&self, path: &Path) -> io::Result<()> {
        let file = self.file_at(path)?;
        self.record(Operation::Overwrite { file })?;
        self.record(Operation::SyncFile { file })
    }

    fn facts(&self, path: &Path) -> io::Result<Option<FileFacts>> {
        Ok(self.now().get(path).map(|bytes| facts_of(bytes)))
    }

    fn old_bytes(&self, path: &Path) -> io::Result<Box<dyn OldBytes + '_>> {
        self.file_at(path)?;
        Ok(Box::new(ModelOldBytes))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + '_>> {
        match self.now().remove(path) {
            Some(bytes) => Ok(Box::new(Cursor::new(bytes))),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let inside = |path: PathBuf| match path.parent() == Some(folder) {
            true => path.file_name().and_then(|name| name.to_str()).map(str::to_owned),
            false => None,
        };
        Ok(self.now().into_keys().filter_map(inside).collect())
    }

    fn create_folder(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn lock(&self, _path: &Path) -> io::Result<Box<dyn Lock>> {
        Ok(Box::new(ModelLock))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsynced_rename_over_unsynced_bytes_can_leave_an_empty_file() {
        // The fault the model is for: rename without sync.
        let path = Path::new("/d/f");
        let disk = ModelDisk::with_file(path, b"old");
        let mut file = disk.create(Path::new("/d/t")).unwrap();
        file.append(b"new").unwrap();
        disk.rename(Path::new("/d/t"), path).unwrap();
        let states = disk.crash_states_now();
        assert!(states.iter().any(|s| s.get(path).map(Vec::as_slice) == Some(b"")));
        assert!(states.iter().any(|s| s.get(path).map(Vec::as_slice) == Some(b"old")));
    }
}
