//! What a scan sees, for those who act on it: the blocks of a piece with the very detections that the
//! scan writes as lines.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::attachments::Namer;
use super::config::Config;
use super::context::Context;
use super::lists::Listed;
use super::opening::Containers;
use super::pieces::OwnedPiece;
use super::pipeline;
use super::{Audit, Roots, Work, produce};
use crate::detectors::{Matcher, Scratch, normalise};
use crate::formats::mapping::Mappings;
use crate::formats::{Member, Purpose, Reading, Yield};
use crate::problem::Problem;
use crate::records::{
    Block, Category, Confidence, Detection, Gap, GapClass, Limits, NewField, Ordinal, PathStore, Record,
    RecordKind, Role, ValueClass,
};
use crate::sources::{Attached, Handle, Item};

/// Finds the data of a block, sorted by record and place: the one way in which scans and remedies do.
pub(super) fn detect(
    context: &Context,
    matcher: &Matcher,
    block: &mut Block,
    scratch: &mut Scratch,
    out: &mut Vec<Detection>,
) {
    for record in &mut block.records {
        context.join(record);
    }
    context.mark_named(block);
    let people = context.people_of(block);
    out.clear();
    matcher.detect(block, &people, scratch, out);
    out.sort_by_key(|d| (block.fields().get(d.field as usize).map_or(0, |f| f.record), d.start));
}

/// Confidence and class of a datum with what only the run knows: whose it is, and what the user's
/// lists say.
pub(super) fn classed(
    config: &Config,
    context: &Context,
    detection: &Detection,
    value: &str,
    normal: &str,
) -> (Confidence, ValueClass) {
    let category: Category = detection.category;
    match config.lists.of(category, value, normal) {
        Some(Listed::Denied) => (Confidence::MOST, ValueClass::Real),
        Some(Listed::Allowed) => (detection.confidence, ValueClass::Own),
        // What a standard sets aside for examples belongs to nobody, whoever uses it.
        None if detection.value_class != ValueClass::Documentation && context.is_own(category, normal) => {
            (detection.confidence, ValueClass::Own)
        }
        None => (detection.confidence, detection.value_class),
    }
}

/// Puts the name of an item into a block as the field `@path`: the whole path of what the walk met, the
/// innermost name of a member.
pub(super) fn push_name(block: &mut Block, path: &str, inner: Option<&str>) {
    let record = Record::new("file".into(), RecordKind::File, Ordinal { top: 0, sub: 0 });
    let at = block.push_record(record);
    let field = block.paths.suffix(PathStore::ROOT, "@path");
    block.push_field(inner.unwrap_or(path), NewField::verbatim(at, field, Role::ItemPath, 0));
}

/// Why a member is not opened, if a bound says so. `before` members of its container were opened.
pub(super) fn refused_member(container: usize, before: u64, member: &Member, limits: &Limits) -> Option<Gap> {
    let most = limits.expands(container as u64);
    let (code, message, flag) = match limits.depth {
        0 => ("too-deep", "containers lie inside each other deeper than is read", "--max-depth"),
        _ if before >= limits.members => {
            ("too-many-members", "the container has more members than are read", "--max-members")
        }
        _ if member.bytes.len() as u64 > most => {
            ("expanded-ratio", "the member is far larger than its container: it may be a bomb", "--max-ratio")
        }
        _ => return None,
    };
    Some(Gap::new(GapClass::Limit, code, message).lifted_by(flag))
}

/// A member as an item of its own.
pub(super) fn member_item(
    container: &Item,
    member: Member,
    namer: Namer<'_>,
) -> (Item, std::sync::Arc<[u8]>) {
    // What a message or a value of a record holds has a media type; what an archive holds has none.
    let attached = match container.attached {
        Attached::No if member.media_type.is_some() => Attached::At(None),
        of_container => of_container,
    };
    let mut item = Item {
        number: container.number.member(member.ordinal),
        origin: std::sync::Arc::new(container.origin.member(member.name)),
        handle: Handle::Memory(std::sync::Arc::clone(&member.bytes)),
        file: None,
        media_type: member.media_type,
        told_name: None,
        attached,
    };
    namer.name(&mut item);
    (item, member.bytes)
}

/// Memory that is kept from piece to piece.
#[derive(Default)]
pub(crate) struct Desk {
    block: Block,
    scratch: Scratch,
    detections: Vec<Detection>,
}

/// What stood in a piece beside its blocks.
#[derive(Default)]
pub(crate) struct Beside {
    /// Members, in order.
    pub(crate) members: Vec<Member>,
    /// What could not be read.
    pub(crate) gaps: Vec<Gap>,
}

/// Takes a block with its detections, sorted by record and place.
pub(crate) type Visit<'v> = dyn FnMut(&Block, &[Detection]) + 'v;

/// Reads pieces as a scan does, for somebody who wants to act on what is found.
#[derive(Clone, Copy)]
pub(crate) struct Sight<'a> {
    matcher: &'a Matcher,
    mappings: &'a Mappings,
    config: &'a Config,
    context: &'a Context,
    namer: Namer<'a>,
}

impl Audit<'_> {
    /// What a scan with this context sees.
    pub(crate) fn sight<'s>(&'s self, context: &'s Context) -> Sight<'s> {
        let (mappings, namer) = (&self.policies.mappings, self.namer());
        Sight { matcher: self.matcher, mappings, config: self.config, context, namer }
    }

    /// Sends everything below `roots` through `work` on all threads and gives what comes out to
    /// `collect`, in the order of the walk. `all` takes in what `ignore:` leaves out.
    pub(crate) fn each<O: Send, E>(
        &self,
        roots: &Roots,
        all: bool,
        work: impl Fn(Work) -> O + Sync,
        collect: impl FnMut(O) -> Result<(), E>,
    ) -> Result<Result<(), E>, Problem> {
        let everything = Config::default();
        let config = if all { &everything } else { self.config };
        self.control.begin_pass();
        pipeline::run(
            self.threads,
            |dispatch| {
                produce(roots, Containers::Whole, &self.limits, self.control, config, self.namer(), dispatch)
            },
            work,
            collect,
        )
    }
}

impl<'a> Sight<'a> {
    /// What readers consult, for the way back of the same piece.
    pub(crate) fn reading(&self, limits: &'a Limits) -> Reading<'a> {
        Reading { mappings: self.mappings, limits, purpose: Purpose::Scan }
    }

    /// Reads a piece: its name if it is the first, then block after block. A reader that fails leaves a
    /// gap and what it had read.
    pub(crate) fn read(
        &self,
        piece: &OwnedPiece,
        limits: &Limits,
        desk: &mut Desk,
        visit: &mut Visit<'_>,
    ) -> Beside {
        let beside = Beside { gaps: piece.gaps.clone(), ..Beside::default() };
        let mut looker = Looker { sight: self, desk, beside, visit };
        looker.desk.block.clear();
        if piece.first {
            looker.name(&piece.item);
        }
        let reading = Reading { mappings: self.mappings, limits, purpose: Purpose::Scan };
        let read = catch_unwind(AssertUnwindSafe(|| {
            piece.format.read(&piece.as_piece(), &reading, &mut looker);
            looker.flush();
        }));
        if read.is_err() {
            looker.desk.block.clear();
            let what = "the reader failed on this item; what it had read before stands. Please report the kind of file";
            looker.beside.gaps.push(Gap::new(GapClass::Fault, "reader-panicked", what));
        }
        looker.beside
    }

    /// The data of a block that is not the desk's own, as a scan sees them.
    pub(crate) fn look<'d>(&self, block: &mut Block, desk: &'d mut Desk) -> &'d [Detection] {
        self.detect(block, &mut desk.scratch, &mut desk.detections);
        &desk.detections
    }

    fn detect(&self, block: &mut Block, scratch: &mut Scratch, detections: &mut Vec<Detection>) {
        detect(self.context, self.matcher, block, scratch, detections);
        for detection in detections {
            let value = block.text().expose().get(detection.start as usize..detection.end as usize);
            let Some(value) = value else { continue };
            let normal = normalise(detection.category, value);
            (detection.confidence, detection.value_class) =
                classed(self.config, self.context, detection, value, &normal);
        }
    }

    /// The data of a name alone: of a folder, or of an item that is not read.
    pub(crate) fn name(&self, item: &Item, desk: &mut Desk, visit: &mut Visit<'_>) {
        let mut looker = Looker { sight: self, desk, beside: Beside::default(), visit };
        looker.desk.block.clear();
        looker.name(item);
    }

    /// Opens a member, or says why not.
    pub(crate) fn open(
        &self,
        piece: &OwnedPiece,
        before: u64,
        member: Member,
        limits: &Limits,
    ) -> Result<(OwnedPiece, Limits), Gap> {
        if let Some(gap) = refused_member(piece.bytes.len(), before, &member, limits) {
            return Err(gap);
        }
        let Some(inside) = limits.inside() else {
            return Err(Gap::new(GapClass::Limit, "too-deep", "containers lie too deep inside each other"));
        };
        let (item, bytes) = member_item(&piece.item, member, self.namer);
        Ok((super::pieces::whole(item, bytes.to_vec(), Vec::new()), inside))
    }
}

/// A piece while it is read.
struct Looker<'s, 'a, 'v> {
    sight: &'s Sight<'a>,
    desk: &'s mut Desk,
    beside: Beside,
    visit: &'s mut Visit<'v>,
}

impl Looker<'_, '_, '_> {
    fn name(&mut self, item: &Item) {
        let inner = item.origin.inner.last().map(|name| name.expose());
        push_name(&mut self.desk.block, item.origin.path.expose(), inner);
        self.flush();
    }

    fn flush(&mut self) {
        if self.desk.block.is_empty() {
            return;
        }
        let Desk { block, scratch, detections } = &mut *self.desk;
        self.sight.detect(block, scratch, detections);
        (self.visit)(block, detections);
        block.clear();
    }
}

impl Yield for Looker<'_, '_, '_> {
    fn block(&mut self) -> &mut Block {
        &mut self.desk.block
    }

    fn boundary(&mut self) {
        if self.desk.block.is_full() {
            self.flush();
        }
    }

    fn hand_on(&mut self) {
        self.flush();
    }

    fn member(&mut self, member: Member) {
        self.beside.members.push(member);
    }

    fn gap(&mut self, gap: Gap) {
        self.beside.gaps.push(gap);
    }
}

/// The file an item is, where it is one.
pub(crate) fn path_of(item: &Item) -> Option<&std::path::Path> {
    match &item.handle {
        Handle::File(path) => Some(path),
        _ => None,
    }
}
