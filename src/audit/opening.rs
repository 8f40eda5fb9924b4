//! Containers the walk meets: their members go out as work of their own while the container is read, so that
//! an archive may be larger than memory, and a large member is cut at record ends as a file is.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::formats::containers::{
    Bounded, Container, Head, Refusal, Source, Unopened, Visitor, damaged, too_many,
};
use crate::formats::{Format, probe};
use crate::records::{Gap, GapClass, Limits};
use crate::sources::{Handle, Item, io_gap};

use super::attachments::Namer;
use super::pieces::{Batch, HEAD, OwnedPiece, SMALL, Work, cut, whole};
use super::pipeline::{Control, Dispatch};

/// What a walk does with the containers it meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Containers {
    /// Their members go out one by one.
    Opened,
    /// They go out whole, since they are to be written again.
    Whole,
}

/// A container while its members go out.
pub(super) struct Opening<'o> {
    pub(super) item: &'o Item,
    pub(super) format: &'static dyn Format,
    pub(super) container: &'o dyn Container,
    /// Bytes one member may have.
    pub(super) most: u64,
    pub(super) limits: &'o Limits,
    pub(super) control: &'o Control,
    /// Names members that are called by an id.
    pub(super) namer: Namer<'o>,
}

impl Opening<'_> {
    /// Sends the members out; `false` when nobody takes them any more. `size` are the bytes the walk met.
    pub(super) fn run(&self, source: &mut dyn Source, size: u64, out: &mut Dispatch<Work>) -> bool {
        let Some(limits) = self.limits.inside() else {
            let what = "containers lie inside each other deeper than is read";
            let gap = Gap::new(GapClass::Limit, "too-deep", what).lifted_by("--max-depth");
            return self.told(true, size, vec![gap], out);
        };
        if !self.told(true, size, Vec::new(), out) {
            return false;
        }
        let mut members = Members {
            of: self,
            limits,
            batch: Batch::default(),
            count: 0,
            gaps: Vec::new(),
            alive: true,
            out,
        };
        let name = self.item.origin.name().expose();
        self.container.walk(source, name, &self.limits.passwords, &mut members);
        let Members { mut batch, gaps, alive, out, .. } = members;
        alive && batch.send(out) && (gaps.is_empty() || self.told(false, 0, gaps, out))
    }

    /// The container itself, without its bytes: its name, and what is wrong with it.
    fn told(&self, first: bool, size: u64, gaps: Vec<Gap>, out: &mut Dispatch<Work>) -> bool {
        let piece = OwnedPiece { first, passed_over: size, ..empty(self.item.clone(), self.format, gaps) };
        out.send(Work::Piece(Box::new(piece)))
    }
}

fn empty(item: Item, format: &'static dyn Format, gaps: Vec<Gap>) -> OwnedPiece {
    OwnedPiece { format, ..whole(item, Vec::new(), gaps) }
}

struct Members<'m, 'o> {
    of: &'m Opening<'o>,
    limits: Limits,
    batch: Batch,
    count: u64,
    gaps: Vec<Gap>,
    alive: bool,
    out: &'m mut Dispatch<Work>,
}

impl Visitor for Members<'_, '_> {
    fn member(&mut self, head: Head, content: &mut dyn Read) -> ControlFlow<()> {
        let Some(item) = self.next(head) else { return ControlFlow::Break(()) };
        let mut bounded = Bounded::new(content, self.of.most, &self.limits.expanded);
        let mut bytes = Vec::new();
        let read = bounded.by_ref().take(SMALL + 1).read_to_end(&mut bytes);
        self.alive = match read {
            Err(error) => {
                let gap = member_gap(&error);
                if gap.class == GapClass::Limit {
                    bytes.clear();
                }
                self.send(whole(item, bytes, vec![gap]))
            }
            Ok(_) if bytes.len() as u64 <= SMALL => {
                let size = bytes.len() as u64;
                self.batch.push(Item { handle: Handle::Memory(bytes.into()), ..item }, size, self.out)
            }
            Ok(_) => self.batch.send(self.out) && self.large(item, bytes, &mut bounded),
        };
        self.flow()
    }

    fn unread(&mut self, head: Head, gap: Gap) -> ControlFlow<()> {
        let Some(item) = self.next(head) else { return ControlFlow::Break(()) };
        self.alive = self.send(empty(item, &Unopened, vec![gap]));
        self.flow()
    }

    fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }
}

impl Members<'_, '_> {
    fn flow(&self) -> ControlFlow<()> {
        if self.alive { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    /// The item of the next member; none when there are to be no more.
    fn next(&mut self, head: Head) -> Option<Item> {
        if self.of.control.is_interrupted() {
            return None;
        }
        if self.count >= self.limits.members {
            self.gaps.push(too_many());
            return None;
        }
        self.count += 1;
        let container = self.of.item;
        let mut item = Item {
            number: container.number.member(head.ordinal),
            origin: Arc::new(container.origin.member(head.name)),
            handle: Handle::Inside,
            file: container.file,
            media_type: None,
            told_name: None,
            attached: container.attached,
        };
        self.of.namer.name(&mut item);
        Some(item)
    }

    fn send(&mut self, piece: OwnedPiece) -> bool {
        self.batch.send(self.out) && self.out.send(Work::Piece(Box::new(piece)))
    }

    /// A member that goes out in pieces, or is a container itself.
    fn large(&mut self, item: Item, begun: Vec<u8>, rest: &mut Bounded<'_>) -> bool {
        let format = probe(begun.get(..HEAD).unwrap_or(&begun), item.hint(), item.media_type.as_deref());
        let Opening { control, most, namer, .. } = *self.of;
        let Some(container) = format.container() else {
            let mut source = Cursor::new(begun).chain(rest);
            return cut(item, &mut source, Vec::new(), format, &self.limits, control, self.out);
        };
        let mut opening =
            Opening { item: &item, format, container, most, limits: &self.limits, control, namer };
        if !container.seeks() {
            let mut source = Forward(Cursor::new(begun).chain(rest));
            return opening.run(&mut source, 0, self.out);
        }
        let mut bytes = begun;
        let hold = self.limits.record_bytes.saturating_sub(bytes.len() as u64);
        let gap = match rest.by_ref().take(hold + 1).read_to_end(&mut bytes) {
            Err(error) => Some(member_gap(&error)),
            Ok(read) if read as u64 > hold => {
                let what = "a container inside another is too large to be held, and its members were not opened; unpack the outer one and name the folder";
                Some(Gap::new(GapClass::Limit, "container-too-large", what))
            }
            Ok(_) => None,
        };
        if let Some(gap) = gap {
            return self.send(empty(item, &Unopened, vec![gap]));
        }
        opening.most = self.limits.expands(bytes.len() as u64);
        opening.run(&mut Cursor::new(bytes), 0, self.out)
    }
}

/// The gap for an error while a member is unpacked.
pub(super) fn member_gap(error: &io::Error) -> Gap {
    match Refusal::of(error) {
        Some(refusal) => refusal.gap(),
        None if error.kind() == io::ErrorKind::PermissionDenied => io_gap(error),
        None => damaged("a member cannot be unpacked to its end"),
    }
}

/// A stream, where only reading on is asked for.
pub(super) struct Forward<R>(pub(super) R);

impl<R: Read> Read for Forward<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R> Seek for Forward<R> {
    fn seek(&mut self, _to: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::NotSeekable.into())
    }
}
