//! Tables: CSV of any separator and charset, TSV. Each row is a record.

mod cutter;
mod rows;

use std::sync::Arc;

use super::emit::Emitter;
use super::encoding::charset;
use super::mapping::Mappings;
use super::peeled::{Unpacked, narrow};
use super::rewrite::Rewrite;
use super::text::{damage_gap, read_window};
use super::tree::{KeyId, Node, NodeKind, Step, Tree};
use super::values::{Root, Top, Values};
use super::{Carry, CsvHeader, Cutter, Format, Piece, Purpose, Reading, Vote, Yield};
use crate::records::{Encoding, Extent, Gap, GapClass, Ordinal, Record, RecordKind, Role};

use rows::{Cell, Dialect, sniff};

/// The format `csv`.
pub struct Csv;

impl Rewrite for Csv {}

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn probe(&self, head: &[u8], name: &str) -> Vote {
        let resolved = charset::resolve(head, None);
        let (mut text, mut map) = (Vec::new(), crate::records::OffsetMap::new());
        charset::decode(resolved.label, head.get(resolved.mark..).unwrap_or(&[]), &mut text, &mut map);
        let named = [".csv", ".tsv", ".tab"].iter().any(|end| name.to_ascii_lowercase().ends_with(end));
        match sniff(&text, head.len() < 64 << 10) {
            Some(dialect) if named || header_like(dialect, &text) => Vote::Strong,
            _ if named => Vote::Weak,
            _ => Vote::No,
        }
    }

    fn cutter(&self) -> Option<Box<dyn Cutter>> {
        Some(Box::new(cutter::RowCutter::default()))
    }

    fn is_surveyed(&self) -> bool {
        true
    }

    fn rewrite(&self) -> Option<&dyn Rewrite> {
        Some(self)
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if piece.window.is_some() {
            if reading.purpose == Purpose::Scan {
                read_window(piece, Encoding::Verbatim, self.name(), out);
            }
            return;
        }
        let unpacked = Unpacked::of(piece);
        damage_gap(&unpacked, out);
        out.block().raw_bytes += piece.bytes.len() as u64;
        Reader::new(piece, reading, &unpacked, out).run();
    }
}

/// Whether the first row looks like names of columns: no cell is empty, long, repeated number or date,
/// and there is at least one more row.
fn header_like(dialect: Dialect, text: &[u8]) -> bool {
    let mut cells = Vec::new();
    let row = dialect.row(text, 0, &mut cells);
    let named = |cell: &Cell| {
        let name = text.get(cell.start..cell.end).unwrap_or(&[]).trim_ascii();
        (1..=48).contains(&name.len())
            && name.iter().any(u8::is_ascii_alphabetic)
            && name.split(|byte| *byte == b' ').count() <= 4
            && !name.iter().any(|byte| b".!?<>{}=".contains(byte))
    };
    row.next < text.len() && cells.len() >= 3 && cells.iter().all(named)
}

/// The header and how its cells are parted, from the beginning of an item's text; a table without any
/// separator has one column.
pub(super) fn header(text: &str, whole: bool) -> (CsvHeader, usize) {
    let bytes = text.as_bytes();
    let head = bytes.get(..64 << 10).unwrap_or(bytes);
    let dialect =
        sniff(head, whole && head.len() == bytes.len()).unwrap_or(Dialect { separator: b',', quote: b'"' });
    let mut cells = Vec::new();
    let row = dialect.row(bytes, 0, &mut cells);
    let columns = cells.iter().map(|cell| cell_text(text, cell, dialect.quote)).collect();
    (CsvHeader { columns, separator: dialect.separator, quote: dialect.quote }, row.next)
}

fn cell_text(text: &str, cell: &Cell, quote: u8) -> String {
    let raw = text.get(cell.start..cell.end).unwrap_or("");
    let quote = char::from(quote);
    if cell.escaped { raw.replace(&format!("{quote}{quote}"), &quote.to_string()) } else { raw.to_owned() }
}

/// Reads one piece of a table.
struct Reader<'r, 'o> {
    values: Values<'r, 'o>,
    text: &'r str,
    purpose: Purpose,
    dialect: Dialect,
    header: CsvHeader,
    /// Where the rows begin: behind the header in the first piece.
    start: usize,
    first: bool,
    ordinal: u64,
    tree: Tree,
    columns: Vec<KeyId>,
    ragged: u64,
    unbalanced: u64,
}

impl<'r, 'o> Reader<'r, 'o> {
    fn new(
        piece: &Piece<'r>,
        reading: &'r Reading<'r>,
        unpacked: &'r Unpacked<'r>,
        out: &'o mut dyn Yield,
    ) -> Self {
        let text: &str = &unpacked.text;
        let (header, behind) = match &piece.carry.header {
            Some(known) if !piece.first => (known.clone(), 0),
            Some(known) => {
                let dialect = Dialect { separator: known.separator, quote: known.quote };
                (known.clone(), dialect.row(text.as_bytes(), 0, &mut Vec::new()).next)
            }
            None => header(text, piece.last),
        };
        let dialect = Dialect { separator: header.separator, quote: header.quote };
        let table = Some((header.separator, header.quote));
        let mut values = Values::new("csv", table, reading, unpacked, Emitter::new(out));
        let columns = column_keys(&header, reading.mappings, &mut values);
        Self {
            values,
            text,
            purpose: reading.purpose,
            dialect,
            header,
            start: behind,
            first: piece.first,
            ordinal: piece.first_ordinal,
            tree: Tree::default(),
            columns,
            ragged: 0,
            unbalanced: 0,
        }
    }

    fn run(mut self) {
        let bytes = self.text.as_bytes();
        if self.first && !bytes.is_empty() {
            self.header_row();
        }
        let mut cells = Vec::new();
        let mut at = self.start;
        while at < bytes.len() {
            let row = self.dialect.row(bytes, at, &mut cells);
            self.unbalanced += u64::from(row.unbalanced);
            let ordinal = self.ordinal;
            self.ordinal += 1;
            if !matches!(cells.as_slice(), [one] if one.start == one.end && !one.quoted) {
                self.row(at, row.next, &cells, ordinal);
            }
            at = row.next;
        }
        self.gaps();
    }

    /// The header is a record of its own, which has no extent: no row could be read without it.
    fn header_row(&mut self) {
        let ordinal = Ordinal { top: self.ordinal, sub: 0 };
        self.ordinal += 1;
        if self.purpose == Purpose::Survey {
            return;
        }
        let mut cells = Vec::new();
        self.dialect.row(self.text.as_bytes(), 0, &mut cells);
        self.values.emitter.begin(vec![Record::new(Arc::from("csv"), RecordKind::Other, ordinal)]);
        let tree = std::mem::take(&mut self.tree);
        let tree = self.plant(tree, &cells, 0, self.start);
        let top = Top { node: 0, ordinal, extent: None, under: None, root: Root::Record };
        self.values.column_names(&tree, &top);
        self.values.emitter.end();
        self.tree = tree;
    }

    fn row(&mut self, at: usize, next: usize, cells: &[Cell], ordinal: u64) {
        self.ragged += u64::from(cells.len() != self.header.columns.len());
        let tree = std::mem::take(&mut self.tree);
        let tree = self.plant(tree, cells, at, next);
        let start = self.values.raw(at);
        let extent = Extent { lead: start, start, end: self.values.raw(next), siblings: 0 };
        let ordinal = Ordinal { top: ordinal, sub: 0 };
        let top = Top { node: 0, ordinal, extent: Some(extent), under: None, root: Root::Record };
        self.values.element(&tree, &top);
        self.tree = tree;
    }

    /// A row as a tree: an object whose members are the columns.
    fn plant(&mut self, mut tree: Tree, cells: &[Cell], at: usize, next: usize) -> Tree {
        tree.nodes.clear();
        let len = narrow(cells.len());
        let (kind, step) = (NodeKind::Object, Step::Root);
        let (start, end) = (narrow(at), narrow(next));
        tree.nodes.push(Node { parent: 0, next: len + 1, step, kind, start, end, key: (0, 0) });
        for (column, cell) in cells.iter().enumerate() {
            let key = self.column(column);
            let kind = if cell.start == cell.end {
                NodeKind::Null
            } else {
                NodeKind::Cell { quoted: cell.quoted, escaped: cell.escaped }
            };
            let (start, end) = (narrow(cell.start), narrow(cell.end));
            let next = narrow(tree.nodes.len()) + 1;
            tree.nodes.push(Node { parent: 0, next, step: Step::Key(key), kind, start, end, key: (0, 0) });
        }
        tree
    }

    fn column(&mut self, column: usize) -> KeyId {
        while self.columns.len() <= column {
            let name = format!("#{}", self.columns.len() + 1);
            let key = self.values.keys.id(&name);
            self.columns.push(key);
        }
        self.columns.get(column).copied().unwrap_or(KeyId(u32::MAX))
    }

    fn gaps(mut self) {
        if let Some(gap) = self.values.embedded.gap() {
            self.values.emitter.out().gap(gap);
        }
        let out = self.values.emitter.out();
        if self.ragged > 0 {
            let message = format!(
                "{} rows have more or fewer cells than the header; cells beyond it were read as columns #n",
                self.ragged
            );
            out.gap(Gap::new(GapClass::Fault, "ragged-row", message));
        }
        if self.unbalanced > 0 {
            let message = format!(
                "{} rows open a quote that never closes; each was ended at its line",
                self.unbalanced
            );
            out.gap(Gap::new(GapClass::Fault, "malformed-csv", message));
        }
    }
}

/// The keys of the columns as mappings know them: without regard to case, and to quotes that some
/// databases leave around names. A repeated name is `name[2]`, one that is empty `#n`.
fn column_keys(header: &CsvHeader, mappings: &Mappings, values: &mut Values<'_, '_>) -> Vec<KeyId> {
    let known = mappings.keys();
    let mut seen: std::collections::HashMap<String, u32> = std::collections::HashMap::new();
    let mut keys = Vec::with_capacity(header.columns.len());
    for (at, name) in header.columns.iter().enumerate() {
        let bare = name.trim().trim_matches('"');
        let count = seen.entry(name.clone()).or_insert(0);
        *count += 1;
        let path = match (*count, bare.is_empty()) {
            (_, true) => format!("#{}", at + 1),
            (1, false) => {
                match [bare.to_owned(), bare.to_lowercase()].into_iter().find(|n| known.get(n).is_some()) {
                    Some(mapped) => mapped,
                    None => name.clone(),
                }
            }
            (count, false) => format!("{name}[{count}]"),
        };
        keys.push(values.keys.id(&path));
    }
    keys
}

impl Values<'_, '_> {
    /// The names of columns as fields, whatever they are: a header may be data.
    fn column_names(&mut self, tree: &Tree, top: &Top<'_>) {
        for (at, node) in tree.children(0) {
            if matches!(node.kind, NodeKind::Cell { .. }) {
                self.named(tree, top, at, node, Role::Key, "@key");
            }
        }
    }
}

/// What later pieces need of a table's beginning.
fn carry(charset: Option<&'static str>, header: &CsvHeader) -> Arc<Carry> {
    Arc::new(Carry { charset, header: Some(header.clone()), ..Carry::default() })
}

#[cfg(test)]
mod tests;
