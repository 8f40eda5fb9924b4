//! What the words of a label will make likely: `[phone number], 12345678` reads like one more number. It is
//! looked for around each edit before anything is written, so that the proof finds nothing left and the
//! output need not be written a second time. The proof decides all the same.

use std::ops::Range;

use super::choice::{Chosen, Left, choose};
use crate::audit::{Desk, Sight};
use crate::records::{Block, Field, NewField, PathStore};

/// How far a label is seen: a cue works on what begins within 64 bytes behind it or ends 24 before it, and
/// what it works on has its own length.
const BEFORE: usize = 96;
const AFTER: usize = 160;

/// An edit that is planned: where in which field of the block, and what is written there.
pub(super) struct Planned<'p> {
    pub(super) field: u32,
    pub(super) range: Range<usize>,
    pub(super) replacement: &'p str,
}

/// Memory that is kept from block to block.
#[derive(Default)]
pub(super) struct Preview {
    block: Block,
    desk: Desk,
    windows: Vec<Window>,
}

/// Text around edits of one field as it will be.
struct Window {
    field: u32,
    /// Runs of the old text that stay: where they begin in the window, and where in the field they stand.
    kept: Vec<(usize, Range<usize>)>,
}

impl Preview {
    /// What will be found beside the edits of a block and would not go with them. `planned` are its edits in
    /// order, each place once.
    pub(super) fn beside(&mut self, sight: Sight<'_>, block: &Block, planned: &[Planned<'_>]) -> Vec<Chosen> {
        self.block.clear();
        self.windows.clear();
        self.block.records.clone_from(&block.records);
        let mut rest = planned;
        while let Some(first) = rest.first() {
            let of = rest.iter().take_while(|one| one.field == first.field).count();
            let (here, behind) = rest.split_at(of);
            rest = behind;
            if let Some(field) = block.fields().get(first.field as usize) {
                self.field(block, field, here);
            }
        }
        let detections = sight.look(&mut self.block, &mut self.desk);
        let chosen = choose(&self.block, detections, None, &mut Left::new());
        let mut found: Vec<Chosen> = chosen.into_iter().filter_map(|one| self.in_place(block, one)).collect();
        let taken = |one: &Chosen| {
            planned.iter().any(|other| {
                other.field == one.field
                    && other.range.start < one.range.end
                    && one.range.start < other.range.end
            })
        };
        found.retain(|one| !taken(one));
        found.sort_by_key(|one| (one.field, one.range.start, one.range.end));
        found.dedup_by(|b, a| a.field == b.field && b.range.start < a.range.end);
        found
    }

    /// The windows of one field.
    fn field(&mut self, block: &Block, field: &Field, edits: &[Planned<'_>]) {
        let text = block.field_text(field);
        let mut rest = edits;
        while let Some(first) = rest.first() {
            let begin = floor(text, first.range.start.saturating_sub(BEFORE));
            let (mut of, mut end) = (0, begin);
            for edit in rest {
                if of > 0 && edit.range.start.saturating_sub(BEFORE) > end {
                    break;
                }
                end = floor(text, edit.range.end.saturating_add(AFTER));
                of += 1;
            }
            let (here, behind) = rest.split_at(of);
            rest = behind;
            self.window(text, field, begin..end, here);
        }
    }

    fn window(&mut self, text: &str, field: &Field, around: Range<usize>, edits: &[Planned<'_>]) {
        let Some(first) = edits.first() else { return };
        let mut window = Window { field: first.field, kept: Vec::with_capacity(edits.len() + 1) };
        let mut new = String::with_capacity(around.len() + 64);
        let mut from = around.start;
        for edit in edits {
            window.keep(text, from..edit.range.start, &mut new);
            new.push_str(edit.replacement);
            from = edit.range.end;
        }
        window.keep(text, from..around.end.max(from), &mut new);
        let path = PathStore::ROOT;
        self.block.push_field(&new, NewField::verbatim(field.record, path, field.role, 0));
        self.windows.push(window);
    }

    /// Where something found in a window stands in the block; none where it is not all old text.
    fn in_place(&self, block: &Block, one: Chosen) -> Option<Chosen> {
        let window = self.windows.get(one.field as usize)?;
        let (start, old) = window
            .kept
            .iter()
            .find(|(start, old)| *start <= one.range.start && one.range.end <= start + old.len())?;
        let range = old.start + one.range.start - start..old.start + one.range.end - start;
        let field = block.fields().get(window.field as usize)?;
        let at = field.start as usize + range.start;
        let own = field.owned.0 as usize <= at && at < field.owned.1 as usize;
        own.then_some(Chosen { field: window.field, range, ..one })
    }
}

impl Window {
    fn keep(&mut self, text: &str, old: Range<usize>, new: &mut String) {
        if let Some(run) = text.get(old.clone()).filter(|run| !run.is_empty()) {
            self.kept.push((new.len(), old));
            new.push_str(run);
        }
    }
}

/// The last border of a character at or before a place.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
