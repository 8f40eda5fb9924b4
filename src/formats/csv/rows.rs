//! Rows to trees, trees to fields.

use std::sync::Arc;

use super::cells::{Cell, Dialect, is_blank};
use super::columns::{Columns, are_names, is_plain};
use super::table::Table;
use crate::formats::emit::{Emitter, Spot};
use crate::formats::encoding;
use crate::formats::peeled::{Layered, Unpacked, narrow};
use crate::formats::tree::{KeyId, Node, NodeKind, Step, Tree};
use crate::formats::{Piece, Yield};
use crate::records::{
    Encoding, Extent, Gap, GapClass, OffsetMap, Ordinal, PathId, Record, RecordKind, Role, Text,
};

/// Reads the rows of a piece, and its header if it holds the beginning of the table.
pub(super) fn read(piece: &Piece<'_>, system: &'static str, out: &mut dyn Yield) {
    let unpacked = Unpacked::of(piece);
    crate::formats::text::damage_gap(&unpacked, out);
    out.block().raw_bytes += piece.bytes.len() as u64;
    let text: &str = &unpacked.text;
    let carried = piece.carry.header.as_ref();
    let table = match carried {
        Some(header) => Table::with(text, Dialect::of(header)),
        None => Table::of(text),
    };
    let begins = piece.first || carried.is_none();
    let names: &[String] = carried.map_or(&table.names, |header| &header.columns);
    let mut rows = Rows {
        text,
        unpacked: &unpacked,
        dialect: table.dialect,
        system: Arc::from(system),
        columns: Columns::new(names),
        ragged: carried.is_some_and(|header| header.ragged),
        tree: Tree::default(),
        layers: Vec::new(),
        decoded: Vec::new(),
        emitter: Emitter::new(out),
    };
    if begins {
        rows.header(&table);
    }
    rows.all(if begins { table.rows } else { 0 }, piece.first_ordinal);
}

struct Rows<'p, 'o> {
    text: &'p str,
    unpacked: &'p Unpacked<'p>,
    dialect: Dialect,
    system: Arc<str>,
    columns: Columns,
    /// Whether rows of the wrong length have been told.
    ragged: bool,
    tree: Tree,
    /// The layers of the cell at hand, kept for their memory: that of the charset if there is one, and
    /// that of the cell.
    layers: Vec<Layered>,
    decoded: Vec<u8>,
    emitter: Emitter<'o>,
}

impl Rows<'_, '_> {
    /// The header is a record of its own, whose cells are keys. It has no extent: without it the first
    /// row would be one.
    fn header(&mut self, table: &Table) {
        if table.cells.is_empty() {
            return;
        }
        // Rows are counted from 0 and the header is none of them, so it has an id and a number no row has.
        let ordinal = Ordinal { top: 0, sub: u32::MAX };
        let mut record = Record::new(Arc::clone(&self.system), RecordKind::Other, ordinal);
        record.reference.id = Some(Text::new("header"));
        self.emitter.begin(vec![record]);
        let names = are_names(&table.names);
        for (column, (cell, name)) in table.cells.iter().zip(&table.names).enumerate() {
            self.unclosed_gap(cell);
            if cell.is_empty() || (names && is_plain(name)) {
                continue;
            }
            let node = node(column, cell);
            self.cell(column, &node, Role::Key, true);
        }
        self.emitter.end();
    }

    fn all(&mut self, from: usize, first: u64) {
        let (mut at, mut ordinal, mut cells) = (from, first, Vec::new());
        while at < self.text.len() {
            let start = at;
            at = self.dialect.row(self.text.as_bytes(), start, &mut cells);
            if is_blank(&cells) {
                continue;
            }
            self.ragged_gap(&cells, start);
            self.row(&cells, start..at, ordinal);
            ordinal += 1;
        }
    }

    fn row(&mut self, cells: &[Cell], bytes: std::ops::Range<usize>, ordinal: u64) {
        self.plant(cells, bytes.clone());
        let mut record =
            Record::new(Arc::clone(&self.system), RecordKind::Other, Ordinal { top: ordinal, sub: 0 });
        let (start, end) = (self.unpacked.raw(bytes.start), self.unpacked.raw(bytes.end));
        record.extent = Some(Extent { lead: start, start, end, siblings: 0 });
        // MAPPING: the mapping says of `self.tree` which record it is and what each node is to it; without
        // one it is a record of kind `other` whose cells have no role.
        self.emitter.begin(vec![record]);
        for (column, cell) in cells.iter().enumerate() {
            self.unclosed_gap(cell);
            let Some(node) = self.tree.nodes.get(column + 1).copied() else { continue };
            self.cell(column, &node, Role::Other, false);
        }
        self.emitter.end();
    }

    /// The row as a tree: an object with a member for each cell.
    fn plant(&mut self, cells: &[Cell], bytes: std::ops::Range<usize>) {
        self.tree.nodes.clear();
        self.tree.nodes.push(Node {
            parent: 0,
            next: narrow(cells.len()) + 1,
            step: Step::Root,
            kind: NodeKind::Object,
            start: narrow(bytes.start),
            end: narrow(bytes.end),
            key: (0, 0),
        });
        self.tree.nodes.extend(cells.iter().enumerate().map(|(column, cell)| node(column, cell)));
    }

    /// Adds the field of a cell; empty ones have no text to be found in.
    fn cell(&mut self, column: usize, node: &Node, role: Role, key: bool) {
        let NodeKind::Cell { quoted, escaped } = node.kind else { return };
        let range = node.start as usize..node.end as usize;
        let Some(raw) = self.text.get(range.clone()) else { return };
        let Dialect { separator, quote } = self.dialect;
        let encoding =
            if quoted { Encoding::CsvQuoted { quote } } else { Encoding::CsvPlain { separator, quote } };
        let mut layer = self.layers.pop().unwrap_or_else(|| Layered::identity(encoding, 0, 0));
        self.layers.clear();
        layer.encoding = encoding;
        layer.raw_len = narrow(raw.len());
        layer.base = self.unpacked.base + range.start as u64;
        if let Some((outer, base)) = self.unpacked.outer(range) {
            self.layers.push(outer);
            layer.base = base;
        }
        layer.map.clear();
        let text = if escaped { unescape(encoding, raw, &mut self.decoded, &mut layer.map) } else { None };
        if text.is_none() {
            layer.map.clear();
            layer.map.push_verbatim(0, narrow(raw.len()));
        }
        self.layers.push(layer);
        // HTML: a cell the mapping calls markup, or that looks like it, is to go through
        // `html::push_html` here, with `self.layers` as its outer layers.
        let columns = &mut self.columns;
        let mut path = |block: &mut crate::records::Block, epoch: u32| -> PathId {
            let path = columns.path(block, epoch, column);
            if key { block.paths.suffix(path, "@key") } else { path }
        };
        self.emitter.text(0, role, text.unwrap_or(raw), &Spot::under(&self.layers), &mut path);
    }

    /// Tells the first row of the item that has too many or too few cells.
    fn ragged_gap(&mut self, cells: &[Cell], start: usize) {
        if self.ragged || cells.len() == self.columns.len() {
            return;
        }
        self.ragged = true;
        let message = "a row has more or fewer cells than the header has columns, the first of them here; all were read, but cells may stand under the wrong name";
        let at = self.unpacked.raw(start);
        self.emitter.out().gap(Gap::new(GapClass::Fault, "ragged-row", message).at(at, None));
    }

    /// Tells a quote that is never closed. There is at most one in an item: behind it every run of
    /// quotes has its partners.
    fn unclosed_gap(&mut self, cell: &Cell) {
        if !cell.unclosed {
            return;
        }
        let message = "a quote is never closed; it was read as text and the rows behind it as if it were not there, so that they may be cut where they should not be";
        let at = self.unpacked.raw(cell.start);
        self.emitter.out().gap(Gap::new(GapClass::Fault, "malformed-csv", message).at(at, None));
    }
}

/// The text of a cell with doubled quotes.
fn unescape<'d>(
    encoding: Encoding,
    raw: &str,
    decoded: &'d mut Vec<u8>,
    map: &mut OffsetMap,
) -> Option<&'d str> {
    decoded.clear();
    encoding::decode(encoding, raw.as_bytes(), decoded, map);
    std::str::from_utf8(decoded).ok()
}

fn node(column: usize, cell: &Cell) -> Node {
    let kind = match cell.is_empty() {
        true => NodeKind::Null,
        false => NodeKind::Cell { quoted: cell.quoted, escaped: cell.escaped },
    };
    let column = narrow(column);
    Node {
        parent: 0,
        next: column + 2,
        step: Step::Key(KeyId(column)),
        kind,
        start: narrow(cell.start),
        end: narrow(cell.end),
        key: (0, 0),
    }
}
