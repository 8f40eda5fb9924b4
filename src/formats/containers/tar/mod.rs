//! tar archives: ustar, GNU and pax (POSIX.1-2024, pax interchange format).

mod header;

use std::cell::Cell;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use ::tar::{Archive, EntryType};

use super::{Contained, Container, Head, Piece, Reading, Source, Visitor, damaged};
use crate::formats::rewrite::{Refused, Rewrite, Splice};
use crate::records::{Gap, GapClass, Passwords, Text};

/// Bytes of a header, and what contents are filled up to.
const BLOCK: u64 = 512;

/// The format `tar`.
pub(in crate::formats) static TAR: Contained<Tar> = Contained(Tar);

/// tar archives.
pub(in crate::formats) struct Tar;

/// A member, as the archive says.
struct Entry {
    /// Where what is said of it begins: its header, or records before that.
    before: u64,
    content: Range<u64>,
}

impl Container for Tar {
    fn name(&self) -> &'static str {
        "tar"
    }

    fn claims(&self, head: &[u8]) -> bool {
        is_header(head)
    }

    fn walk(&self, source: &mut dyn Source, _name: &str, _passwords: &Passwords, visitor: &mut dyn Visitor) {
        let ended = Cell::new(false);
        let mut archive = Archive::new(Watched { inner: source, ended: &ended });
        let Ok(entries) = archive.entries() else {
            return visitor.gap(damaged("the archive does not begin as it should"));
        };
        let mut ordinal = 0u32;
        for entry in entries {
            let Ok(mut entry) = entry else {
                return visitor.gap(damaged("the archive ends early, or a header in it is wrong"));
            };
            let kind = entry.header().entry_type();
            if kind.is_pax_global_extensions() {
                continue;
            }
            ordinal = ordinal.saturating_add(1);
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let head = Head { ordinal, name };
            let flow = match unread(kind) {
                Some(gap) => visitor.unread(head, gap),
                None => {
                    let wanted = entry.size();
                    let mut content = Counted { inner: &mut entry, read: 0 };
                    let flow = visitor.member(head, &mut content);
                    // What the visitor left is passed over; that it is there must be known all the same.
                    let left = std::io::copy(&mut content, &mut std::io::sink());
                    if left.is_err() || content.read < wanted {
                        return visitor.gap(damaged("the archive ends inside a member"));
                    }
                    flow
                }
            };
            if flow.is_break() {
                return;
            }
        }
        if ended.get() {
            visitor.gap(damaged("the archive ends without the mark of its end: it may have been cut"));
        } else if holds_more(&mut archive.into_inner()).unwrap_or(true) {
            visitor.gap(damaged(
                "bytes behind the mark of the archive's end were not read: it may be several archives in one",
            ));
        }
    }
}

/// Whether there is anything but zeros to come.
fn holds_more(source: &mut dyn Read) -> std::io::Result<bool> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let got = source.read(&mut buffer)?;
        if got == 0 || buffer.get(..got).is_some_and(|bytes| bytes.iter().any(|byte| *byte != 0)) {
            return Ok(got > 0);
        }
    }
}

/// Tells whether the end of the bytes was met.
struct Watched<'s> {
    inner: &'s mut dyn Source,
    ended: &'s Cell<bool>,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.ended.set(self.ended.get() || (got == 0 && !buffer.is_empty()));
        Ok(got)
    }
}

/// Why a member has no content of its own to be read.
fn unread(kind: EntryType) -> Option<Gap> {
    let told = |code, what| Some(Gap::new(GapClass::Unread, code, what));
    if kind.is_symlink() || kind.is_hard_link() {
        let what = "a link in an archive is not followed; what it leads to is read where it is";
        return told("link-not-followed", what);
    }
    if kind.is_gnu_sparse() {
        let what = "a member is written with its holes left out, which is not read; unpack the archive and scan the folder";
        return told("sparse-member", what);
    }
    if kind.is_character_special() || kind.is_block_special() || kind.is_fifo() {
        return told("not-a-regular-file", "a pipe, socket or device in an archive has no content");
    }
    None
}

/// Counts what comes out.
struct Counted<'r> {
    inner: &'r mut dyn Read,
    read: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.read += got as u64;
        Ok(got)
    }
}

/// Whether a block is a header: its sum is right, as no text's is by chance.
fn is_header(head: &[u8]) -> bool {
    let Some(block) = head.get(..BLOCK as usize) else { return false };
    let Some(said) = block.get(148..156).and_then(octal) else { return false };
    let sum: u64 = block
        .iter()
        .enumerate()
        .map(|(at, byte)| u64::from(if (148..156).contains(&at) { b' ' } else { *byte }))
        .sum();
    said == sum
}

/// A number in octal digits, ended by a space or zero.
fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    u64::from_str_radix(text.trim_matches([' ', '\0']), 8).ok()
}

impl Rewrite for Tar {
    /// A header with another size and sum, and the new content filled up; all other blocks stay.
    fn replace_all(
        &self,
        piece: &Piece<'_>,
        _reading: &Reading<'_>,
        members: &[(u32, Arc<[u8]>)],
        names: &[(u32, Text)],
    ) -> Result<Vec<Splice>, Refused> {
        let entries = entries(piece.bytes).ok_or_else(|| {
            Refused::new("member-not-writable", "the archive is damaged and is not written")
        })?;
        let mut splices = Vec::new();
        for (ordinal, entry) in (1u32..).zip(&entries) {
            let bytes = members.iter().find(|(at, _)| *at == ordinal).map(|(_, bytes)| bytes);
            let name = names.iter().find(|(at, _)| *at == ordinal).map(|(_, name)| name.expose());
            if bytes.is_some() || name.is_some() {
                entry.replace(piece, bytes.map(AsRef::as_ref), name, &mut splices)?;
            }
        }
        Ok(splices)
    }
}

impl Entry {
    fn replace(
        &self,
        piece: &Piece<'_>,
        bytes: Option<&[u8]>,
        name: Option<&str>,
        splices: &mut Vec<Splice>,
    ) -> Result<(), Refused> {
        let size = bytes.map_or(self.content.end - self.content.start, |bytes| bytes.len() as u64);
        let inside = |at: u64| usize::try_from(at).ok();
        let before = inside(self.before).zip(inside(self.content.start));
        let before = before.and_then(|(from, to)| piece.bytes.get(from..to)).filter(|_| size < 1 << 33);
        let new = before.and_then(|before| header::rewritten(before, &header::Said { size, name }));
        let new = new.ok_or_else(|| {
            let what = "what stands before a member of the archive is of a kind that is not written";
            Refused::new("member-not-writable", what)
        })?;
        splices.push(Splice { range: piece.base + self.before..piece.base + self.content.start, bytes: new });
        let Some(bytes) = bytes else { return Ok(()) };
        let mut content = bytes.to_vec();
        content.resize(bytes.len().next_multiple_of(BLOCK as usize), 0);
        let filled = self.content.end.next_multiple_of(BLOCK).min(piece.bytes.len() as u64);
        splices.push(Splice {
            range: piece.base + self.content.start..piece.base + filled.max(self.content.end),
            bytes: content,
        });
        Ok(())
    }
}

/// Every member by its number; none where the archive is damaged.
fn entries(bytes: &[u8]) -> Option<Vec<Entry>> {
    let mut archive = Archive::new(bytes);
    let mut found = Vec::new();
    let mut before = 0;
    for entry in archive.entries().ok()? {
        let entry = entry.ok()?;
        let begins = std::mem::replace(
            &mut before,
            (entry.raw_file_position() + entry.size()).next_multiple_of(BLOCK),
        );
        if entry.header().entry_type().is_pax_global_extensions() {
            continue;
        }
        let start = entry.raw_file_position();
        found.push(Entry { before: begins, content: start..start + entry.size() });
    }
    Some(found)
}
