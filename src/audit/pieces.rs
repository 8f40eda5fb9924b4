//! Items into work: small files in batches, large ones cut at record ends.

use std::io::{self, Cursor, Read};
use std::ops::Range;
use std::sync::Arc;

use crate::formats::containers::Unopened;
use crate::formats::{Carry, Cut, Format, Piece, probe};
use crate::records::{Block, Gap, GapClass, Limits, Position};
use crate::sources::{Handle, Item, Met, Roots, io_gap};

use super::attachments::Namer;
use super::buffers::Buffers;
pub(crate) use super::buffers::PieceBytes;
use super::config::Config;
use super::opening::{Containers, Forward, Opening, member_gap};
use super::pipeline::{Control, Dispatch};

/// Files up to this size travel in batches.
pub(super) const SMALL: u64 = 256 << 10;
/// Files up to this size are read by the worker that takes them; larger ones are cut by the walker.
const WHOLE: u64 = 2 << 20;
/// Bytes of a batch, and of a cut.
const TARGET: usize = 1 << 20;
/// Records of a cut: what is written of each is many times as long as a short row is.
const RECORDS: u64 = 4096;
/// Bytes of a cut at least.
const LEAST: usize = 64 << 10;
/// Files of a batch.
const BATCH: usize = 64;
/// What a probe sees.
pub(super) const HEAD: usize = 64 << 10;

/// What one worker does at a time.
pub(crate) enum Work {
    /// Items to read and scan, in order.
    Items(Vec<Item>),
    /// A piece of a large item.
    Piece(Box<OwnedPiece>),
    /// What the walk could not read.
    Gap(Box<Item>, Gap),
    /// A folder, for rules about trees.
    Folder(Box<Item>),
    /// A file that `ignore:` leaves out.
    Excluded,
}

/// A piece with its bytes.
pub(crate) struct OwnedPiece {
    pub(crate) item: Item,
    pub(crate) format: &'static dyn Format,
    pub(crate) bytes: PieceBytes,
    pub(crate) base: u64,
    pub(crate) position: Position,
    pub(crate) first_ordinal: u64,
    pub(crate) first: bool,
    pub(crate) last: bool,
    pub(crate) window: Option<Range<usize>>,
    pub(crate) carry: Arc<Carry>,
    /// What went wrong while the piece was read.
    pub(crate) gaps: Vec<Gap>,
    /// Raw bytes of the item that are in no piece: of a container whose members go out in its place.
    pub(crate) passed_over: u64,
}

impl OwnedPiece {
    /// The piece as readers see it.
    pub(crate) fn as_piece(&self) -> Piece<'_> {
        Piece {
            bytes: &self.bytes,
            base: self.base,
            position: self.position,
            first_ordinal: self.first_ordinal,
            first: self.first,
            last: self.last,
            window: self.window.clone(),
            carry: Arc::clone(&self.carry),
            name: self.item.hint(),
            media_type: self.item.media_type.as_deref(),
        }
    }
}

/// Walks everything and sends it out as work, in the order of the walk.
pub(crate) fn produce(
    roots: &Roots,
    containers: Containers,
    limits: &Limits,
    control: &Control,
    config: &Config,
    namer: Namer<'_>,
    out: &mut Dispatch<Work>,
) {
    let mut batch = Batch::default();
    for met in roots.clone().with_sources(config.places.clone()).walk() {
        if control.is_interrupted() {
            break;
        }
        let alive = match met {
            Met::Folder(item) => batch.send(out) && out.send(Work::Folder(Box::new(item))),
            Met::Gap(item, gap) => {
                control.advance(1, 0);
                batch.send(out) && out.send(Work::Gap(Box::new(item), gap))
            }
            Met::Item(item) if config.ignores(item.origin.path.expose()) => {
                batch.send(out) && out.send(Work::Excluded)
            }
            Met::Item(mut item) => {
                namer.name(&mut item);
                let size = item.len_hint();
                control.advance(1, size.unwrap_or(0));
                match size {
                    Some(size) if size <= SMALL => batch.push(item, size, out),
                    Some(size) if size <= WHOLE && containers == Containers::Whole => {
                        batch.send(out) && out.send(Work::Items(vec![item]))
                    }
                    _ => batch.send(out) && large(item, containers, limits, control, namer, out),
                }
            }
        };
        if !alive {
            return;
        }
    }
    batch.send(out);
}

/// Small items that travel together.
#[derive(Default)]
pub(super) struct Batch {
    items: Vec<Item>,
    bytes: u64,
}

impl Batch {
    /// Takes one more; `false` when the workers are gone.
    pub(super) fn push(&mut self, item: Item, size: u64, out: &mut Dispatch<Work>) -> bool {
        self.items.push(item);
        self.bytes += size;
        if self.items.len() >= BATCH || self.bytes >= TARGET as u64 { self.send(out) } else { true }
    }

    /// Sends what there is.
    pub(super) fn send(&mut self, out: &mut Dispatch<Work>) -> bool {
        self.bytes = 0;
        let items = std::mem::take(&mut self.items);
        items.is_empty() || out.send(Work::Items(items))
    }
}

/// Sends out a large item or standard input: in pieces, or where it is a container, what it holds.
fn large(
    item: Item,
    containers: Containers,
    limits: &Limits,
    control: &Control,
    namer: Namer<'_>,
    out: &mut Dispatch<Work>,
) -> bool {
    let mut source = match item.open() {
        Ok(source) => source,
        Err(error) => return out.send(Work::Gap(Box::new(item), io_gap(&error))),
    };
    let mut head = Vec::with_capacity(HEAD);
    if let Err(error) = source.by_ref().take(HEAD as u64).read_to_end(&mut head) {
        return out.send(Work::Gap(Box::new(item), io_gap(&error)));
    }
    let format = probe(&head, item.hint(), item.media_type.as_deref());
    let size = item.len_hint();
    match (format.container(), containers) {
        (Some(container), Containers::Opened) => {
            let most = size.map_or(u64::MAX, |size| limits.expands(size));
            let opening = Opening { item: &item, format, container, most, limits, control, namer };
            match (&item.handle, container.seeks()) {
                (Handle::File(path), _) => match std::fs::File::open(path) {
                    Ok(mut file) => opening.run(&mut file, size.unwrap_or(0), out),
                    Err(error) => out.send(Work::Gap(Box::new(item), io_gap(&error))),
                },
                (_, false) => opening.run(&mut Forward(Cursor::new(head).chain(source)), 0, out),
                (_, true) => held(&opening, head, source.as_mut(), out),
            }
        }
        (Some(_), Containers::Whole) if size.is_some_and(|size| size > limits.record_bytes) => {
            cut(item, source.as_mut(), head, &Unopened, limits, control, out)
        }
        _ if size.is_some_and(|size| size <= WHOLE) => out.send(Work::Items(vec![item])),
        _ => cut(item, source.as_mut(), head, format, limits, control, out),
    }
}

/// A container that comes as a stream and has its list at the end.
fn held(opening: &Opening<'_>, mut bytes: Vec<u8>, source: &mut dyn Read, out: &mut Dispatch<Work>) -> bool {
    let item = Box::new(opening.item.clone());
    if let Err(error) = source.take(opening.limits.record_bytes).read_to_end(&mut bytes) {
        return out.send(Work::Gap(item, io_gap(&error)));
    }
    if bytes.len() as u64 >= opening.limits.record_bytes {
        let what = "an archive or mail store on standard input is too large to be held; write it to a file and name that";
        return out.send(Work::Gap(item, Gap::new(GapClass::Limit, "container-too-large", what)));
    }
    let (size, most) = (bytes.len() as u64, opening.limits.expands(bytes.len() as u64));
    Opening { most, ..*opening }.run(&mut Cursor::new(bytes), size, out)
}

/// Cuts an item into pieces; `head` are the bytes that were read of it.
pub(super) fn cut(
    item: Item,
    source: &mut dyn Read,
    head: Vec<u8>,
    format: &'static dyn Format,
    limits: &Limits,
    control: &Control,
    out: &mut Dispatch<Work>,
) -> bool {
    let cutter = format.cutter();
    let mut cutting = Cutting {
        item,
        format,
        buffer: head,
        start: 0,
        base: 0,
        position: Position::START,
        ordinal: 0,
        first: true,
        carry: Arc::default(),
        ended: false,
        gaps: Vec::new(),
        buffers: Arc::default(),
    };
    let Some(mut cutter) = cutter else {
        return cutting.hold_whole(source, limits, out);
    };
    let cap = usize::try_from(limits.record_bytes).unwrap_or(usize::MAX);
    let mut wanted = TARGET;
    loop {
        if control.is_interrupted() {
            return true;
        }
        match cutter.cut(cutting.here(), wanted, cutting.ended) {
            Cut::Here { len, records, carry } if len > 0 => {
                cutting.carry = carry;
                wanted = next_cut(len, records);
                if !cutting.send(len, len, records, None, out) {
                    return false;
                }
                if cutting.ended && cutting.here().is_empty() {
                    return true;
                }
            }
            _ if cutting.ended && cutting.here().is_empty() => {
                return !cutting.first || cutting.send(0, 0, 0, None, out);
            }
            // A record with no end in sight: it goes on as text, window by window.
            _ if cutting.ended || cutting.here().len() >= cap => {
                return cutting.windows(source, control, out);
            }
            _ => cutting.read_more(source, TARGET),
        }
    }
}

/// Bytes to cut next where the last so many had so many records.
fn next_cut(len: usize, records: u64) -> usize {
    let bytes = (len as u64).saturating_mul(RECORDS) / records.max(1);
    usize::try_from(bytes).unwrap_or(TARGET).clamp(LEAST, TARGET)
}

/// A large item while it is cut.
struct Cutting {
    item: Item,
    format: &'static dyn Format,
    buffer: Vec<u8>,
    /// Where in the buffer the bytes not yet sent begin.
    start: usize,
    base: u64,
    position: Position,
    ordinal: u64,
    first: bool,
    carry: Arc<Carry>,
    ended: bool,
    gaps: Vec<Gap>,
    buffers: Arc<Buffers>,
}

impl Cutting {
    /// The bytes read and not yet sent.
    fn here(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or(&[])
    }

    /// Reads up to `wanted` bytes more; an error ends the item with a gap.
    fn read_more(&mut self, source: &mut dyn Read, wanted: usize) {
        let before = self.buffer.len();
        let read = source.take(wanted as u64).read_to_end(&mut self.buffer);
        let total = self.base + self.here().len() as u64;
        match read {
            Ok(_) if self.buffer.len() > before => {}
            Ok(_) => {
                self.ended = true;
                self.gaps.extend(shrunk(&self.item, total));
            }
            Err(error) => {
                self.ended = true;
                let gap = match self.item.handle {
                    Handle::Inside => member_gap(&error),
                    _ => io_gap(&error),
                };
                self.gaps.push(gap.at(total, None));
            }
        }
    }

    /// Sends the first `len` bytes of the buffer and goes on behind the first `advance` of them.
    fn send(
        &mut self,
        len: usize,
        advance: usize,
        records: u64,
        window: Option<Range<usize>>,
        out: &mut Dispatch<Work>,
    ) -> bool {
        let here = self.here();
        let next = self.position.after(here.get(..advance).unwrap_or(here));
        let last = self.ended && len == here.len();
        let bytes = if self.start == 0 && advance == len && len >= here.len() / 2 {
            self.buffers.split(&mut self.buffer, len, TARGET)
        } else {
            let bytes = self.buffers.copy(here.get(..len).unwrap_or(here));
            self.start += advance.min(here.len());
            if self.start >= self.buffer.len() / 2 {
                self.buffer.drain(..self.start);
                self.start = 0;
            }
            bytes
        };
        let alive = out.send(Work::Piece(Box::new(OwnedPiece {
            item: self.item.clone(),
            format: self.format,
            bytes,
            base: self.base,
            position: self.position,
            first_ordinal: self.ordinal,
            first: self.first,
            last,
            window,
            carry: Arc::clone(&self.carry),
            gaps: std::mem::take(&mut self.gaps),
            passed_over: 0,
        })));
        self.base += advance as u64;
        self.position = next;
        self.ordinal += records;
        self.first = false;
        alive
    }

    /// The rest of the item as text, in windows that show half an overlap of their neighbours, so that
    /// a datum across a border is whole in the window that reports it.
    fn windows(mut self, source: &mut dyn Read, control: &Control, out: &mut Dispatch<Work>) -> bool {
        const HALF: usize = Block::OVERLAP / 2;
        self.gaps.push(
            Gap::new(
                GapClass::Limit,
                "record-too-large",
                "one record is larger than is held at once; it was scanned as plain text in windows, without its structure",
            )
            .at(self.base, None),
        );
        let mut lead = 0;
        loop {
            if control.is_interrupted() {
                return true;
            }
            if self.here().len() < TARGET && !self.ended {
                self.read_more(source, TARGET);
                continue;
            }
            let len = self.here().len().min(TARGET);
            if self.ended && len == self.here().len() {
                return self.send(len, len, 0, Some(lead..len), out);
            }
            if !self.send(len, len - 2 * HALF, 0, Some(lead..len - HALF), out) {
                return false;
            }
            lead = HALF;
        }
    }

    /// A format that must be held whole: the item is one piece, or windows where it is too large.
    fn hold_whole(mut self, source: &mut dyn Read, limits: &Limits, out: &mut Dispatch<Work>) -> bool {
        let cap = usize::try_from(limits.record_bytes).unwrap_or(usize::MAX);
        while !self.ended && self.here().len() < cap {
            self.read_more(source, TARGET);
        }
        if self.ended {
            let len = self.here().len();
            return self.send(len, len, 1, None, out);
        }
        match self.format.is_packed() {
            true => self.unopened(source, out),
            false => self.windows(source, &Control::default(), out),
        }
    }

    /// The bytes of what is too large to be opened.
    fn unopened(mut self, source: &mut dyn Read, out: &mut Dispatch<Work>) -> bool {
        self.format = &Unopened;
        loop {
            let len = self.here().len().min(TARGET);
            if len < TARGET && !self.ended {
                self.read_more(source, TARGET);
            } else if len == 0 {
                return true;
            } else if !self.send(len, len, 0, None, out) {
                return false;
            }
        }
    }
}

/// A gap where fewer bytes came than the file had when the walk met it.
fn shrunk(item: &Item, read: u64) -> Option<Gap> {
    let size = item.len_hint()?;
    (read < size).then(|| {
        Gap::new(
            GapClass::Fault,
            "shrank-while-read",
            "the file became shorter while it was read; scan it again when nothing writes to it",
        )
        .at(read, Some(size - read))
    })
}

/// The bytes of a small item, with what went wrong.
pub(crate) fn read_whole(item: &Item) -> Result<(Vec<u8>, Option<Gap>), Gap> {
    let mut bytes =
        Vec::with_capacity(item.len_hint().and_then(|n| usize::try_from(n + 1).ok()).unwrap_or(0));
    // `take` keeps the library from asking the system for the size, which is known.
    let outcome = item.open().and_then(|source| source.take(u64::MAX).read_to_end(&mut bytes));
    match outcome {
        Ok(read) => Ok((bytes, shrunk(item, read as u64))),
        Err(error) if bytes.is_empty() => Err(io_gap(&error)),
        Err(error) => {
            let at = bytes.len() as u64;
            Ok((bytes, Some(io_gap(&io::Error::from(error.kind())).at(at, None))))
        }
    }
}

/// A whole item as one piece.
pub(crate) fn whole(item: Item, bytes: Vec<u8>, gaps: Vec<Gap>) -> OwnedPiece {
    let head = bytes.get(..HEAD).unwrap_or(&bytes);
    let format = probe(head, item.hint(), item.media_type.as_deref());
    OwnedPiece {
        item,
        format,
        bytes: bytes.into(),
        base: 0,
        position: Position::START,
        first_ordinal: 0,
        first: true,
        last: true,
        window: None,
        carry: Arc::default(),
        gaps,
        passed_over: 0,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::records::{ItemNumber, Origin};
    use crate::sources::{FileFacts, Handle};

    /// A file the walk met with more bytes than it has now.
    fn shrunken(dir: &std::path::Path, now: &[u8], met: u64) -> Item {
        let path = dir.join("shrinks.txt");
        std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), now).unwrap();
        Item {
            number: ItemNumber::top(1),
            origin: Arc::new(Origin::outermost("shrinks.txt")),
            handle: Handle::File(path),
            file: Some(FileFacts { size: met, mode: None, grants: None }),
            media_type: None,
            told_name: None,
            attached: Default::default(),
        }
    }

    #[test]
    fn a_file_that_shrinks_is_told_and_what_is_left_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let (bytes, gap) = read_whole(&shrunken(dir.path(), b"half", 8)).ok().unwrap();
        let gap = gap.unwrap();
        assert_eq!(
            (bytes.as_slice(), gap.code, gap.offset, gap.bytes),
            (b"half".as_slice(), "shrank-while-read", Some(4), Some(4))
        );
    }

    #[test]
    fn a_large_file_that_shrinks_is_told_with_its_last_piece() {
        let dir = tempfile::tempdir().unwrap();
        let text = "una línea de texto\n".repeat(200_000);
        let item = shrunken(dir.path(), text.as_bytes(), 5_000_000);
        let mut codes = Vec::new();
        let mut read = 0;
        let done: Result<(), ()> = super::super::pipeline::run(
            1,
            |dispatch| {
                let mappings = crate::formats::mapping::Mappings::default();
                let namer = Namer { mappings: &mappings, attachments: None };
                let (limits, control) = (Limits::default(), Control::default());
                large(item, Containers::Opened, &limits, &control, namer, dispatch);
            },
            |work| work,
            |work| {
                if let Work::Piece(piece) = work {
                    read += piece.bytes.len();
                    codes.extend(piece.gaps.iter().map(|gap| (gap.code, piece.last)));
                }
                Ok(())
            },
        )
        .unwrap();
        assert!(done.is_ok());
        assert_eq!((read, codes), (text.len(), vec![("shrank-while-read", true)]));
    }

    #[test]
    fn cuts_of_short_records_are_short() {
        assert_eq!(next_cut(TARGET, 1), TARGET);
        assert_eq!(next_cut(TARGET, 16_384), TARGET / 4);
        assert_eq!(next_cut(TARGET, 1 << 20), LEAST);
        assert_eq!(next_cut(TARGET / 4, 4_096), TARGET / 4);
        assert_eq!(next_cut(10, 0), LEAST);
    }

    #[test]
    fn a_file_that_is_gone_is_a_gap() {
        let dir = tempfile::tempdir().unwrap();
        let item = shrunken(dir.path(), b"x", 1);
        std::fs::File::open(dir.path().join("shrinks.txt")).unwrap();
        drop(dir);
        assert_eq!(read_whole(&item).err().unwrap().code, "vanished");
    }
}
