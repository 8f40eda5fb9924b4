//! The way back: edits on decoded text travel outward to raw bytes.
//!
//! A [`Planner`] reads an item piece by piece exactly as the scan does, finds the fields that edits
//! name, and turns each edit into byte ranges of the item through the field's layers: every layer
//! writes the smallest unit it can anew. Records go by their extents. What comes out is a [`Plan`]: a
//! list of byte ranges with what takes their place. Bytes outside it stay as they are.

mod layers;
mod plan;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::{Format, Member, Piece, Purpose, Reading, Yield};
use crate::records::{Block, Extent, Field, Gap, Ordinal, Text};

use layers::Spaces;
pub use plan::{Plan, Splice};

/// One edit, in the words of a detection: the text of a field that another takes the place of.
#[derive(Clone)]
pub struct Edit {
    /// The record.
    pub record: Ordinal,
    /// The field's path, as it is written in reports. May hold personal data.
    pub field: Text,
    /// Bytes of the field's decoded text; not empty, and on character borders.
    pub range: Range<u64>,
    /// What takes their place.
    pub replacement: Text,
    /// First raw byte in the item, where a record has several fields of one path (repeated keys).
    pub raw: Option<u64>,
}

/// Everything that is to change in one item.
#[derive(Clone, Default)]
pub struct Changes {
    /// Edits of texts.
    pub edits: Vec<Edit>,
    /// Records that go, with what lies inside them.
    pub removals: Vec<Ordinal>,
    /// New bytes of members, by their number in the container.
    pub members: Vec<(u32, Arc<[u8]>)>,
    /// New names of members.
    pub names: Vec<(u32, Text)>,
    /// What became of members, for formats that make them out of what they hold: by their number.
    pub fates: Vec<(u32, Fate)>,
}

/// What became of a member that has new bytes.
#[derive(Clone)]
pub enum Fate {
    /// These ranges of its bytes were replaced.
    Edited(Vec<Splice>),
    /// Its bytes are a notice: it cannot be edited.
    Withheld,
    /// It shows or sums up what other members hold and goes with them.
    Stale,
}

/// Why an item was not rewritten. Nothing is written then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Stable kebab-case code.
    pub code: &'static str,
    /// What happened and what to do; never a value.
    pub message: String,
    /// The record it is about.
    pub record: Option<Ordinal>,
}

impl Refused {
    /// A refusal about the whole item.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), record: None }
    }

    /// Says which record.
    pub fn of(mut self, record: Ordinal) -> Self {
        self.record = Some(record);
        self
    }
}

/// What a format adds to the generic way back.
pub trait Rewrite: Sync + Send {
    /// What takes the place of a list of siblings all of which go, where nothing cannot stand there. Their
    /// `siblings` number is then one more than the offset at which the list begins, or 0 for none.
    fn when_emptied(&self) -> Option<&'static [u8]> {
        None
    }

    /// The format itself, where its members are files that lie in the values of records.
    fn members_in_values(&self) -> Option<&dyn Format> {
        None
    }

    /// For formats whose texts and members all stand beside what the item is for, as those of a picture do: the
    /// byte ranges that leave the item without any of them. One edit takes them all away.
    fn without_extras(&self, _piece: &Piece<'_>) -> Option<Result<Vec<Splice>, Refused>> {
        None
    }

    /// Whether a member shows or sums up what other members hold (a preview, a signature), so that it goes when
    /// any of them is changed.
    fn goes_stale(&self, _name: &str) -> bool {
        false
    }

    /// Whether names of members can be changed, or a change of one is refused.
    fn names_members(&self) -> bool {
        false
    }

    /// The byte ranges that make all changes of members.
    ///
    /// # Errors
    /// As of [`Self::replace_all`], which is what it does unless members are made of what the format holds.
    fn change_members(
        &self,
        piece: &Piece<'_>,
        reading: &Reading<'_>,
        changes: &Changes,
    ) -> Result<Vec<Splice>, Refused> {
        self.replace_all(piece, reading, &changes.members, &changes.names)
    }

    /// The byte ranges that put new bytes in the place of members.
    ///
    /// # Errors
    /// A [`Refused`] where the format has no members, or one of them cannot be written.
    fn replace_members(
        &self,
        piece: &Piece<'_>,
        reading: &Reading<'_>,
        members: &[(u32, Arc<[u8]>)],
    ) -> Result<Vec<Splice>, Refused> {
        match (members, self.members_in_values()) {
            ([], _) => Ok(Vec::new()),
            (_, Some(format)) => super::packed::replaced(format, piece, reading, members),
            _ => Err(Refused::new("no-members", "this format has no members that could be replaced")),
        }
    }

    /// The same with new names, for containers that hold their members' names apart from their texts.
    ///
    /// # Errors
    /// As above, and where a name cannot be written.
    fn replace_all(
        &self,
        piece: &Piece<'_>,
        reading: &Reading<'_>,
        members: &[(u32, Arc<[u8]>)],
        names: &[(u32, Text)],
    ) -> Result<Vec<Splice>, Refused> {
        match names {
            [] => self.replace_members(piece, reading, members),
            _ => Err(Refused::new("names-not-writable", "names of members are not written in this format")),
        }
    }
}

/// Rewrites an item that is held whole.
///
/// # Errors
/// A [`Refused`] where any change cannot be made; then none is.
pub fn rewrite(
    format: &dyn Format,
    piece: &Piece<'_>,
    reading: &Reading<'_>,
    changes: Changes,
) -> Result<Vec<u8>, Refused> {
    let mut planner = Planner::new(changes);
    planner.piece(format, piece, reading)?;
    Ok(planner.finish()?.apply_to(piece.bytes))
}

/// Makes a [`Plan`] from the pieces of an item, in order.
pub struct Planner {
    changes: Changes,
    by_record: HashMap<Ordinal, Vec<usize>>,
    /// Records that go, sorted.
    removed: Vec<(Ordinal, Removal)>,
    covered: Vec<u64>,
    siblings: Siblings,
    emptied: Option<&'static [u8]>,
    splices: Vec<Splice>,
    refused: Option<Refused>,
}

/// Extents of records by the siblings they stand among, in order; only kept when something goes.
#[derive(Default)]
struct Siblings {
    groups: HashMap<u64, usize>,
    lists: Vec<List>,
}

/// Siblings as far as what goes among them depends on them: all that go, and the first that stays.
#[derive(Default)]
struct List {
    marked: Vec<(Extent, bool)>,
    stays: bool,
    last: Option<Ordinal>,
}

/// The records of a piece with where they stand: any thread can read them, the planner takes them in order.
pub struct Standing(Vec<(Ordinal, Option<Extent>)>);

impl Standing {
    /// Reads a piece. `reading` must be what the scan used.
    pub fn of(format: &dyn Format, piece: &Piece<'_>, reading: &Reading<'_>) -> Standing {
        let mut standing = Standing(Vec::new());
        let mut block = Block::default();
        let mut take = |block: &Block| {
            standing.0.extend(block.records.iter().map(|record| (record.reference.ordinal, record.extent)));
        };
        let mut sink = Sink { take: &mut take, block: &mut block };
        format.read(piece, &Reading { purpose: Purpose::Scan, ..*reading }, &mut sink);
        sink.hand_on();
        standing
    }
}

/// What became of a record that is to go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Removal {
    Unseen,
    Found,
    NoExtent,
}

impl Planner {
    /// Begins an item.
    pub fn new(mut changes: Changes) -> Self {
        let mut by_record: HashMap<Ordinal, Vec<usize>> = HashMap::new();
        for (at, edit) in changes.edits.iter().enumerate() {
            by_record.entry(edit.record).or_default().push(at);
        }
        let mut removals = std::mem::take(&mut changes.removals);
        removals.sort_unstable();
        removals.dedup();
        let removed = removals.into_iter().map(|ordinal| (ordinal, Removal::Unseen)).collect();
        let covered = vec![0; changes.edits.len()];
        Self {
            changes,
            by_record,
            removed,
            covered,
            siblings: Siblings::default(),
            emptied: None,
            splices: Vec::new(),
            refused: None,
        }
    }

    /// Takes the next piece. `reading` must be what the scan used, for scanning.
    ///
    /// # Errors
    /// A [`Refused`] where a change in this piece cannot be made.
    pub fn piece(
        &mut self,
        format: &dyn Format,
        piece: &Piece<'_>,
        reading: &Reading<'_>,
    ) -> Result<(), Refused> {
        let reading = Reading { purpose: Purpose::Scan, ..*reading };
        let mut spaces = Spaces::new(piece.bytes, piece.base);
        let before: u64 = self.covered.iter().sum();
        let mut block = Block::default();
        let mut sink = Sink { take: &mut |block| self.block(block, &mut spaces), block: &mut block };
        format.read(piece, &reading, &mut sink);
        sink.hand_on();
        if let Some(refused) = self.refused.take() {
            return Err(refused);
        }
        let touched = self.covered.iter().sum::<u64>() > before || !self.changes.members.is_empty();
        if touched && let Some(bare) = format.rewrite().and_then(|back| back.without_extras(piece)) {
            self.splices.extend(bare?);
            return Ok(());
        }
        self.splices.extend(spaces.resolve()?);
        self.emptied = format.rewrite().and_then(Rewrite::when_emptied);
        if !(self.changes.members.is_empty() && self.changes.names.is_empty()) {
            let Some(back) = format.rewrite() else {
                return Err(Refused::new("no-way-back", "this format cannot be written"));
            };
            self.splices.extend(back.change_members(piece, &reading, &self.changes)?);
        }
        Ok(())
    }

    /// Takes the records of the next piece where records go and nothing else is changed.
    pub fn standing(&mut self, format: &dyn Format, standing: &Standing) {
        for (ordinal, extent) in &standing.0 {
            self.extent(*ordinal, *extent);
        }
        self.emptied = format.rewrite().and_then(Rewrite::when_emptied);
    }

    /// Ends the item.
    ///
    /// # Errors
    /// A [`Refused`] where an edit or a removal found nothing to change, or two changes overlap.
    pub fn finish(mut self) -> Result<Plan, Refused> {
        for (edit, covered) in self.changes.edits.iter().zip(&self.covered) {
            let wanted = edit.range.end.saturating_sub(edit.range.start);
            if self.removal(edit.record).is_some() {
                continue;
            }
            if *covered == 0 {
                return Err(Refused::new(
                    "field-not-found",
                    "no field of this record has the path and range of an edit; scan again",
                )
                .of(edit.record));
            }
            if *covered > wanted {
                return Err(Refused::new(
                    "ambiguous-field",
                    "several fields of this record have the path of an edit; say where its first byte stands",
                )
                .of(edit.record));
            }
            if *covered < wanted {
                return Err(Refused::new(
                    "range-outside-field",
                    "an edit goes beyond the end of its field; scan again",
                )
                .of(edit.record));
            }
        }
        for (ordinal, removal) in std::mem::take(&mut self.removed) {
            match removal {
                Removal::Found => {}
                Removal::NoExtent => {
                    return Err(Refused::new(
                        "record-not-removable",
                        "this record is not a run of bytes that can go alone; remove what it lies in",
                    )
                    .of(ordinal));
                }
                Removal::Unseen => {
                    return Err(
                        Refused::new("record-not-found", "there is no such record; scan again").of(ordinal)
                    );
                }
            }
        }
        let gone = match self.emptied {
            None => self.siblings.removals(),
            Some(instead) => self.siblings.emptied(instead, &mut self.splices),
        };
        Plan::new(std::mem::take(&mut self.splices), gone)
    }

    fn block(&mut self, block: &Block, spaces: &mut Spaces<'_>) {
        if !self.removed.is_empty() {
            for record in &block.records {
                self.extent(record.reference.ordinal, record.extent);
            }
        }
        if self.by_record.is_empty() {
            return;
        }
        for field in block.fields() {
            let Some(record) = block.records.get(field.record as usize) else { continue };
            let Some(edits) = self.by_record.get(&record.reference.ordinal) else { continue };
            let path = block.paths.render(field.path);
            for at in edits {
                let Some(edit) = self.changes.edits.get(*at).filter(|edit| edit.field == path) else {
                    continue;
                };
                let outcome = part(block, field, edit, spaces);
                match (outcome, self.covered.get_mut(*at)) {
                    (Ok(len), Some(covered)) => *covered += len,
                    (Err(refused), _) => self.refused = Some(refused.of(edit.record)),
                    (Ok(_), None) => {}
                }
            }
        }
    }

    /// Where a record stands among those that go.
    fn removal(&self, ordinal: Ordinal) -> Option<usize> {
        self.removed.binary_search_by_key(&ordinal, |(known, _)| *known).ok()
    }

    fn extent(&mut self, ordinal: Ordinal, extent: Option<Extent>) {
        let at = self.removal(ordinal);
        let marked = at.is_some();
        let goes = at.and_then(|at| self.removed.get_mut(at)).map(|(_, state)| state);
        if let Some(state) = goes.filter(|state| **state != Removal::Found) {
            *state = if extent.is_some() { Removal::Found } else { Removal::NoExtent };
        }
        if let Some(extent) = extent {
            self.siblings.add(extent, ordinal, marked);
        }
    }
}

impl Siblings {
    fn add(&mut self, extent: Extent, ordinal: Ordinal, goes: bool) {
        let group = *self.groups.entry(extent.siblings).or_insert_with(|| {
            self.lists.push(List::default());
            self.lists.len() - 1
        });
        let Some(list) = self.lists.get_mut(group) else { return };
        // A record that continues in the next block comes again.
        if list.last.replace(ordinal) == Some(ordinal) {
            return;
        }
        if goes || !list.stays {
            list.marked.push((extent, goes));
            list.stays |= !goes;
        }
    }

    /// As [`Self::removals`], where a list all of which goes leaves `instead`.
    fn emptied(&self, instead: &'static [u8], splices: &mut Vec<Splice>) -> Vec<Range<u64>> {
        let mut gone = self.removals();
        for list in self.lists.iter().filter(|list| !list.stays) {
            let (Some((first, _)), Some((last, _))) = (list.marked.first(), list.marked.last()) else {
                continue;
            };
            let Some(begin) = first.siblings.checked_sub(1) else { continue };
            // The last byte is a bracket, which no edit touches: it stands for the whole.
            let end = last.end - 1;
            gone.retain(|range| range.end <= begin || range.start >= last.end);
            gone.push(begin..end);
            splices.push(Splice { range: end..last.end, bytes: instead.to_vec() });
        }
        gone
    }

    fn removals(&self) -> Vec<Range<u64>> {
        self.lists.iter().flat_map(|list| Extent::removals(&list.marked)).collect()
    }
}

/// Puts the part of an edit that this field of this block owns into the spaces of its layers, and gives
/// the length of the part. The replacement goes with the first part.
fn part(block: &Block, field: &Field, edit: &Edit, spaces: &mut Spaces<'_>) -> Result<u64, Refused> {
    let own = |at: u32| field.offset + u64::from(at.saturating_sub(field.start));
    let (from, to) = (edit.range.start.max(own(field.owned.0)), edit.range.end.min(own(field.owned.1)));
    if from >= to {
        return Ok(0);
    }
    let text = block.field_text(field);
    let local = from - field.offset..to - field.offset;
    let borders =
        [local.start, local.end].map(|at| usize::try_from(at).is_ok_and(|at| text.is_char_boundary(at)));
    if borders != [true, true] {
        return Err(Refused::new(
            "not-on-characters",
            "an edit begins or ends inside a character; scan again",
        ));
    }
    if let Some(raw) = edit.raw {
        let ranges = block.layers.to_raw(field.layers, field.raw, local.clone());
        let first = from == edit.range.start;
        if first && ranges.first().is_some_and(|range| range.start != raw) {
            return Ok(0);
        }
    }
    let replacement = if from == edit.range.start { edit.replacement.expose() } else { "" };
    spaces.add(block, field, local.clone(), replacement.as_bytes());
    Ok(local.end - local.start)
}

/// Reads a piece for the planner: blocks are looked at when they are full, and dropped.
struct Sink<'t> {
    take: &'t mut dyn FnMut(&Block),
    block: &'t mut Block,
}

impl Yield for Sink<'_> {
    fn block(&mut self) -> &mut Block {
        self.block
    }

    fn boundary(&mut self) {
        if self.block.is_full() {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        (self.take)(self.block);
        self.block.clear();
    }

    fn member(&mut self, _member: Member) {}

    fn gap(&mut self, _gap: Gap) {}
}
