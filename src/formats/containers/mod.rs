//! Files that hold files: archives and compressed streams.
//!
//! A [`Container`] hands out its members one after the other, as streams, so that a member of any size is
//! read within bounds. A container that is held whole (a small file, an attachment) gives them as members of
//! its [`Format`]; one the walk meets is opened by the walk itself, and its large members are cut at record
//! ends like files. Member names are shown and scanned, and never used as paths.

mod bounded;
mod compressed;
mod foreign;
mod seven_z;
mod tar;
mod zip;

use std::io::{Cursor, Read, Seek};
use std::ops::ControlFlow;
use std::sync::Arc;

pub(crate) use bounded::{Bounded, Refusal};
pub(super) use compressed::{BZIP2, GZIP, XZ, ZSTD};
pub(super) use foreign::Foreign;
pub(super) use seven_z::SEVEN_Z;
pub(super) use tar::TAR;
pub(super) use zip::{Entry, ZIP, repacked};

use super::rewrite::Rewrite;
use super::{Carry, Cut, Cutter, Format, Member, Piece, Purpose, Reading, Vote, Yield};
use crate::records::{Gap, GapClass, Passwords};

/// Bytes a container may be read from.
pub trait Source: Read + Seek {}

impl<S: Read + Seek> Source for S {}

/// A format that holds files.
pub trait Container: Rewrite {
    /// Stable name of the format.
    fn name(&self) -> &'static str;

    /// Whether the bytes are its own, by their beginning.
    fn claims(&self, head: &[u8]) -> bool;

    /// Whether its list of members stands at its end, so that a stream of it must be held first.
    fn seeks(&self) -> bool {
        false
    }

    /// Hands out every member, in order. Where `seeks` says no, the source is only read on. `name` is the
    /// container's own, `passwords` are tried on members that are encrypted.
    fn walk(&self, source: &mut dyn Source, name: &str, passwords: &Passwords, visitor: &mut dyn Visitor);
}

/// Who looks at members.
pub trait Visitor {
    /// A member; whatever is not read of it is passed over.
    fn member(&mut self, head: Head, content: &mut dyn Read) -> ControlFlow<()>;

    /// A member that is there and cannot be read.
    fn unread(&mut self, head: Head, gap: Gap) -> ControlFlow<()>;

    /// Something about the container itself.
    fn gap(&mut self, gap: Gap);
}

/// What a container says of a member.
pub struct Head {
    /// Its number among the members, from 1.
    pub ordinal: u32,
    /// Its name inside; may hold personal data.
    pub name: String,
}

/// A gap for a container or member that is damaged.
pub(crate) fn damaged(what: &str) -> Gap {
    Gap::new(
        GapClass::Fault,
        "damaged-container",
        format!("{what}; what could be read of it was read. Get the file anew from where it came from"),
    )
}

/// Members of a container that is held whole, which are held whole too. The bound on one member is the ratio's;
/// together they may take so much: a multiple of a record's bound, since a small file should not grow to more.
struct Holding<'r, 'o> {
    reading: &'r Reading<'r>,
    /// Bytes one member may have.
    most: u64,
    /// Bytes all may have together.
    left: u64,
    members: u64,
    out: &'o mut dyn Yield,
}

impl Visitor for Holding<'_, '_> {
    fn member(&mut self, head: Head, content: &mut dyn Read) -> ControlFlow<()> {
        if self.full() {
            return ControlFlow::Break(());
        }
        let mut bounded = Bounded::new(content, self.most.min(self.left), &self.reading.limits.expanded);
        let mut bytes = Vec::new();
        let read = bounded.read_to_end(&mut bytes);
        let refused = match (bounded.refused(), read) {
            (Some(Refusal::Larger), _) if self.left < self.most => Some(too_much()),
            (Some(refusal), _) => Some(refusal.gap()),
            (None, Err(_)) => Some(damaged("a member of the container cannot be unpacked to its end")),
            (None, Ok(_)) => None,
        };
        self.left = self.left.saturating_sub(bytes.len() as u64);
        let limit = refused.as_ref().is_some_and(|gap| gap.class == GapClass::Limit);
        self.give(head, if limit { Vec::new() } else { bytes });
        if let Some(gap) = refused {
            self.out.gap(gap);
        }
        ControlFlow::Continue(())
    }

    fn unread(&mut self, head: Head, gap: Gap) -> ControlFlow<()> {
        if self.full() {
            return ControlFlow::Break(());
        }
        // Its name is there to be read.
        self.give(head, Vec::new());
        self.out.gap(gap);
        ControlFlow::Continue(())
    }

    fn gap(&mut self, gap: Gap) {
        self.out.gap(gap);
    }
}

impl Holding<'_, '_> {
    /// Whether there are too many, which is told once.
    fn full(&mut self) -> bool {
        let full = self.members >= self.reading.limits.members;
        if full {
            self.out.gap(too_many());
        }
        self.members += 1;
        full
    }

    fn give(&mut self, head: Head, bytes: Vec<u8>) {
        self.out.member(Member {
            ordinal: head.ordinal,
            name: head.name,
            bytes: Arc::from(bytes),
            media_type: None,
            written: Default::default(),
        });
    }
}

/// The gap of a container with more members than are read.
pub(crate) fn too_many() -> Gap {
    let what = "the container has more members than are read";
    Gap::new(GapClass::Limit, "too-many-members", what).lifted_by("--max-members")
}

fn too_much() -> Gap {
    let what = "the members of the container take more bytes together than are held at once; unpack it and scan the folder";
    Gap::new(GapClass::Limit, "container-too-large", what)
}

/// Files up to this size may grow to the bound of one record, larger ones to four times as much: together
/// they stay below the memory a run may take.
const SMALL: usize = 256 << 10;

/// Reads a container that is held whole.
fn read(container: &dyn Container, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
    // The walk has handed out the members of a container whose piece is empty.
    if piece.bytes.is_empty() {
        return;
    }
    out.block().raw_bytes += piece.bytes.len() as u64;
    if reading.limits.depth == 0 {
        let what = "containers lie inside each other deeper than is read";
        return out.gap(Gap::new(GapClass::Limit, "too-deep", what).lifted_by("--max-depth"));
    }
    let times = if piece.bytes.len() > SMALL { 4 } else { 1 };
    let mut holding = Holding {
        reading,
        most: reading.limits.expands(piece.bytes.len() as u64),
        left: reading.limits.record_bytes.saturating_mul(times),
        members: 0,
        out,
    };
    container.walk(&mut Cursor::new(piece.bytes), piece.name, &reading.limits.passwords, &mut holding);
}

/// A container as a format.
pub(super) struct Contained<C>(pub(super) C);

impl<C: Container> Format for Contained<C> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn probe(&self, head: &[u8], _name: &str) -> Vote {
        if self.0.claims(head) { Vote::Strong } else { Vote::No }
    }

    fn container(&self) -> Option<&dyn Container> {
        Some(&self.0)
    }

    fn rewrite(&self) -> Option<&dyn Rewrite> {
        Some(&self.0)
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        read(&self.0, piece, reading, out);
    }
}

/// A container too large to be held, where it must be: its bytes go on as they are. Without bytes it stands for
/// a member of which the walk has told what is wrong.
pub(crate) struct Unopened;

impl Format for Unopened {
    fn name(&self) -> &'static str {
        "container"
    }

    fn probe(&self, _head: &[u8], _name: &str) -> Vote {
        Vote::No
    }

    fn cutter(&self) -> Option<Box<dyn Cutter>> {
        Some(Box::new(Anywhere))
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if piece.first && !piece.bytes.is_empty() && reading.purpose == Purpose::Scan {
            let what = "the file is too large to be held at once, and what lies in it was not read: unpack an archive and name the folder, cut a recording or document into parts";
            out.gap(Gap::new(GapClass::Limit, "container-too-large", what));
        }
    }
}

/// Nothing is read, so it may end anywhere.
pub(super) struct Anywhere;

impl Cutter for Anywhere {
    fn cut(&mut self, bytes: &[u8], _wanted: usize, _end: bool) -> Cut {
        match bytes.len() {
            0 => Cut::More,
            len => Cut::Here { len, records: 0, carry: Arc::new(Carry::default()) },
        }
    }
}

#[cfg(test)]
mod tests;
