//! The cells of a sheet as a table: line N is row N.

use std::ops::Range;

use quick_xml::events::{BytesEnd, BytesStart, Event};

use super::super::cells::{date, write_row_at};
use super::super::traced::Traced;
use super::super::xml::{attribute, attributes, each_event, place, tag_place, take_text};
use super::beside;
use super::parts::Parts;

/// Empty rows that are written for the sake of line numbers; a row far below keeps no place.
const BLANK: u64 = 1_048_576;

/// Separators that rows may be given in any table.
const PADDING: usize = 1 << 20;

/// What a cell holds (ECMA-376 part 1, 18.18.11).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Shared,
    Text,
    Bool,
}

/// A cell while it is read.
struct Cell {
    column: usize,
    kind: Kind,
    format: usize,
    value: String,
    stands: Stands,
}

/// Where a cell stands in its part.
#[derive(Clone, Debug, Default)]
pub(super) struct Stands {
    /// In the table, quotes included.
    pub(super) csv: Range<usize>,
    /// Its start tag, with the brackets.
    pub(super) tag: Range<usize>,
    /// One past its name in that.
    pub(super) name_end: usize,
    /// What its name begins with, colon included: mostly nothing.
    pub(super) prefix: String,
    /// The value of the attribute that says what kind of cell it is.
    pub(super) kind: Option<Range<usize>>,
    /// Its formula, tags included.
    pub(super) formula: Option<Range<usize>>,
    /// Where its end tag begins.
    pub(super) end: usize,
    /// The shared string it shows.
    pub(super) shared: Option<usize>,
}

/// A sheet that was read.
#[derive(Default)]
pub(super) struct Table {
    /// Its cells, as CSV.
    pub(super) csv: String,
    /// Where they stand, in the order of the table, if that is wanted.
    pub(super) cells: Vec<Stands>,
    /// What stands beside the cells, a line each: texts in formulas, hints of validations, headers.
    pub(super) beside: Traced,
    /// Whether it was read to its end.
    pub(super) whole: bool,
    /// Cells whose string is not there.
    pub(super) lost: u64,
}

/// Where a text belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taking {
    /// Nothing: white space between elements, or a text beside the cells.
    Beside,
    Value,
    Formula,
}

/// A sheet while it is read.
struct Reader<'x, 'p> {
    xml: &'x str,
    parts: &'p mut Parts,
    trace: bool,
    table: Table,
    line: u64,
    row: Vec<(usize, String)>,
    stands: Vec<Stands>,
    /// Of each row that is not empty, where it ends and how many columns it has.
    ends: Vec<(usize, usize)>,
    cell: Option<Cell>,
    taking: Taking,
    text: Traced,
}

/// Reads a sheet, with the way back if that is wanted.
pub(super) fn table(xml: &str, parts: &mut Parts, trace: bool) -> Table {
    let mut reader = Reader {
        xml,
        parts,
        trace,
        table: Table { beside: Traced::new(trace), ..Table::default() },
        line: 1,
        row: Vec::new(),
        stands: Vec::new(),
        ends: Vec::new(),
        cell: None,
        taking: Taking::Beside,
        text: Traced::new(trace),
    };
    reader.table.whole = each_event(xml, |event| match &event {
        Event::Start(tag) => reader.begin(tag),
        Event::Empty(tag) => reader.empty(tag),
        Event::End(tag) => reader.end(tag),
        other => {
            take_text(xml, other, &mut reader.text);
        }
    });
    // Of a sheet that is cut off, the last row and cell are there in part.
    reader.taken();
    reader.close_cell(0);
    if !reader.row.is_empty() {
        reader.write_row();
    }
    reader.square();
    reader.table
}

impl<'x> Reader<'x, '_> {
    fn begin(&mut self, tag: &BytesStart<'x>) {
        self.taken();
        match tag.local_name().as_ref() {
            "row" => {
                let number = attribute(tag, "r").and_then(|r| r.parse().ok()).unwrap_or(self.line);
                while self.line < number && self.line < BLANK {
                    self.table.csv.push('\n');
                    self.line += 1;
                }
                self.row.clear();
                self.stands.clear();
            }
            "c" => self.cell = Some(self.open(tag)),
            "v" | "t" if self.cell.is_some() => self.taking = Taking::Value,
            "f" if self.cell.is_some() => {
                self.taking = Taking::Formula;
                self.formula(tag_place(self.xml, tag));
            }
            _ => beside::attributes(self.xml, tag, &mut self.table.beside),
        }
    }

    fn empty(&mut self, tag: &BytesStart<'x>) {
        match tag.local_name().as_ref() {
            "c" => {
                let cell = self.open(tag);
                self.row.push((cell.column, String::new()));
                self.stands.push(cell.stands);
            }
            "f" if self.cell.is_some() => self.formula(tag_place(self.xml, tag)),
            _ => beside::attributes(self.xml, tag, &mut self.table.beside),
        }
    }

    fn end(&mut self, tag: &BytesEnd<'x>) {
        self.taken();
        match tag.local_name().as_ref() {
            "v" | "t" => self.taking = Taking::Beside,
            "f" => {
                self.taking = Taking::Beside;
                self.formula(tag_place(self.xml, tag));
            }
            "c" => self.close_cell(tag_place(self.xml, tag).start),
            "row" => self.write_row(),
            _ => {}
        }
    }

    /// A tag of the cell's formula.
    fn formula(&mut self, tag: Range<usize>) {
        if let Some(cell) = &mut self.cell {
            let from = cell.stands.formula.as_ref().map_or(tag.start, |known| known.start);
            cell.stands.formula = Some(from..tag.end);
        }
    }

    /// A text that ended goes where it belongs.
    fn taken(&mut self) {
        let text = std::mem::replace(&mut self.text, Traced::new(self.trace));
        match (self.taking, &mut self.cell) {
            (Taking::Value, Some(cell)) => cell.value.push_str(&text.text),
            (Taking::Formula, _) => beside::literals(&text, &mut self.table.beside),
            _ => beside::line(&text, 0..text.text.len(), &mut self.table.beside),
        }
    }

    fn close_cell(&mut self, end: usize) {
        if let Some(mut cell) = self.cell.take() {
            cell.stands.end = end;
            let column = cell.column;
            let (shown, stands) = shown(cell, self.parts, &mut self.table.lost);
            self.row.push((column, shown));
            self.stands.push(stands);
        }
    }

    fn write_row(&mut self) {
        let mut stands = self.stands.drain(..);
        let Table { csv, cells, .. } = &mut self.table;
        let columns = write_row_at(&self.row, csv, &mut |range| {
            let stands = stands.next().unwrap_or_default();
            if self.trace {
                cells.push(Stands { csv: range, ..stands });
            }
        });
        drop(stands);
        if columns > 0 {
            self.ends.push((csv.len() - 1, columns));
        }
        self.row.clear();
        self.line += 1;
    }

    /// Gives each row as many columns as the widest has: a sheet ends where its last cell does, and a row that
    /// has fewer is no damage. Where that would make the table far larger, rows stay as they are.
    fn square(&mut self) {
        let Table { csv, cells, .. } = &mut self.table;
        let widest = self.ends.iter().map(|(_, columns)| *columns).max().unwrap_or(0);
        let missing: usize = self.ends.iter().map(|(_, columns)| widest - columns).sum();
        if missing == 0 || missing > csv.len().max(PADDING) {
            return;
        }
        let (mut out, mut from, mut at) = (String::with_capacity(csv.len() + missing), 0, 0);
        for (end, columns) in &self.ends {
            let shift = out.len() - from;
            while let Some(cell) = cells.get_mut(at).filter(|cell| cell.csv.end <= *end) {
                cell.csv = cell.csv.start + shift..cell.csv.end + shift;
                at += 1;
            }
            out.push_str(csv.get(from..*end).unwrap_or(""));
            out.extend(std::iter::repeat_n(',', widest - columns));
            from = *end;
        }
        out.push_str(csv.get(from..).unwrap_or(""));
        *csv = out;
    }

    fn open(&self, tag: &BytesStart<'x>) -> Cell {
        let next = self.row.last().map_or(0, |(column, _)| column + 1);
        let kind = match attribute(tag, "t").as_deref() {
            Some("s") => Kind::Shared,
            Some("str" | "inlineStr" | "e" | "d") => Kind::Text,
            Some("b") => Kind::Bool,
            _ => Kind::Number,
        };
        let column = attribute(tag, "r").and_then(|reference| column(&reference)).unwrap_or(next);
        let format = attribute(tag, "s").and_then(|format| format.parse().ok()).unwrap_or(0);
        let stands = if self.trace { self.stands_at(tag) } else { Stands::default() };
        Cell { column, kind, format, value: String::new(), stands }
    }

    fn stands_at(&self, tag: &BytesStart<'x>) -> Stands {
        let kind = attributes(self.xml, tag).into_iter().find(|one| one.name == "t").map(|one| one.raw);
        let name = tag.name();
        let prefix = name.as_ref().strip_suffix('c').unwrap_or("").to_owned();
        let name_end = place(self.xml, name.as_ref()).end;
        Stands { tag: tag_place(self.xml, tag), name_end, prefix, kind, ..Stands::default() }
    }
}

/// `AB12` is column 27, counted from 0. Sheets end at XFD.
fn column(reference: &str) -> Option<usize> {
    let mut column = 0usize;
    for byte in reference.bytes().take_while(u8::is_ascii_alphabetic) {
        column = column * 26 + usize::from(byte.to_ascii_uppercase() - b'A') + 1;
        if column > 16_384 {
            return None;
        }
    }
    column.checked_sub(1)
}

/// What a cell shows.
fn shown(cell: Cell, parts: &mut Parts, lost: &mut u64) -> (String, Stands) {
    let Cell { kind, format, value, mut stands, .. } = cell;
    let text = match kind {
        Kind::Shared if value.is_empty() => String::new(),
        Kind::Shared => {
            stands.shared = value.trim().parse().ok();
            match stands.shared.and_then(|at| parts.string(at)) {
                Some(string) => string.to_owned(),
                None => {
                    *lost += 1;
                    value
                }
            }
        }
        Kind::Bool => String::from(if value.trim() == "1" { "true" } else { "false" }),
        Kind::Number if parts.is_date(format) => date(&value, parts.from_1904).unwrap_or(value),
        Kind::Number | Kind::Text => value,
    };
    (text, stands)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_by_their_letters() {
        assert_eq!(
            (column("A1"), column("AB12"), column("XFD1"), column("XFE1")),
            (Some(0), Some(27), Some(16_383), None)
        );
        assert_eq!(column("7"), None);
    }
}
