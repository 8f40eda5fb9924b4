//! An item: a named run of bytes.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::PathBuf;
use std::sync::Arc;

use crate::records::{ItemNumber, Origin, Stamp, Text};

/// What the file system says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// Bytes when the walk met it.
    pub size: u64,
    /// POSIX permission bits; none where the system has none.
    pub mode: Option<u32>,
    /// Users and groups, beside the owner and the owning group, whom an access-control list lets read or
    /// change it; none where nobody can say.
    pub grants: Option<u32>,
}

/// How the bytes of an item are had.
#[derive(Clone)]
pub enum Handle {
    /// A file, opened anew for each pass.
    File(PathBuf),
    /// Standard input: one pass only.
    Stdin,
    /// Decoded bytes of a member.
    Memory(Arc<[u8]>),
    /// Of a member, read while its container is: it cannot be opened anew.
    Inside,
}

/// A named run of bytes, from a source or from inside a container.
#[derive(Clone)]
pub struct Item {
    /// Its number in the walk.
    pub number: ItemNumber,
    /// The chain of names that leads to it.
    pub origin: Arc<Origin>,
    /// How its bytes are had.
    pub handle: Handle,
    /// What the file system says, for items the walk met.
    pub file: Option<FileFacts>,
    /// The media type its container declared, lower case, without parameters.
    pub media_type: Option<String>,
    /// The name another record gives it, where its own is only an id.
    pub told_name: Option<Text>,
    /// Whether it was sent along with a record.
    pub attached: Attached,
}

/// Whether an item is a file that was sent along with a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attached {
    /// It was not, or nobody says so.
    #[default]
    No,
    /// It was; when, where the record says.
    At(Option<Stamp>),
}

impl Item {
    /// The name that hints at what it is: what a record calls it, else its own innermost one.
    pub fn hint(&self) -> &str {
        self.told_name.as_ref().unwrap_or_else(|| self.origin.name()).expose()
    }

    /// Opens the bytes from the start.
    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        match &self.handle {
            Handle::File(path) => Ok(Box::new(File::open(path)?)),
            Handle::Stdin => Ok(Box::new(io::stdin())),
            Handle::Memory(bytes) => Ok(Box::new(Cursor::new(Arc::clone(bytes)))),
            Handle::Inside => Err(io::ErrorKind::NotSeekable.into()),
        }
    }

    /// How many bytes it had when it was met, where known.
    pub fn len_hint(&self) -> Option<u64> {
        match &self.handle {
            Handle::Memory(bytes) => Some(bytes.len() as u64),
            Handle::File(_) => self.file.map(|facts| facts.size),
            Handle::Stdin | Handle::Inside => None,
        }
    }
}
