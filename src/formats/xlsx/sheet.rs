//! The cells of a sheet as a table: line N is row N.

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::parts::{Parts, attribute, resolved};

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

/// The sheet as CSV, and whether it was read to its end.
pub(super) fn table(xml: &str, parts: &mut Parts) -> (String, bool) {
    let mut reader = Reader::from_str(xml);
    let mut out = String::new();
    let (mut line, mut row): (u64, Vec<(usize, String)>) = (1, Vec::new());
    let mut cell: Option<Cell> = None;
    let mut taking = false;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => match tag.local_name().as_ref() {
                "row" => {
                    let number = attribute(&tag, "r").and_then(|r| r.parse().ok()).unwrap_or(line);
                    while line < number && line < BLANK {
                        out.push('\n');
                        line += 1;
                    }
                    row.clear();
                }
                "c" => cell = Some(open(&tag, row.last().map_or(0, |(column, _)| column + 1))),
                "v" | "t" => taking = cell.is_some(),
                _ => {}
            },
            Ok(Event::Text(text)) if taking => push(&mut cell, &text),
            Ok(Event::CData(text)) if taking => push(&mut cell, &text),
            Ok(Event::GeneralRef(reference)) if taking => push(&mut cell, &resolved(&reference)),
            Ok(Event::End(tag)) => match tag.local_name().as_ref() {
                "v" | "t" => taking = false,
                "c" => row.extend(cell.take().map(|cell| (cell.column, shown(cell, parts)))),
                "row" => {
                    write_row(&row, &mut out);
                    line += 1;
                }
                _ => {}
            },
            Ok(Event::Eof) => return (out, true),
            Err(_) => return (out, false),
            Ok(_) => {}
        }
    }
}

fn push(cell: &mut Option<Cell>, text: &str) {
    if let Some(cell) = cell {
        cell.value.push_str(text);
    }
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

fn shown(cell: Cell, parts: &mut Parts) -> String {
    match cell.kind {
        Kind::Shared => {
            cell.value.trim().parse().map_or_else(|_| String::new(), |at| parts.string(at).to_owned())
        }
        Kind::Bool => String::from(if cell.value.trim() == "1" { "true" } else { "false" }),
        Kind::Number if parts.is_date(cell.format) => {
            date(&cell.value, parts.from_1904).unwrap_or(cell.value)
        }
        Kind::Number | Kind::Text => cell.value,
    }
}

/// A serial number as ISO 8601: days since 30 December 1899, or 1 January 1904, with the day's fraction. The
/// 29 February 1900 that never was makes days before March 1900 one off; they are left as numbers.
fn date(serial: &str, from_1904: bool) -> Option<String> {
    let serial: f64 = serial.trim().parse().ok()?;
    let first = if from_1904 { 0.0 } else { 61.0 };
    if !(first..2_958_466.0).contains(&serial) {
        return None;
    }
    let epoch = if from_1904 { jiff::civil::date(1904, 1, 1) } else { jiff::civil::date(1899, 12, 30) };
    let seconds = (serial * 86_400.0).round() as i64;
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let day = epoch.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    Some(match rest {
        0 => day.to_string(),
        _ => format!("{day}T{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60),
    })
}

/// One row; a line end in a cell is a space, since a line is a row.
fn write_row(row: &[(usize, String)], out: &mut String) {
    let mut at = 0;
    for (column, value) in row {
        while at < *column {
            out.push(',');
            at += 1;
        }
        let plain = !value.contains(['"', ',', '\n', '\r', ';', '\t']);
        if plain {
            out.push_str(value);
        } else {
            let value = value.replace("\r\n", " ").replace(['\n', '\r'], " ").replace('"', "\"\"");
            out.push_str(&format!("\"{value}\""));
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_dates() {
        assert_eq!(
            (column("A1"), column("AB12"), column("XFD1"), column("XFE1")),
            (Some(0), Some(27), Some(16_383), None)
        );
        assert_eq!(column("7"), None);
        assert_eq!(date("45983", false).as_deref(), Some("2025-11-22"));
        assert_eq!(date("45983.5", false).as_deref(), Some("2025-11-22T12:00:00"));
        assert_eq!(date("0", true).as_deref(), Some("1904-01-01"));
        assert_eq!(date("12", false), None);
        assert_eq!(date("x", false), None);
    }
}
