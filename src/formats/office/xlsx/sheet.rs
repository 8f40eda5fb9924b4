//! The cells of a sheet as a table: line N is row N.

use quick_xml::events::{BytesStart, Event};

use super::super::cells::{date, write_row};
use super::super::xml::{attribute, each_event, resolved};
use super::beside;
use super::parts::Parts;

/// Empty rows that are written for the sake of line numbers; a row far below keeps no place.
const BLANK: u64 = 1_048_576;

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
}

/// A sheet that was read.
#[derive(Default)]
pub(super) struct Table {
    /// Its cells, as CSV.
    pub(super) csv: String,
    /// What stands beside the cells, a line each: texts in formulas, hints of validations, headers.
    pub(super) beside: String,
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

/// Reads a sheet.
pub(super) fn table(xml: &str, parts: &mut Parts) -> Table {
    let mut table = Table::default();
    let (mut line, mut row): (u64, Vec<(usize, String)>) = (1, Vec::new());
    let mut cell: Option<Cell> = None;
    let (mut taking, mut text) = (Taking::Beside, String::new());
    table.whole = each_event(xml, |event| match event {
        Event::Text(piece) => text.push_str(&piece),
        Event::CData(piece) => text.push_str(&piece),
        Event::GeneralRef(reference) => text.push_str(&resolved(&reference)),
        Event::Start(tag) => {
            taken(&mut text, taking, &mut cell, &mut table.beside);
            match tag.local_name().as_ref() {
                "row" => {
                    let number = attribute(&tag, "r").and_then(|r| r.parse().ok()).unwrap_or(line);
                    while line < number && line < BLANK {
                        table.csv.push('\n');
                        line += 1;
                    }
                    row.clear();
                }
                "c" => cell = Some(open(&tag, row.last().map_or(0, |(column, _)| column + 1))),
                "v" | "t" if cell.is_some() => taking = Taking::Value,
                "f" if cell.is_some() => taking = Taking::Formula,
                _ => beside::attributes(&tag, &mut table.beside),
            }
        }
        Event::Empty(tag) if tag.local_name().as_ref() == "c" => {
            let cell = open(&tag, row.last().map_or(0, |(column, _)| column + 1));
            row.push((cell.column, String::new()));
        }
        Event::Empty(tag) => beside::attributes(&tag, &mut table.beside),
        Event::End(tag) => {
            taken(&mut text, taking, &mut cell, &mut table.beside);
            match tag.local_name().as_ref() {
                "v" | "t" | "f" => taking = Taking::Beside,
                "c" => {
                    if let Some(cell) = cell.take() {
                        row.push((cell.column, shown(cell, parts, &mut table.lost)));
                    }
                }
                "row" => {
                    write_row(&row, &mut table.csv);
                    row.clear();
                    line += 1;
                }
                _ => {}
            }
        }
        _ => {}
    });
    // Of a sheet that is cut off, the last row and cell are there in part.
    taken(&mut text, taking, &mut cell, &mut table.beside);
    row.extend(cell.take().map(|cell| (cell.column, shown(cell, parts, &mut table.lost))));
    if !row.is_empty() {
        write_row(&row, &mut table.csv);
    }
    table
}

/// A text that ended goes where it belongs.
fn taken(text: &mut String, taking: Taking, cell: &mut Option<Cell>, beside: &mut String) {
    match (taking, cell) {
        (Taking::Value, Some(cell)) => cell.value.push_str(text),
        (Taking::Formula, _) => beside::literals(text, beside),
        _ => beside::line(text, beside),
    }
    text.clear();
}

fn open(tag: &BytesStart<'_>, next: usize) -> Cell {
    let kind = match attribute(tag, "t").as_deref() {
        Some("s") => Kind::Shared,
        Some("str" | "inlineStr" | "e" | "d") => Kind::Text,
        Some("b") => Kind::Bool,
        _ => Kind::Number,
    };
    let column = attribute(tag, "r").and_then(|reference| column(&reference)).unwrap_or(next);
    let format = attribute(tag, "s").and_then(|format| format.parse().ok()).unwrap_or(0);
    Cell { column, kind, format, value: String::new() }
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

fn shown(cell: Cell, parts: &mut Parts, lost: &mut u64) -> String {
    match cell.kind {
        Kind::Shared if cell.value.is_empty() => String::new(),
        Kind::Shared => match cell.value.trim().parse().ok().and_then(|at| parts.string(at)) {
            Some(string) => string.to_owned(),
            None => {
                *lost += 1;
                cell.value
            }
        },
        Kind::Bool => String::from(if cell.value.trim() == "1" { "true" } else { "false" }),
        Kind::Number if parts.is_date(cell.format) => {
            date(&cell.value, parts.from_1904).unwrap_or(cell.value)
        }
        Kind::Number | Kind::Text => cell.value,
    }
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
