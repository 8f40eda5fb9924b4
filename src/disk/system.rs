//! The disk of the system.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use super::{Disk, DiskFile, FileFacts, Lock, OldBytes};

/// The real file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDisk;

struct SystemFile(File);

impl DiskFile for SystemFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_all()
    }
}

struct SystemLock {
    _file: File,
}

impl Lock for SystemLock {}

struct SystemOldBytes(File);

impl OldBytes for SystemOldBytes {
    fn overwrite(&mut self, ranges: &[Range<u64>]) -> io::Result<bool> {
        if !is_nameless(&self.0)? {
            return Ok(false);
        }
        let len = self.0.metadata()?.len();
        for range in ranges {
            self.0.seek(SeekFrom::Start(range.start))?;
            let bytes = range.end.min(len).saturating_sub(range.start);
            io::copy(&mut io::repeat(0).take(bytes), &mut self.0)?;
        }
        self.0.sync_all()?;
        Ok(true)
    }
}

/// Whether no name leads to a file any more: a hard link may be somebody's copy.
#[cfg(unix)]
fn is_nameless(file: &File) -> io::Result<bool> {
    Ok(std::os::unix::fs::MetadataExt::nlink(&file.metadata()?) == 0)
}

#[cfg(not(unix))]
fn is_nameless(_file: &File) -> io::Result<bool> {
    Ok(false)
}

#[cfg(unix)]
fn number(facts: &fs::Metadata) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::ino(facts))
}

#[cfg(not(unix))]
fn number(_facts: &fs::Metadata) -> Option<u64> {
    None
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn private_folder(builder: &mut fs::DirBuilder) -> &mut fs::DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    builder.mode(0o700)
}

#[cfg(not(unix))]
fn private_folder(builder: &mut fs::DirBuilder) -> &mut fs::DirBuilder {
    builder
}

impl Disk for SystemDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile + '_>> {
        let file = private(OpenOptions::new().write(true).create_new(true)).open(path)?;
        Ok(Box::new(SystemFile(file)))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one writer")]
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one writer")]
    fn unlink(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        // Folders cannot be opened as files on every system; there the rename itself is durable.
        if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
    }

    fn append_to(&self, path: &Path) -> io::Result<Box<dyn DiskFile + '_>> {
        Ok(Box::new(SystemFile(OpenOptions::new().append(true).open(path)?)))
    }

    fn truncate(&self, path: &Path, len: u64) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(len)?;
        file.sync_all()
    }

    fn overwrite(&self, path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        let len = file.metadata()?.len();
        io::copy(&mut io::repeat(0).take(len), &mut file)?;
        file.sync_all()
    }

    fn facts(&self, path: &Path) -> io::Result<Option<FileFacts>> {
        let facts = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            facts => facts?,
        };
        if !facts.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let since = facts.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let modified = since.map(|since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
        Ok(Some(FileFacts { len: facts.len(), modified, number: number(&facts) }))
    }

    fn old_bytes(&self, path: &Path) -> io::Result<Box<dyn OldBytes + '_>> {
        Ok(Box::new(SystemOldBytes(OpenOptions::new().write(true).open(path)?)))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(File::open(path)?))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            names.extend(entry?.file_name().into_string().ok());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        private_folder(&mut builder).create(path)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Lock>> {
        let file = private(OpenOptions::new().write(true).create(true).truncate(false)).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(SystemLock { _file: file })),
            Err(fs::TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_by_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let held = SystemDisk.lock(&path).unwrap();
        assert_eq!(SystemDisk.lock(&path).err().map(|e| e.kind()), Some(io::ErrorKind::WouldBlock));
        drop(held);
        assert!(SystemDisk.lock(&path).is_ok());
    }

    #[test]
    fn files_grow_shrink_and_are_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/keys");
        SystemDisk.create_folder(path.parent().unwrap()).unwrap();
        SystemDisk.create(&path).unwrap().append(b"one").unwrap();
        SystemDisk.append_to(&path).unwrap().append(b"two").unwrap();
        SystemDisk.truncate(&path, 4).unwrap();
        assert_eq!(SystemDisk.read(&path).unwrap(), b"onet");
        SystemDisk.overwrite(&path).unwrap();
        assert_eq!(SystemDisk.read(&path).unwrap(), [0; 4]);
        assert_eq!(SystemDisk.list(path.parent().unwrap()).unwrap(), ["keys"]);
    }

    #[cfg(unix)]
    #[test]
    fn old_bytes_are_overwritten_once_no_name_leads_to_them() {
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("old"), dir.path().join("link"));
        let mut read = [0; 6];
        for linked in [true, false] {
            SystemDisk.create(&path).unwrap().append(b"abcdef").unwrap();
            let mut watcher = File::open(&path).unwrap();
            if linked {
                fs::hard_link(&path, &link).unwrap();
            }
            let mut old = SystemDisk.old_bytes(&path).unwrap();
            assert!(!old.overwrite(&[0..6]).unwrap(), "it still has its name");
            SystemDisk.unlink(&path).unwrap();
            assert_eq!(old.overwrite(&[1..3, 5..9]).unwrap(), !linked);
            watcher.read_exact(&mut read).unwrap();
            assert_eq!(&read, if linked { b"abcdef" } else { b"a\0\0de\0" });
            assert_eq!(watcher.metadata().unwrap().len(), 6);
        }
    }

    #[test]
    fn facts_tell_one_file_from_another() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        assert!(SystemDisk.facts(&path).unwrap().is_none());
        assert!(SystemDisk.facts(dir.path()).is_err());
        SystemDisk.create(&path).unwrap().append(b"one").unwrap();
        let first = SystemDisk.facts(&path).unwrap().unwrap();
        SystemDisk.append_to(&path).unwrap().append(b"two").unwrap();
        let grown = SystemDisk.facts(&path).unwrap().unwrap();
        assert!(first != grown && first.is_same_file(&grown));
    }

    #[cfg(unix)]
    #[test]
    fn files_are_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report");
        SystemDisk.create(&path).unwrap().append(b"x").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(SystemDisk.create(&path).is_err());
    }
}
