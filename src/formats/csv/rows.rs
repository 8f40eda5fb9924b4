//! Rows to trees, trees to records and fields.

use std::ops::Range;
use std::sync::Arc;

use super::cells::{Cell, Dialect, is_blank};
use super::columns::{addresses, are_names, beyond};
use super::table::Table;
use crate::formats::emit::Emitter;
use crate::formats::keys::is_plain;
use crate::formats::mapping::{Met, ShapeId};
use crate::formats::peeled::{Unpacked, narrow};
use crate::formats::text::damage_gap;
use crate::formats::tree::{KeyId, Node, NodeKind, Step, Tree};
use crate::formats::values::{Root, Top, Values};
use crate::formats::{Piece, Purpose, Reading, Yield};
use crate::records::{DayMonth, Extent, Gap, GapClass, Ordinal, Record, RecordKind, Role, Text};

/// Reads the rows of a piece, and its header if it holds the beginning of the table.
pub(super) fn read(piece: &Piece<'_>, reading: &Reading<'_>, system: &'static str, out: &mut dyn Yield) {
    let unpacked = Unpacked::of(piece);
    let scan = reading.purpose == Purpose::Scan;
    if scan {
        damage_gap(&unpacked, out);
    }
    out.block().raw_bytes += piece.bytes.len() as u64;
    let text: &str = &unpacked.text;
    let carried = piece.carry.header.as_ref();
    let table = match carried {
        Some(header) => Table::with(text, Dialect::of(header)),
        None => Table::of(text),
    };
    let begins = piece.first || carried.is_none();
    let names: &[String] = carried.map_or(&table.names, |header| &header.columns);
    let dialect = table.dialect;
    let syntax = Some((dialect.separator, dialect.quote));
    let mut values = Values::new(system, syntax, reading, &unpacked, Emitter::new(out));
    let under = table_name(piece.name).map(|name| values.keys.id(name));
    let exact = column_keys(names, reading, &mut values, false);
    let lower = column_keys(names, reading, &mut values, true);
    let known = |keys: &[KeyId]| match shape_of(reading, keys, under) {
        Some(shape) => 1 + reading.mappings.speaks_of(shape, keys),
        None => 0,
    };
    let keys = if known(&lower) > known(&exact) { lower } else { exact };
    values.orders = day_orders(text, dialect, if begins { table.rows } else { 0 }, keys.len());
    let mut rows = Rows {
        text,
        scan,
        dialect,
        columns: keys.len(),
        keys,
        under,
        ragged: !scan || carried.is_some_and(|header| header.ragged),
        tree: Tree::default(),
        values,
    };
    if begins && scan {
        rows.header(&table, system);
    }
    rows.all(if begins { table.rows } else { 0 }, piece.first_ordinal);
    rows.values.finish(scan);
}

/// The keys of the columns. Databases leave quotes around names, and tables of one helpdesk write as words
/// what another's objects have in lower case: a name that differs from a mapping's key in that alone is
/// taken for it, after the name as it stands or before.
fn column_keys(
    names: &[String],
    reading: &Reading<'_>,
    values: &mut Values<'_, '_>,
    lower: bool,
) -> Vec<KeyId> {
    let known = reading.mappings.keys();
    let of = |(address, name): (&String, &String)| {
        let bare = name.trim().trim_matches('"');
        let mut forms = [name.clone(), bare.to_owned(), bare.to_lowercase()];
        if lower {
            forms.reverse();
        }
        let repeated = address != name;
        let mapped = forms.into_iter().find(|n| known.get(n).is_some());
        let key = mapped.filter(|key| !repeated && (key == name || !names.contains(key)));
        values.keys.id(key.as_deref().unwrap_or(address))
    };
    addresses(names).iter().zip(names).map(of).collect()
}

/// What a mapping takes the rows of a table with these columns for.
fn shape_of(reading: &Reading<'_>, keys: &[KeyId], under: Option<KeyId>) -> Option<ShapeId> {
    let node = |next, step, kind| Node { parent: 0, next, step, kind, start: 0, end: 0, key: (0, 0), nth: 0 };
    let mut tree = Tree { nodes: vec![node(narrow(keys.len()) + 1, Step::Root, NodeKind::Object)] };
    tree.nodes.extend((2..).zip(keys).map(|(next, key)| node(next, Step::Key(*key), NodeKind::Null)));
    reading.mappings.recognise(&mut Met::default(), &tree, 0, "", (under, None))
}

/// The name of a file without its folder, its extension and the number large tables are continued under.
fn table_name(name: &str) -> Option<&str> {
    let name = name.rsplit(['/', '\\']).next()?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let stem = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    (!stem.is_empty()).then_some(stem)
}

/// In which order day and month stand in each column, by the dates of this piece.
fn day_orders(text: &str, dialect: Dialect, from: usize, columns: usize) -> Vec<Option<DayMonth>> {
    let rows = text.as_bytes().get(from..).unwrap_or(&[]);
    // Without a slash or a short date with dashes nothing is to be decided.
    if memchr::memchr(b'/', rows).is_none() && memchr::memchr(b'-', rows).is_none() {
        return Vec::new();
    }
    let mut dates: Vec<Vec<&str>> = vec![Vec::new(); columns];
    let (mut at, mut cells) = (from, Vec::new());
    while at < text.len() {
        at = dialect.row(text.as_bytes(), at, &mut cells);
        for (cell, dates) in cells.iter().zip(&mut dates) {
            let value = text.get(cell.start..cell.end).unwrap_or("");
            let begins = value.bytes().take(3).any(|byte| matches!(byte, b'/' | b'-'));
            if (8..=24).contains(&value.len()) && begins && value.starts_with(|c: char| c.is_ascii_digit()) {
                dates.push(value);
            }
        }
    }
    if dates.iter().all(Vec::is_empty) {
        return Vec::new();
    }
    dates.iter().map(|dates| DayMonth::of_column(dates.iter().copied())).collect()
}

struct Rows<'p, 'o> {
    text: &'p str,
    /// Whether gaps and the header are wanted.
    scan: bool,
    dialect: Dialect,
    /// How many columns the header names.
    columns: usize,
    /// The table by the name of its file, which some exports give it alone.
    under: Option<KeyId>,
    /// The keys of the columns, those met beyond the header included.
    keys: Vec<KeyId>,
    /// Whether rows of the wrong length have been told.
    ragged: bool,
    tree: Tree,
    values: Values<'p, 'o>,
}

impl Rows<'_, '_> {
    /// The header is a record of its own, whose cells are keys. It has no extent: without it the first
    /// row would be one.
    fn header(&mut self, table: &Table, system: &str) {
        if table.cells.is_empty() {
            return;
        }
        // Rows are counted from 0 and the header is none of them: it has an id, and a number no row has.
        let ordinal = Ordinal { top: 0, sub: u32::MAX };
        let mut record = Record::new(Arc::from(system), RecordKind::Other, ordinal);
        record.reference.id = Some(Text::new("header"));
        self.values.emitter.begin(vec![record]);
        let tree = self.plant(&table.cells, 0..table.rows);
        let top = Top { node: 0, ordinal, extent: None, under: None, root: Root::Record, within: None };
        let names = are_names(&table.names);
        for ((at, node), name) in tree.children(0).zip(&table.names) {
            if matches!(node.kind, NodeKind::Cell { .. }) && !(names && is_plain(name)) {
                self.values.named(&tree, &top, at, node, Role::Key, "@key");
            }
        }
        self.values.emitter.end();
        self.tree = tree;
        self.unclosed_gap(&table.cells);
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
            self.unclosed_gap(&cells);
            self.row(&cells, start..at, ordinal);
            ordinal += 1;
        }
    }

    fn row(&mut self, cells: &[Cell], bytes: Range<usize>, ordinal: u64) {
        let (start, end) = (self.values.raw(bytes.start), self.values.raw(bytes.end));
        let top = Top {
            node: 0,
            ordinal: Ordinal { top: ordinal, sub: 0 },
            extent: Some(Extent { lead: start, start, end, siblings: 0 }),
            under: self.under,
            root: Root::Record,
            within: None,
        };
        let tree = self.plant(cells, bytes);
        self.values.element(&tree, &top);
        self.tree = tree;
    }

    /// The row as a tree: an object with a member for each cell, in the memory of the tree before.
    fn plant(&mut self, cells: &[Cell], bytes: Range<usize>) -> Tree {
        let mut tree = std::mem::take(&mut self.tree);
        tree.nodes.clear();
        tree.nodes.push(Node {
            parent: 0,
            next: narrow(cells.len().max(self.columns)) + 1,
            step: Step::Root,
            kind: NodeKind::Object,
            start: narrow(bytes.start),
            end: narrow(bytes.end),
            key: (0, 0),
            nth: 0,
        });
        for (column, cell) in cells.iter().enumerate() {
            let kind = match cell.is_empty() {
                true => NodeKind::Null,
                false => NodeKind::Cell { quoted: cell.quoted, escaped: cell.escaped },
            };
            tree.nodes.push(Node {
                parent: 0,
                next: narrow(column) + 2,
                step: Step::Key(self.key(column)),
                kind,
                start: narrow(cell.start),
                end: narrow(cell.end),
                key: (0, 0),
                nth: 0,
            });
        }
        // A short row is a row of its table all the same: what is missing is as if it were empty.
        for column in cells.len()..self.columns {
            let (end, step) = (narrow(bytes.end), Step::Key(self.key(column)));
            let next = narrow(column) + 2;
            let kind = NodeKind::Null;
            tree.nodes.push(Node { parent: 0, next, step, kind, start: end, end, key: (0, 0), nth: 0 });
        }
        tree
    }

    fn key(&mut self, column: usize) -> KeyId {
        while self.keys.len() <= column {
            let key = self.values.keys.id(&beyond(self.keys.len()));
            self.keys.push(key);
        }
        self.keys.get(column).copied().unwrap_or(KeyId(u32::MAX))
    }

    /// Tells the first row of the item that has too many or too few cells.
    fn ragged_gap(&mut self, cells: &[Cell], start: usize) {
        if self.ragged || cells.len() == self.columns {
            return;
        }
        self.ragged = true;
        let message = "a row has more or fewer cells than the header has columns, the first such row here; all cells were read, but some may stand under the wrong name";
        let at = self.values.raw(start);
        self.values.emitter.out().gap(Gap::new(GapClass::Fault, "ragged-row", message).at(at, None));
    }

    /// Tells a quote that is never closed. There is at most one in an item: behind it every run of
    /// quotes has its partners.
    fn unclosed_gap(&mut self, cells: &[Cell]) {
        let Some(cell) = cells.iter().find(|cell| cell.unclosed).filter(|_| self.scan) else { return };
        let message = "a quote is never closed; it was read as text and what stands behind it as rows, which may be parted where they should not be";
        let at = self.values.raw(cell.start);
        self.values.emitter.out().gap(Gap::new(GapClass::Fault, "malformed-csv", message).at(at, None));
    }
}
