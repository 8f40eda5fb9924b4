//! A disk that is a model and real files at once.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::disk::model::{ModelDisk, facts_of};
use crate::disk::{Disk, DiskFile, FileFacts, Lock, OldBytes, SystemDisk};

/// A model that remembers every operation, and real files that show what it has now: what is read, is read
/// as ever.
pub(super) struct MirrorDisk {
    pub(super) model: ModelDisk,
    /// Somebody writes this to that file while what goes is being sealed.
    pub(super) meddles: Option<(PathBuf, Vec<u8>)>,
    /// The medium keeps another byte in files whose names end so, once their folder is synced.
    pub(super) spoils: Option<&'static str>,
}

struct MirrorFile<'d> {
    model: Box<dyn DiskFile + 'd>,
    real: Box<dyn DiskFile + 'd>,
}

impl DiskFile for MirrorFile<'_> {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.model.append(bytes)?;
        self.real.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.model.sync()
    }
}

impl Disk for MirrorDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile + '_>> {
        let sealing = path.extension().is_some_and(|end| end == "blocked");
        if let Some((path, bytes)) = self.meddles.as_ref().filter(|_| sealing) {
            std::fs::write(path, bytes)?;
        }
        let model = self.model.create(path)?;
        Ok(Box::new(MirrorFile { model, real: SystemDisk.create(path)? }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.model.rename(from, to)?;
        SystemDisk.rename(from, to)
    }

    fn unlink(&self, path: &Path) -> io::Result<()> {
        self.model.unlink(path)?;
        SystemDisk.unlink(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.model.sync_folder(path)?;
        let Some(end) = self.spoils else { return Ok(()) };
        for file in std::fs::read_dir(path)?.flatten().map(|entry| entry.path()) {
            let mut bytes = std::fs::read(&file).unwrap_or_default();
            if file.to_string_lossy().ends_with(end)
                && let Some(byte) = bytes.last_mut()
            {
                *byte ^= 1;
                std::fs::write(&file, bytes)?;
            }
        }
        Ok(())
    }

    fn append_to(&self, path: &Path) -> io::Result<Box<dyn DiskFile + '_>> {
        let model = self.model.append_to(path)?;
        Ok(Box::new(MirrorFile { model, real: SystemDisk.append_to(path)? }))
    }

    fn truncate(&self, path: &Path, len: u64) -> io::Result<()> {
        self.model.truncate(path, len)?;
        SystemDisk.truncate(path, len)
    }

    fn overwrite(&self, path: &Path) -> io::Result<()> {
        self.model.overwrite(path)?;
        SystemDisk.overwrite(path)
    }

    fn facts(&self, path: &Path) -> io::Result<Option<FileFacts>> {
        let there = SystemDisk.facts(path)?.is_some();
        Ok(if there { Some(facts_of(&std::fs::read(path)?)) } else { None })
    }

    fn old_bytes(&self, path: &Path) -> io::Result<Box<dyn OldBytes + '_>> {
        self.model.old_bytes(path)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + '_>> {
        SystemDisk.open(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        SystemDisk.list(folder)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        SystemDisk.create_folder(path)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Lock>> {
        self.model.lock(path)
    }
}
