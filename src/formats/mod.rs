//! Bytes to records, and edits back to bytes.
//!
//! A [`Format`] turns a [`Piece`] of an item into blocks of decoded fields, members and gaps. Large
//! items are cut into pieces at record ends by the format's [`Cutter`], so that every worker can take
//! one; a small item is one piece. The way back is [`rewrite`].

mod binary;
mod bodies;
mod cards;
pub mod child;
#[cfg(test)]
mod collect;
pub(crate) mod containers;
mod csv;
mod data_uris;
mod emit;
mod encoding;
mod encrypted;
mod html;
mod images;
mod json;
mod keys;
mod layered;
mod legacy;
mod mail;
pub mod mapping;
mod markdown;
mod media;
mod office;
mod packed;
mod pdf;
mod peeled;
mod registers;
mod registry;
pub mod rewrite;
mod sql;
mod text;
mod tree;
mod values;
mod xml;

use std::ops::Range;
use std::sync::Arc;

pub use html::HtmlFormat;
pub use mail::{MailFormat, MboxFormat};
pub use markdown::MarkdownFormat;
pub use registry::{child_readers, format_named, probe, registry};

use crate::records::{Block, Gap, Limits, Position};

/// How sure a format is that bytes are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vote {
    /// Not mine.
    No,
    /// Could be mine: the name says so, or the bytes allow it.
    Weak,
    /// The bytes say so.
    Strong,
}

/// What readers may consult.
pub struct Reading<'a> {
    /// The vendors' mappings.
    pub mappings: &'a mapping::Mappings,
    /// Bounds of this item.
    pub limits: &'a Limits,
    /// What the blocks are for.
    pub purpose: Purpose,
}

/// What a reader's blocks are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Everything: every text of every record.
    Scan,
    /// Only what the survey takes: records with facts and links, and the fields that name people.
    Survey,
}

/// What a cutter learned from the beginning of an item and every later piece needs.
#[derive(Clone, Default)]
pub struct Carry {
    /// Charset of the item by its label, where it is not UTF-8.
    pub charset: Option<&'static str>,
    /// CSV: the raw header row with its separator and quote.
    pub header: Option<CsvHeader>,
    /// JSON: reference tokens that lead to the array the pieces are cut from (`/tickets`).
    pub pointer: Vec<String>,
    /// JSON: where the bracket of that array stands in the item; none between documents.
    pub array: Option<u64>,
    /// JSON: where the element before ends in the item, if there is one in that array.
    pub element_end: Option<u64>,
    /// JSON: ordinal of the record that holds what stands around the arrays of the document.
    pub document: u64,
    /// SQL: what stands before the piece.
    pub sql: Option<Arc<sql::SqlState>>,
    /// Text: where the decoded text of the piece begins in the decoded text of the item.
    pub text_base: u64,
}

/// The header of a table.
#[derive(Clone)]
pub struct CsvHeader {
    /// Column names, decoded, repeated ones kept.
    pub columns: Arc<[String]>,
    /// Field separator.
    pub separator: u8,
    /// Quote character.
    pub quote: u8,
    /// Whether a piece before this one has a row with too many or too few cells, and tells it.
    pub ragged: bool,
}

/// A run of whole records of an item: all of a small item, a cut of a large one.
#[derive(Clone)]
pub struct Piece<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Where they begin in the item.
    pub base: u64,
    /// Where the first byte stands in the item, by line and column.
    pub position: Position,
    /// Number of the first top-level record.
    pub first_ordinal: u64,
    /// Whether this piece holds the beginning of the item.
    pub first: bool,
    /// Whether this piece holds the end of the item.
    pub last: bool,
    /// For a window of a record too large to be read as one, which is scanned as text: the bytes whose
    /// detections are this window's to report; those around them are only there to be seen.
    pub window: Option<Range<usize>>,
    /// What the beginning of the item told.
    pub carry: Arc<Carry>,
    /// Innermost name of the item, a hint; may hold personal data.
    pub name: &'a str,
    /// The media type the container declared.
    pub media_type: Option<&'a str>,
}

/// What a cutter says of the bytes at hand.
pub enum Cut {
    /// No record end in sight: more bytes are needed.
    More,
    /// The first `len` bytes are whole records.
    Here {
        /// How many bytes.
        len: usize,
        /// How many top-level records they hold.
        records: u64,
        /// What readers of this and later pieces need to know.
        carry: Arc<Carry>,
    },
}

/// What a cutter wants to see before it decides on charset and separators, unless the item is shorter.
pub(crate) const HEAD: usize = 64 << 10;

/// Cuts a stream at record ends; keeps what it must know between calls.
pub trait Cutter: Send {
    /// Looks at all bytes not yet cut, which begin where the last cut ended. `wanted` is how many
    /// bytes a piece should have at least; `end` says that no more will come, and then the answer is
    /// never [`Cut::More`] unless `bytes` is empty.
    fn cut(&mut self, bytes: &[u8], wanted: usize, end: bool) -> Cut;
}

/// A member of a container: an item of its own.
pub struct Member {
    /// Number among the container's members, from 1.
    pub ordinal: u32,
    /// Its name inside; may hold personal data.
    pub name: String,
    /// Decoded bytes.
    pub bytes: Arc<[u8]>,
    /// The media type the container declares.
    pub media_type: Option<String>,
    /// How it stands in the values of records; empty for members of containers that know it themselves.
    pub written: packed::Written,
}

/// Where a reader puts what it finds.
pub trait Yield {
    /// The block being filled.
    fn block(&mut self) -> &mut Block;

    /// A top-level record ended: a block that is full goes on, and the next begins empty.
    fn boundary(&mut self);

    /// The block goes on now, although a record continues: the reader pushes the record again into
    /// the empty block, marked `continues`.
    fn hand_on(&mut self);

    /// A member, which the pipeline reads in its turn.
    fn member(&mut self, member: Member);

    /// Something that could not be read.
    fn gap(&mut self, gap: Gap);

    /// What an attachment says of its file; told in a survey alone.
    fn described(&mut self, told: mapping::Described) {
        let _ = told;
    }
}

/// A reader of one format.
pub trait Format: Sync + Send {
    /// Stable name, which is also the `system` of records no mapping knows.
    fn name(&self) -> &'static str;

    /// Whether the bytes are this format's, by their first 64 KiB and the item's innermost name.
    fn probe(&self, head: &[u8], name: &str) -> Vote;

    /// How to cut an item too large for one piece; none where it must be held whole.
    fn cutter(&self) -> Option<Box<dyn Cutter>> {
        None
    }

    /// Whether its bytes are packed, so that pieces of them say nothing.
    fn is_packed(&self) -> bool {
        self.container().is_some()
    }

    /// Whether an item is one record, so that its pieces are parts of it.
    fn is_one_record(&self) -> bool {
        false
    }

    /// Whether each of its top-level records can be passed on without the rest: lines, rows, messages.
    fn passes_by_record(&self) -> bool {
        false
    }

    /// Whether mappings can mark people, tickets and settings in an item of this name: only such items are
    /// surveyed.
    fn is_surveyed(&self, _name: &str) -> bool {
        false
    }

    /// Whether its members are tables of records, as the sheets of a workbook are: they are surveyed as files
    /// of a folder would be.
    fn holds_tables(&self) -> bool {
        false
    }

    /// What it holds, for formats that hold files.
    fn container(&self) -> Option<&dyn containers::Container> {
        None
    }

    /// The way back, for formats that have one.
    fn rewrite(&self) -> Option<&dyn rewrite::Rewrite> {
        None
    }

    /// Texts that say nothing to a scan and are no place for an edit (attributes of layout, formulas), one by
    /// one: the proof looks for values there that were removed elsewhere.
    fn residue(&self, _piece: &Piece<'_>, _reading: &Reading<'_>, _look: &mut dyn FnMut(&str)) {}

    /// Reads a piece. What cannot be read becomes a gap; whatever was read before it stays.
    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield);
}
