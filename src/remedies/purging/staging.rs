//! New files without what goes, beside the old ones; what goes is sealed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use super::super::in_place::like;
use super::journal::Staged;
use super::undo::FileHead;
use crate::audit::{Audit, Context, OwnedPiece, RecordPart, Roots, Work, read_whole, whole};
use crate::disk::{Disk, DiskFile, FileFacts};
use crate::formats::Format;
use crate::formats::rewrite::{Changes, Planner, Refused, Standing};
use crate::problem::Problem;
use crate::records::{Ordinal, RecordKind};
use crate::vault::{Blocking, Digest, Sha256, Subkey};

/// Behind the name of a new file until it takes its place.
const SUFFIX: &str = ".olvido-purge";
/// Bytes moved at a time.
const CHUNK: usize = 1 << 20;
/// Files from this size on are written past the cache while they are read, and verified from the medium.
pub(super) const LARGE: u64 = 8 << 20;
/// Files that are what they are without a single record.
const EMPTY: [&str; 6] = ["ndjson", "jsonl", "mbox", "csv", "tsv", "txt"];

/// What goes from one file.
pub(super) struct Target {
    pub(super) path: PathBuf,
    ordinals: Vec<Ordinal>,
    /// By where they begin.
    parts: Vec<(Range<u64>, Digest)>,
    /// Of a file that goes as such: its digest.
    whole: Option<Digest>,
}

/// What one piece of a file says.
struct Looked {
    format: &'static dyn Format,
    /// How many of the parts that go lie in it.
    found: usize,
    standing: Standing,
}

/// The name of a new file while it waits.
pub(super) fn temporary_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(SUFFIX);
    path.with_file_name(name)
}

/// What goes from which file.
#[derive(Default)]
pub(super) struct Targets(BTreeMap<PathBuf, Target>);

impl Targets {
    /// Adds a part of a record that goes.
    pub(super) fn add(&mut self, part: &RecordPart) {
        if !self.0.contains_key(&part.file.path) {
            let path = part.file.path.clone();
            let target = Target { path, ordinals: Vec::new(), parts: Vec::new(), whole: None };
            self.0.insert(part.file.path.clone(), target);
        }
        let Some(target) = self.0.get_mut(&part.file.path) else { return };
        match part.ordinal {
            Some(ordinal) => {
                target.ordinals.push(ordinal);
                target.parts.push((part.extent.clone(), part.digest));
            }
            None => {
                debug_assert!(part.kind == RecordKind::File);
                target.whole = Some(part.digest);
            }
        }
    }

    /// All, in the order of the paths.
    pub(super) fn in_order(self) -> Vec<Target> {
        let mut targets: Vec<Target> = self.0.into_values().collect();
        for target in &mut targets {
            target.parts.sort_unstable_by_key(|(range, _)| range.start);
        }
        targets
    }
}

/// Why a file could not be staged.
pub(super) fn changed() -> Problem {
    let what = "a file of the archive was changed while it was read";
    Problem::new(
        "purge-changed",
        what,
        "nothing was removed; run it again when nothing writes to the archive",
    )
}

fn refused(refused: &Refused) -> Problem {
    let what = format!("a file cannot be written without its records: {}", refused.message);
    Problem::new("purge-refused", what, "nothing was removed; scan the archive to see which, and report it")
}

fn failed(error: &io::Error) -> Problem {
    let what = format!("a new file could not be written: {}", error.kind());
    Problem::new("purge-not-written", what, "nothing was removed; make room and run it again")
}

fn unreadable(error: &io::Error) -> Problem {
    let what = format!("a file of the archive could not be read: {}", error.kind());
    Problem::new("purge-changed", what, "nothing was removed; make it readable and run it again")
}

/// Makes new files.
pub(super) struct Stager<'a, 'd> {
    pub(super) audit: &'a Audit<'a>,
    pub(super) context: &'a Context,
    pub(super) disk: &'d dyn Disk,
    pub(super) digests: &'a Subkey,
    pub(super) root: &'a Path,
}

impl Stager<'_, '_> {
    /// Makes the new file of one target and seals what goes.
    ///
    /// # Errors
    /// A [`Problem`]; what was written so far is the caller's to remove.
    pub(super) fn stage(
        &self,
        number: u32,
        mut target: Target,
        undo: &mut Blocking<'_>,
    ) -> Result<Staged, Problem> {
        let seen = self.facts(&target.path)?;
        let (removed, whole) = match target.whole {
            Some(digest) => {
                self.is_whole(&target.path, &seen, digest)?;
                (std::iter::once(0..seen.len).collect(), true)
            }
            None => {
                let removed = self.ranges(&mut target)?;
                match self.nothing_left(&target.path, seen.len, &removed) {
                    Ok(true) => (std::iter::once(0..seen.len).collect(), true),
                    Ok(false) => (removed, false),
                    Err(error) => return Err(failed(&error)),
                }
            }
        };
        let temporary = (!whole).then(|| temporary_of(&target.path));
        let head = self.write(&target, &seen, &removed, temporary.as_deref())?;
        let head = serde_json::to_vec(&head).map_err(|_| {
            let what = "a file's name is no text, and could not be brought back";
            Problem::new("purge-refused", what, "nothing was removed; give the file a name in UTF-8")
        })?;
        undo.head(number, &head)?;
        each_range(&target.path, &removed, &mut |at, bytes| undo.bytes(number, at, bytes))?;
        if self.facts(&target.path)? != seen {
            return Err(changed());
        }
        let mut new = None;
        if let Some(temporary) = &temporary {
            like(&target.path, temporary).map_err(|error| failed(&error))?;
            // Its name must last as long as the journal that says it is there.
            let folder = temporary.parent().unwrap_or(Path::new("."));
            self.disk.sync_folder(folder).map_err(|error| failed(&error))?;
            new = Some(self.facts(temporary)?);
        }
        Ok(Staged { path: target.path, temporary, seen, new, removed })
    }

    /// What a file is now. It must be there.
    fn facts(&self, path: &Path) -> Result<FileFacts, Problem> {
        self.disk.facts(path).map_err(|error| unreadable(&error))?.ok_or_else(changed)
    }

    /// A file that goes as such is still the one that was planned.
    fn is_whole(&self, path: &Path, seen: &FileFacts, digest: Digest) -> Result<(), Problem> {
        let mut file = File::open(path).map_err(|error| unreadable(&error))?;
        let read = self.digests.mac_read(&[b"part"], seen.len, &mut file);
        if read.ok() == Some(digest) { Ok(()) } else { Err(changed()) }
    }

    /// The byte ranges that go, from a reading of the file as it is now: each part must be what was planned.
    fn ranges(&self, target: &mut Target) -> Result<Vec<Range<u64>>, Problem> {
        let (sight, limits, digests) = (self.audit.sight(self.context), &self.audit.limits, self.digests);
        let removals = std::mem::take(&mut target.ordinals);
        let changes = Changes { removals, ..Changes::default() };
        let target = &*target;
        let mut planner = Planner::new(changes);
        let mut found = 0;
        let look = |piece: &OwnedPiece| -> Result<Looked, Problem> {
            let found = parts_in(piece, target, digests)?;
            let reading = sight.reading(limits);
            let read = || Standing::of(piece.format, &piece.as_piece(), &reading);
            let standing = catch_unwind(AssertUnwindSafe(read))
                .map_err(|_| refused(&Refused::new("reader-panicked", "the reader failed on it")))?;
            Ok(Looked { format: piece.format, found, standing })
        };
        self.audit.each(
            &Roots::new(vec![target.path.clone()]),
            true,
            |work| match work {
                Work::Piece(piece) => Ok(vec![look(&piece)?]),
                Work::Items(items) => items
                    .into_iter()
                    .map(|item| {
                        let (bytes, gap) = read_whole(&item).map_err(|_| changed())?;
                        look(&whole(item, bytes, gap.into_iter().collect()))
                    })
                    .collect(),
                Work::Gap(..) => Err(changed()),
                Work::Folder(_) | Work::Excluded => Ok(Vec::new()),
            },
            |looked: Result<Vec<Looked>, Problem>| {
                for Looked { format, found: more, standing } in looked? {
                    found += more;
                    planner.standing(format, &standing);
                }
                Ok(())
            },
        )??;
        if found != target.parts.len() {
            return Err(changed());
        }
        let plan = planner.finish().map_err(|why| refused(&why))?;
        Ok(plan.splices().iter().map(|splice| splice.range.clone()).collect())
    }

    /// Whether nothing but white space would be left of a file that is nothing without its record.
    fn nothing_left(&self, path: &Path, len: u64, removed: &[Range<u64>]) -> io::Result<bool> {
        let gone: u64 = removed.iter().map(|range| range.end - range.start).sum();
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        if len.saturating_sub(gone) > 64 || ending.is_some_and(|ending| EMPTY.contains(&ending.as_str())) {
            return Ok(false);
        }
        let mut file = File::open(path)?;
        let mut left = Vec::new();
        let mut at = 0;
        for range in removed.iter().cloned().chain(std::iter::once(len..len)) {
            file.seek(SeekFrom::Start(at))?;
            Read::by_ref(&mut file).take(range.start.saturating_sub(at)).read_to_end(&mut left)?;
            at = range.end;
        }
        Ok(left.iter().all(u8::is_ascii_whitespace))
    }

    /// Writes the new file, if there is to be one, and gives what is sealed before the bytes that go: digests
    /// before and after, from the same reading.
    fn write(
        &self,
        target: &Target,
        seen: &FileFacts,
        removed: &[Range<u64>],
        temporary: Option<&Path>,
    ) -> Result<FileHead, Problem> {
        let mut file = temporary.map(|path| self.create(path, seen.len)).transpose()?;
        let (mut old, mut new) = (Sha256::new(), Sha256::new());
        let mut new_len = 0;
        each_run(&target.path, removed, &mut |bytes, goes| {
            old.update(bytes);
            if goes {
                return Ok(());
            }
            new.update(bytes);
            new_len += bytes.len() as u64;
            let file = file.as_mut().ok_or_else(changed)?;
            file.append(bytes).map_err(|error| failed(&error))
        })?;
        if let Some(mut file) = file {
            file.sync().map_err(|error| failed(&error))?;
        }
        let path = target.path.strip_prefix(self.root).map_err(|_| changed())?.to_path_buf();
        Ok(FileHead {
            path,
            old: old.finish().to_string(),
            old_len: seen.len,
            new: new.finish().to_string(),
            new_len,
            whole: temporary.is_none(),
            mode: mode_of(&target.path)?,
        })
    }

    fn create(&self, path: &Path, len: u64) -> Result<Box<dyn DiskFile + '_>, Problem> {
        match self.disk.unlink(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&error)),
            _ => {}
        }
        let created = if len < LARGE { self.disk.create(path) } else { self.disk.create_large(path) };
        created.map_err(|error| failed(&error))
    }
}

/// The permission bits of a file.
fn mode_of(path: &Path) -> Result<Option<u32>, Problem> {
    let facts = fs::metadata(path).map_err(|_| changed())?;
    #[cfg(unix)]
    let mode = Some(std::os::unix::fs::MetadataExt::mode(&facts) & 0o7777);
    #[cfg(not(unix))]
    let mode = facts.permissions().readonly().then_some(0o444);
    Ok(mode)
}

/// How many of the target's parts lie in a piece with the bytes they were planned with.
fn parts_in(piece: &OwnedPiece, target: &Target, digests: &Subkey) -> Result<usize, Problem> {
    let end = piece.base + piece.bytes.len() as u64;
    let mut found = 0;
    let first = target.parts.partition_point(|(range, _)| range.start < piece.base);
    for (range, digest) in target.parts.iter().skip(first).take_while(|(range, _)| range.start < end) {
        if range.end > end {
            continue;
        }
        let [from, to] =
            [range.start, range.end].map(|at| usize::try_from(at - piece.base).unwrap_or(usize::MAX));
        let bytes = piece.bytes.get(from..to).unwrap_or(&[]);
        if digests.mac(&[b"part", bytes]) != *digest {
            return Err(changed());
        }
        found += 1;
    }
    Ok(found)
}

/// Takes a run of bytes, and whether they go.
type Take<'t> = dyn FnMut(&[u8], bool) -> Result<(), Problem> + 't;

/// Reads a file in order: runs of bytes with whether they go.
fn each_run(path: &Path, removed: &[Range<u64>], take: &mut Take<'_>) -> Result<(), Problem> {
    let mut file = File::open(path).map_err(|_| changed())?;
    let mut buffer = vec![0; CHUNK];
    // Borders of runs; those at which nothing lies, as in an empty file, part nothing.
    let mut runs =
        removed.iter().filter(|range| !range.is_empty()).flat_map(|range| [range.start, range.end]);
    let (mut until, mut goes) = (runs.next().unwrap_or(u64::MAX), false);
    let mut at = 0;
    loop {
        let read = file.read(&mut buffer).map_err(|_| changed())?;
        if read == 0 {
            return if until == u64::MAX { Ok(()) } else { Err(changed()) };
        }
        let mut left = buffer.get(..read).unwrap_or_default();
        while !left.is_empty() {
            let most = usize::try_from(until - at).unwrap_or(usize::MAX).min(left.len());
            let (bytes, rest) = left.split_at_checked(most).unwrap_or((left, &[]));
            if !bytes.is_empty() {
                take(bytes, goes)?;
            }
            (left, at) = (rest, at + bytes.len() as u64);
            if at == until {
                (until, goes) = (runs.next().unwrap_or(u64::MAX), !goes);
            }
        }
    }
}

/// Takes bytes, and where they stand.
type TakeAt<'t> = dyn FnMut(u64, &[u8]) -> Result<(), Problem> + 't;

/// Reads ranges of a file, and nothing else of it.
fn each_range(path: &Path, ranges: &[Range<u64>], take: &mut TakeAt<'_>) -> Result<(), Problem> {
    let mut file = File::open(path).map_err(|_| changed())?;
    let mut buffer = vec![0; CHUNK];
    for range in ranges {
        let mut at = range.start;
        file.seek(SeekFrom::Start(at)).map_err(|_| changed())?;
        while at < range.end {
            let most = usize::try_from(range.end - at).unwrap_or(usize::MAX).min(CHUNK);
            let read = file.read(buffer.get_mut(..most).unwrap_or_default()).map_err(|_| changed())?;
            let bytes = buffer.get(..read).filter(|bytes| !bytes.is_empty()).ok_or_else(changed)?;
            take(at, bytes)?;
            at += read as u64;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(text: &str, removed: &[Range<u64>]) -> Option<(String, String)> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::io::Write::write_all(&mut File::create(&path).unwrap(), text.as_bytes()).unwrap();
        let (mut kept, mut gone, mut alone) = (Vec::new(), Vec::new(), Vec::new());
        let read = each_run(&path, removed, &mut |bytes, goes| {
            if goes {
                gone.extend_from_slice(bytes)
            } else {
                kept.extend_from_slice(bytes)
            }
            Ok(())
        });
        let ranges = each_range(&path, removed, &mut |_, bytes| {
            alone.extend_from_slice(bytes);
            Ok(())
        });
        assert_eq!(read.is_ok(), ranges.is_ok());
        read.ok()?;
        assert_eq!(gone, alone);
        Some((String::from_utf8(kept).unwrap(), String::from_utf8(gone).unwrap()))
    }

    #[test]
    fn runs_are_what_stays_and_what_goes() {
        let one = |range: Range<u64>| vec![range];
        let long = "0123456789".repeat(CHUNK / 4);
        let middle = CHUNK as u64 - 5..2 * CHUNK as u64 + 5;
        let left = [&long[..CHUNK - 5], &long[2 * CHUNK + 5..]].concat();
        for (text, removed, kept) in [
            ("", one(0..0), ""),
            ("", Vec::new(), ""),
            ("abc", one(0..3), ""),
            ("abc", one(0..1), "bc"),
            ("abc", one(2..3), "ab"),
            ("abcdef", vec![0..1, 3..4, 5..6], "bce"),
            ("abc", one(1..1), "abc"),
            (long.as_str(), one(middle), left.as_str()),
        ] {
            assert_eq!(runs(text, &removed).map(|(kept, _)| kept).as_deref(), Some(kept), "{removed:?}");
        }
        assert!(runs("abc", &one(2..4)).is_none(), "the file is shorter than it was");
    }
}
