//! The only writer of user data: create, write, sync, rename, sync of a folder, unlink, lock.
//!
//! Everything that must survive a crash goes through [`Disk`], so that tests can run the same code
//! on a model of a disk, which loses and reorders what was not synced.

mod atomic;
#[cfg(test)]
pub mod model;
mod system;

use std::io;
use std::path::Path;

pub use atomic::{replace, replace_with};
pub use system::SystemDisk;

/// A file being written.
pub trait DiskFile {
    /// Appends bytes.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Waits until all appended bytes are on the medium.
    fn sync(&mut self) -> io::Result<()>;
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
    /// Takes an exclusive lock that ends with the value; `WouldBlock` when another process has it.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Lock>>;
}

/// A lock held.
pub trait Lock {}
