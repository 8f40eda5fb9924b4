//! Bytes that were taken out of an archive and may come back for a while: sealed objects in one file, under a
//! key of their own that lies elsewhere. Destroying the key ends it, wherever copies of the file are.

use std::io::Read;
use std::path::Path;

use super::object::{self, Flush, Home, Kind, Label, Opened, Sealed};
use super::secret::{Randomness, Secret};
use crate::disk::{Disk, DiskFile};
use crate::problem::Problem;

/// Bytes collected before they are written.
const BUFFER: usize = 1 << 20;

fn unwritten(error: &std::io::Error) -> Problem {
    let what = format!("what is to be removed could not be sealed: {}", error.kind());
    Problem::new("undo-not-written", what, "nothing was removed; make room and run the command again")
}

fn damaged() -> Problem {
    let advice = "nothing was changed; put back a copy of the sealed file, or wait for the end of the window";
    Problem::new("undo-damaged", "the sealed file of what was removed is damaged or another plan's", advice)
}

/// Seals what is removed.
pub struct Blocking<'d> {
    file: Box<dyn DiskFile + 'd>,
    home: Home,
    key: Secret,
    randomness: Randomness,
    buffer: Vec<u8>,
    next: u32,
}

impl<'d> Blocking<'d> {
    /// Begins a file that is not there yet. `plan` binds it to its plan.
    ///
    /// # Errors
    /// `undo-not-written`.
    pub fn create(disk: &'d dyn Disk, path: &Path, plan: [u8; 16], key: Secret) -> Result<Self, Problem> {
        let file = disk.create(path).map_err(|error| unwritten(&error))?;
        let home = Home { vault: plan, archive: plan };
        Ok(Self { file, home, key, randomness: Randomness::new(), buffer: Vec::new(), next: 0 })
    }

    /// Seals the head of a file.
    ///
    /// # Errors
    /// `undo-not-written`.
    pub fn head(&mut self, item: u32, head: &[u8]) -> Result<(), Problem> {
        self.seal(Kind::Item, item, &[head])
    }

    /// Seals bytes of that file, with where they stood.
    ///
    /// # Errors
    /// `undo-not-written`.
    pub fn bytes(&mut self, item: u32, at: u64, bytes: &[u8]) -> Result<(), Problem> {
        self.seal(Kind::Frame, item, &[&at.to_be_bytes(), bytes])
    }

    fn seal(&mut self, kind: Kind, item: u32, data: &[&[u8]]) -> Result<(), Problem> {
        let label = Label { kind, record: 0, subjects: Vec::new(), item, ordinal: self.next };
        self.next = self.next.checked_add(1).ok_or_else(damaged)?;
        let file = &mut self.file;
        let mut flush = |out: &mut Vec<u8>| {
            file.append(out).map_err(|error| unwritten(&error))?;
            out.clear();
            Ok(())
        };
        let out = (&mut self.buffer, &mut flush as &mut Flush<'_>);
        object::seal(&self.home, &label, &[&self.key], data, &mut self.randomness, out)?;
        if self.buffer.len() >= BUFFER { flush(&mut self.buffer) } else { Ok(()) }
    }

    /// Ends the file; it is on the medium then.
    ///
    /// # Errors
    /// `undo-not-written`.
    pub fn finish(mut self) -> Result<(), Problem> {
        let count = self.next;
        self.seal(Kind::End, 0, &[&count.to_be_bytes()])?;
        self.file.append(&self.buffer).and_then(|()| self.file.sync()).map_err(|error| unwritten(&error))
    }
}

/// One sealed thing.
pub enum Unblocked {
    /// The head of a file.
    Head(Opened),
    /// Bytes of it, the first eight saying where they stood.
    Bytes(Opened),
}

/// Opens what was sealed, in order.
pub struct Unblocking<'d> {
    file: Box<dyn Read + 'd>,
    home: Home,
    key: Secret,
    next: u32,
    ended: bool,
}

impl<'d> Unblocking<'d> {
    /// Opens a file.
    ///
    /// # Errors
    /// `undo-damaged` where it cannot be read.
    pub fn open(disk: &'d dyn Disk, path: &Path, plan: [u8; 16], key: Secret) -> Result<Self, Problem> {
        let file = disk.open(path).map_err(|_| damaged())?;
        let file = Box::new(std::io::BufReader::with_capacity(BUFFER, file));
        Ok(Self { file, home: Home { vault: plan, archive: plan }, key, next: 0, ended: false })
    }

    /// The next thing; none behind the last.
    ///
    /// # Errors
    /// `undo-damaged` where anything was changed, moved, doubled or cut.
    pub fn unseal_next(&mut self) -> Result<Option<Unblocked>, Problem> {
        if self.ended {
            return Ok(None);
        }
        let object = Sealed::read(self.file.as_mut()).ok().flatten().ok_or_else(damaged)?;
        let (kind, ordinal) = (object.label.kind, object.label.ordinal);
        let opened = object.open(&self.home, &[&self.key]).map_err(|_| damaged())?;
        if ordinal != self.next {
            return Err(damaged());
        }
        self.next += 1;
        match kind {
            Kind::Item => Ok(Some(Unblocked::Head(opened))),
            Kind::Frame => Ok(Some(Unblocked::Bytes(opened))),
            Kind::End if opened.data() == ordinal.to_be_bytes() => {
                self.ended = true;
                Ok(None)
            }
            _ => Err(damaged()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::model::ModelDisk;

    fn sealed() -> (ModelDisk, &'static Path) {
        let disk = ModelDisk::with_files(Default::default());
        let path = Path::new("/p/undo");
        let mut blocking = Blocking::create(&disk, path, [7; 16], Secret::new(&[1; 32])).unwrap();
        blocking.head(3, b"head").unwrap();
        blocking.bytes(3, 42, b"removed").unwrap();
        blocking.finish().unwrap();
        (ModelDisk::with_files(disk.now()), path)
    }

    fn read(disk: &ModelDisk, plan: [u8; 16], key: &[u8; 32]) -> Result<Vec<Vec<u8>>, Problem> {
        let mut opened = Unblocking::open(disk, Path::new("/p/undo"), plan, Secret::new(key))?;
        let mut all = Vec::new();
        while let Some(one) = opened.unseal_next()? {
            let (Unblocked::Head(data) | Unblocked::Bytes(data)) = one;
            all.push(data.data().to_vec());
        }
        Ok(all)
    }

    #[test]
    fn what_was_sealed_comes_back_under_its_key_and_plan_alone() {
        let (disk, _) = sealed();
        let mut wanted = 42u64.to_be_bytes().to_vec();
        wanted.extend_from_slice(b"removed");
        assert_eq!(read(&disk, [7; 16], &[1; 32]).unwrap(), [b"head".to_vec(), wanted]);
        assert!(read(&disk, [7; 16], &[2; 32]).is_err());
        assert!(read(&disk, [8; 16], &[1; 32]).is_err());
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_seen() {
        let (disk, path) = sealed();
        let bytes = disk.now().remove(path).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(read(&ModelDisk::with_file(path, &changed), [7; 16], &[1; 32]).is_err(), "{at}");
            assert!(read(&ModelDisk::with_file(path, &bytes[..at]), [7; 16], &[1; 32]).is_err(), "{at}");
        }
    }
}
