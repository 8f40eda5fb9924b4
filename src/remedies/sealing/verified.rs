//! The proof that a sealed archive holds what its source holds: everything is read again and compared.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use super::unseal::{Assembly, Event};
use crate::problem::Problem;
use crate::vault::Opening;

/// Bytes of a source that are read at once.
const BUFFER: usize = 256 << 10;

fn differs() -> Problem {
    let what = "what was sealed is not what the archive holds now";
    Problem::new("seal-not-proved", what, "nothing was kept; seal again when nothing writes to the archive")
}

/// Compares what comes out of a sealed archive with the files it was made from, byte by byte. `sources` are the
/// items that are files; `items` is how many items there are.
///
/// # Errors
/// `seal-not-proved` where anything differs or cannot be read.
pub(super) fn verified(
    opening: &mut Opening<'_>,
    sources: &BTreeMap<u32, PathBuf>,
    items: u32,
) -> Result<(), Problem> {
    let (mut heads, mut files) = (0u32, 0usize);
    let mut source = Source { open: None, buffer: vec![0; BUFFER] };
    Assembly::new(opening).run(&mut |event| {
        match event {
            Event::Forgotten(..) | Event::Item(_, None) => return Err(differs()),
            Event::Item(item, Some(_)) => {
                source.ends()?;
                heads += 1;
                if let Some(path) = sources.get(&item) {
                    files += 1;
                    source.begin(item, path)?;
                }
            }
            Event::Bytes(item, bytes) => source.is(item, bytes)?,
        }
        Ok(())
    })?;
    source.ends()?;
    if heads == items && files == sources.len() { Ok(()) } else { Err(differs()) }
}

/// The file an item came from.
struct Source {
    open: Option<(u32, BufReader<File>)>,
    buffer: Vec<u8>,
}

impl Source {
    fn begin(&mut self, item: u32, path: &Path) -> Result<(), Problem> {
        let file = File::open(path).map_err(|_| differs())?;
        self.open = Some((item, BufReader::with_capacity(BUFFER, file)));
        Ok(())
    }

    /// The next bytes of the file are these.
    fn is(&mut self, item: u32, mut bytes: &[u8]) -> Result<(), Problem> {
        while !bytes.is_empty() {
            let Some((_, file)) = self.open.as_mut().filter(|(number, _)| *number == item) else {
                return Err(differs());
            };
            let (now, later) = bytes.split_at(bytes.len().min(BUFFER));
            let read = self.buffer.get_mut(..now.len()).ok_or_else(differs)?;
            file.read_exact(read).map_err(|_| differs())?;
            if read != now {
                return Err(differs());
            }
            bytes = later;
        }
        Ok(())
    }

    /// The file has no more bytes.
    fn ends(&mut self) -> Result<(), Problem> {
        match self.open.take() {
            None => Ok(()),
            Some((_, mut file)) => match file.read(&mut [0]) {
                Ok(0) => Ok(()),
                _ => Err(differs()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_bytes_fewer_more_or_of_another_item_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("source");
        let bytes: Vec<u8> = (0..BUFFER * 2 + 7).map(|at| (at % 251) as u8).collect();
        let mut file = File::create(&path).unwrap();
        std::io::Write::write_all(&mut file, &bytes).unwrap();
        let compared = |item: u32, parts: &[&[u8]]| {
            let mut source = Source { open: None, buffer: vec![0; BUFFER] };
            source.begin(3, &path)?;
            parts.iter().try_for_each(|part| source.is(item, part))?;
            source.ends()
        };
        let (one, two) = bytes.split_at(10);
        assert!(compared(3, &[one, two]).is_ok() && compared(3, &[&bytes]).is_ok());
        let mut other = bytes.clone();
        other[BUFFER + 3] ^= 1;
        let more = [&bytes[..], b"x"].concat();
        for (item, bytes) in
            [(3, other.as_slice()), (3, &bytes[1..]), (3, &bytes[..10]), (3, &more), (4, &bytes)]
        {
            assert_eq!(compared(item, &[bytes]).err().map(|problem| problem.code), Some("seal-not-proved"));
        }
    }
}
