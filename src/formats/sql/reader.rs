//! Pieces of dumps to records.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::rows::{Value, line_values, plant, tuple_values};
use super::state::{OpenRows, SqlState};
use super::statements::{Row, Step, step};
use crate::formats::emit::{Emitter, Spot};
use crate::formats::encoding::charset;
use crate::formats::mapping::{FileNode, Packing};
use crate::formats::peeled::{Layered, Unpacked};
use crate::formats::text::damage_gap;
use crate::formats::tree::{KeyId, NodeKind, Tree};
use crate::formats::values::{Root, Top, Values};
use crate::formats::{Carry, Piece, Purpose, Reading, Yield};
use crate::records::{Encoding, Extent, Gap, GapClass, Ordinal, PathStore, Record, RecordKind, Role};

/// Bytes from which a value that is no text is worth opening; shorter ones are ids.
const BLOB: usize = 64;
/// Undecodable places from which a string is bytes and not damaged text.
const DAMAGE: usize = 8;
/// Gaps of one code a piece tells one by one.
const TOLD: u64 = 20;

/// The charset a dump declares, or the best guess.
pub(super) fn charset_of(head: &[u8]) -> charset::Resolved {
    let text = String::from_utf8_lossy(head.get(..16 << 10).unwrap_or(head)).to_ascii_lowercase();
    let declared = ["set names '", "set names ", "client_encoding = '", "set client_encoding to '"]
        .into_iter()
        .find_map(|mark| text.find(mark).and_then(|at| text.get(at + mark.len()..)))
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or(""));
    let label = match declared {
        Some("utf8" | "utf8mb4" | "utf8mb3" | "unicode" | "sql") | None => declared.map(|_| "utf-8"),
        Some("latin1" | "win1252") => Some("windows-1252"),
        Some(other) => Some(other),
    };
    charset::resolve(head, label)
}

struct Reader<'r, 'o> {
    values: Values<'r, 'o>,
    text: &'r str,
    tree: Tree,
    scan: bool,
    system: &'static str,
    state: SqlState,
    next: u64,
    base: u64,
    /// Whether more pieces come behind this one.
    last: bool,
    keys: HashMap<String, Arc<[KeyId]>>,
    /// Strings that are bytes, whose damage is none.
    blobs: Vec<Range<usize>>,
    document: bool,
    malformed: u64,
}

/// Reads a piece.
pub(super) fn read(piece: &Piece<'_>, reading: &Reading<'_>, system: &'static str, out: &mut dyn Yield) {
    let carry = Carry {
        charset: piece.carry.charset.or_else(|| Some(charset_of(piece.bytes).label)),
        ..(*piece.carry).clone()
    };
    let piece = Piece {
        bytes: piece.bytes,
        base: piece.base,
        position: piece.position,
        first_ordinal: piece.first_ordinal,
        first: piece.first,
        last: piece.last,
        window: None,
        carry: Arc::new(carry),
        name: piece.name,
        media_type: piece.media_type,
    };
    let unpacked = Unpacked::of(&piece);
    out.block().raw_bytes += piece.bytes.len() as u64;
    let state = piece.carry.sql.as_deref().cloned().unwrap_or_else(|| SqlState::of(piece.bytes));
    let scan = reading.purpose == Purpose::Scan;
    let values = Values::new(system, None, reading, &unpacked, Emitter::new(out)).with_schema_keys();
    let mut reader = Reader {
        values,
        text: &unpacked.text,
        tree: Tree::default(),
        scan,
        system,
        state,
        // The dump is the record before the first row.
        next: piece.first_ordinal + u64::from(piece.first),
        base: piece.base,
        last: piece.last,
        keys: HashMap::new(),
        blobs: Vec::new(),
        document: false,
        malformed: 0,
    };
    reader.all();
    let blobs = reader.finish();
    if scan && is_damaged_outside(&unpacked.text, &blobs) {
        damage_gap(&unpacked, out);
    }
}

/// Whether bytes that are no text stand outside the values that are none.
fn is_damaged_outside(text: &str, blobs: &[Range<usize>]) -> bool {
    let outside = |at: usize| {
        let found = blobs.partition_point(|blob| blob.end <= at);
        blobs.get(found).is_none_or(|blob| blob.start > at)
    };
    memchr::memmem::find_iter(text.as_bytes(), "\u{fffd}").any(outside)
        || memchr::memchr_iter(0, text.as_bytes()).any(outside)
}

impl Reader<'_, '_> {
    fn all(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let (base, open) = (self.base, self.state.open.clone());
            let end = match step(bytes, at, &mut self.state, base, true) {
                Step::More => bytes.len(),
                Step::Row(row) => {
                    let state_open = open.or_else(|| self.state.open.clone());
                    self.row(&row, state_open);
                    row.end
                }
                Step::Other { end, told, fault } => {
                    if fault && (self.last || end < bytes.len()) {
                        self.fault(at);
                    }
                    if told {
                        self.around(at..end);
                    }
                    end
                }
            };
            at = end.max(at + 1);
        }
    }

    fn row(&mut self, row: &Row, open: Option<OpenRows>) {
        let Some(open) = open else { return };
        let ends_copy = open.copy && row.last;
        let (start, end) = (self.values.raw(row.range.start), self.values.raw(row.range.end));
        let after = self.values.raw(row.end);
        if self.state.open.is_none() {
            self.state.open = Some(open.clone());
        }
        self.state.row_ended(end, row.last);
        if ends_copy {
            return;
        }
        if row.cut {
            self.fault(row.range.start);
        }
        let ordinal = Ordinal { top: self.next, sub: 0 };
        self.next += 1;
        let extent = match open.copy {
            true => Extent { lead: start, start, end: after, siblings: 0 },
            false => Extent { lead: open.before.unwrap_or(start), start, end, siblings: open.start + 1 },
        };
        let values = match open.copy {
            true => line_values(self.text, row.range.clone()),
            false => tuple_values(self.text, row.range.clone(), self.state.escape),
        };
        self.end_document();
        let keys = self.keys_of(&open, values.len());
        let blobs = self.blobs_of(&values, &keys);
        let mut tree = std::mem::take(&mut self.tree);
        plant(&mut tree, row.range.clone(), &values, |column| {
            keys.get(column).copied().unwrap_or(KeyId(u32::MAX))
        });
        let under = Some(self.values.keys.id(&open.table));
        let top = Top { node: 0, ordinal, extent: Some(extent), under, root: Root::Record, within: None };
        self.values.blobs = blobs;
        self.values.element(&tree, &top);
        self.tree = tree;
    }

    /// Values that are bytes and no text: they are members, if they are long enough to hold anything.
    fn blobs_of(&mut self, values: &[Value], keys: &[KeyId]) -> Vec<FileNode> {
        let mut blobs = Vec::new();
        for (column, value) in values.iter().enumerate() {
            let raw = self.text.get(value.span.clone()).unwrap_or("");
            let bytes = match value.kind {
                NodeKind::Hexadecimal => !is_text_in_hex(raw),
                NodeKind::Literal { .. } => {
                    let broken = raw.matches('\u{fffd}').count();
                    broken >= DAMAGE && broken * 20 > raw.len() / 4
                }
                _ => false,
            };
            if !bytes {
                continue;
            }
            self.blobs.push(value.span.clone());
            let name = keys.get(column).and_then(|key| self.values.keys.name(*key)).unwrap_or("");
            blobs.push(FileNode {
                node: u32::try_from(column + 1).unwrap_or(u32::MAX),
                packing: Packing::Bytes,
                name: if raw.len() >= 2 * BLOB { name.to_owned() } else { String::new() },
                media_type: None,
            });
        }
        blobs
    }

    /// The keys of a table's columns. Mappings name them in lower case.
    fn keys_of(&mut self, open: &OpenRows, count: usize) -> Arc<[KeyId]> {
        let known = self.keys.get(&*open.table).filter(|keys| keys.len() >= count);
        if let Some(keys) = known.filter(|keys| keys.len() >= open.columns.len()) {
            return Arc::clone(keys);
        }
        let mapped = self.values.mapped_keys();
        let keys: Arc<[KeyId]> = (0..count.max(open.columns.len()))
            .map(|column| match open.columns.get(column).filter(|name| !name.is_empty()) {
                Some(name) => {
                    let lower = name.to_lowercase();
                    let plain = mapped.get(name).is_some() || mapped.get(&lower).is_none();
                    self.values.keys.id(if plain { name } else { &lower })
                }
                None => self.values.keys.id(&format!("#{}", column + 1)),
            })
            .collect();
        self.keys.insert(open.table.to_string(), Arc::clone(&keys));
        keys
    }

    /// What is no row is a field of the dump.
    fn around(&mut self, range: Range<usize>) {
        let raw = self.text.get(range.clone()).unwrap_or("");
        if !self.scan || raw.trim_ascii().is_empty() {
            return;
        }
        if !self.document {
            self.document = true;
            let ordinal = Ordinal { top: 0, sub: 0 };
            self.values.emitter.begin(vec![Record::new(self.system.into(), RecordKind::Other, ordinal)]);
        }
        let outer = self.values.outer(range.clone());
        let base = outer.as_ref().map_or_else(|| self.values.raw(range.start), |(_, shift)| *shift);
        let mut layers: Vec<Layered> = outer.map(|(layer, _)| layer).into_iter().collect();
        layers.push(Layered::identity(Encoding::Verbatim, base, raw.len()));
        let comment = raw.trim_ascii_start().starts_with(['-', '/', '#']);
        let path = if comment { "comment" } else { "statement" };
        self.values.emitter.text(0, Role::Other, raw, &Spot::under(&layers), &mut |block, _| {
            block.paths.suffix(PathStore::ROOT, path)
        });
    }

    fn end_document(&mut self) {
        if std::mem::take(&mut self.document) {
            self.values.emitter.end();
        }
    }

    /// Tells that the dump does not go on as it should; what was read stands.
    fn fault(&mut self, at: usize) {
        self.malformed += 1;
        if self.malformed > TOLD || !self.scan {
            return;
        }
        let message =
            "the dump is damaged or cut off here; what could be told apart was read, the rest as text";
        let gap = Gap::new(GapClass::Fault, "malformed-sql", message).at(self.values.raw(at), None);
        self.values.emitter.out().gap(gap);
    }

    fn finish(mut self) -> Vec<Range<usize>> {
        self.end_document();
        if self.malformed > TOLD && self.scan {
            let message = format!("{} more places of the dump are damaged", self.malformed - TOLD);
            self.values.emitter.out().gap(Gap::new(GapClass::Fault, "malformed-sql", message));
        }
        self.values.finish(self.scan);
        self.blobs
    }
}

/// Whether hexadecimal digits stand for text.
fn is_text_in_hex(digits: &str) -> bool {
    let (mut bytes, mut map) = (Vec::new(), crate::records::OffsetMap::new());
    crate::formats::encoding::decode(Encoding::Hex, digits.as_bytes(), &mut bytes, &mut map);
    let controls = bytes.iter().filter(|byte| **byte < 0x20 && !byte.is_ascii_whitespace()).count();
    controls == 0 && std::str::from_utf8(&bytes).is_ok()
}
