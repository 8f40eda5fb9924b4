//! The only writer of user data: create, append, sync, truncate, overwrite, rename, sync of a folder,
//! unlink, lock. What is written here and read again (vault, ledger) is read here too, so that a test's
//! model sees both.
//!
//! Everything that must survive a crash goes through [`Disk`], so that tests can run the same code
//! on a model of a disk, which loses and reorders what was not synced.

mod atomic;
#[cfg(test)]
pub mod model;
mod system;

use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub use atomic::{replace, replace_with};
pub use system::SystemDisk;

/// A file being written.
pub trait DiskFile {
    /// Appends bytes.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Waits until all appended bytes are on the medium.
    fn sync(&mut self) -> io::Result<()>;
}

/// What a file is known by: one with other facts is another file, or was written to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileFacts {
    /// Its bytes.
    pub len: u64,
    /// Nanoseconds since 1970 of the last change of its bytes; none where the system does not tell.
    pub modified: Option<u64>,
    /// Its number in its file system; none where files have none.
    pub number: Option<u64>,
}

impl FileFacts {
    /// Whether both are of one file, which may have been written to since; without numbers, of one file that
    /// was not.
    pub fn is_same_file(&self, other: &FileFacts) -> bool {
        match (self.number, other.number) {
            (Some(one), Some(other)) => one == other,
            _ => self == other,
        }
    }
}

/// The bytes of a file whose name goes.
pub trait OldBytes {
    /// Overwrites these bytes with zeros where they stand and waits until they are on the medium; `false`, and
    /// nothing is done, where another name leads to the file. On copy-on-write file systems and on flash the
    /// old bytes may stay all the same.
    fn overwrite(&mut self, ranges: &[Range<u64>]) -> io::Result<bool>;
}

/// The operations user data is changed with. Paths are those of the system; errors are the system's.
pub trait Disk {
    /// Creates a new file with mode 0600; an existing one is an error.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile + '_>>;
    /// Gives a file another name, replacing what has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a name.
    fn unlink(&self, path: &Path) -> io::Result<()>;
    /// Waits until the names in a folder are on the medium.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Opens a file that is there for appending.
    fn append_to(&self, path: &Path) -> io::Result<Box<dyn DiskFile + '_>>;
    /// Cuts a file to its first `len` bytes and waits until that is on the medium.
    fn truncate(&self, path: &Path, len: u64) -> io::Result<()>;
    /// Overwrites every byte of a file with zeros where they stand and waits until they are on the medium.
    /// On copy-on-write file systems and on flash the old bytes may stay.
    fn overwrite(&self, path: &Path) -> io::Result<()>;
    /// What a name leads to; none where there is no such name. What is no file is an error.
    fn facts(&self, path: &Path) -> io::Result<Option<FileFacts>>;
    /// Holds on to the bytes of a file before its name goes, to overwrite them after.
    fn old_bytes(&self, path: &Path) -> io::Result<Box<dyn OldBytes + '_>>;
    /// Opens a file for reading from its start.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + '_>>;
    /// Names of the files in a folder, sorted; what is no UTF-8 is left out.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;
    /// Makes a folder with mode 0700, and those above it.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// All bytes of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open(path)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
    /// Takes an exclusive lock that ends with the value; `WouldBlock` when another process has it.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Lock>>;
}

/// A lock held.
pub trait Lock {}
