//! Whether a text is a table, and which separator it has.
//!
//! A separator is believed when the first rows have the same number of columns with it. Prose has
//! commas too, so a text that is not named as a table must also have a first row of short names.

use std::borrow::Cow;

use super::cells::{Dialect, End, is_blank};
use crate::formats::Vote;
use crate::formats::encoding::charset;

/// The quote of every table known to exist in exports.
pub(super) const QUOTE: u8 = b'"';
/// How much of the text is looked at: what a probe sees.
pub(super) const SNIFFED: usize = 64 << 10;
/// How many rows are looked at.
const ROWS: usize = 200;
/// Separators in order of preference.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// The longest name of a column in a text that is not named as a table, in bytes.
const NAME: usize = 80;

/// What the first rows look like with one separator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    separator: u8,
    /// Cells of the first row.
    columns: usize,
    /// Rows looked at, the first included.
    rows: usize,
    /// Of them with as many cells as the first.
    alike: usize,
    /// The most frequent number of cells, and how many rows have it.
    mode: (usize, usize),
}

impl Shape {
    /// More rows like the first, then more columns; both as one number that grows.
    fn rank(&self) -> (usize, usize) {
        (self.alike * 1000 / self.rows.max(1), self.columns)
    }
}

/// Where the rows begin: behind the line `sep=;` that spreadsheets write to name the separator.
pub(super) fn preamble(text: &[u8]) -> Option<(u8, usize)> {
    let [separator, rest @ ..] = text.strip_prefix(b"sep=")? else { return None };
    let line_end = match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => return None,
    };
    (!separator.is_ascii_alphanumeric() && *separator != QUOTE).then_some((*separator, 5 + line_end))
}

/// The separator of a text that is taken for a table.
///
/// Only the text decides, never the name, so that a piece and the whole are read alike. A text of one
/// column has a comma: nothing else would change how it is read.
pub(super) fn separator(text: &str) -> u8 {
    separator_of(head(text, true))
}

fn separator_of(head: Head<'_>) -> u8 {
    if let Some((separator, _)) = preamble(head.bytes) {
        return separator;
    }
    let shapes: Vec<Shape> = SEPARATORS.into_iter().map(|separator| shape(head, separator)).collect();
    let mut best: Option<&Shape> = None;
    for shape in shapes.iter().filter(|shape| shape.columns > 1) {
        if best.is_none_or(|best| shape.rank() > best.rank()) {
            best = Some(shape);
        }
    }
    // A title stands above some tables: then most rows tell.
    let mut titled: Option<&Shape> = None;
    for shape in shapes.iter().filter(|shape| shape.mode.0 > 1 && shape.mode.1 * 2 > shape.rows) {
        if titled.is_none_or(|titled| shape.mode.1 > titled.mode.1) {
            titled = Some(shape);
        }
    }
    best.or(titled).map_or(b',', |shape| shape.separator)
}

/// Whether bytes are a table, by their beginning and the item's innermost name.
pub(super) fn vote(head: &[u8], name: &str) -> Vote {
    let text = match charset::as_utf8(head) {
        Some(text) => Cow::Borrowed(text),
        None => {
            let resolved = charset::resolve(head, None);
            let raw = head.get(resolved.mark..).unwrap_or(&[]);
            let (mut text, mut map) = (Vec::new(), crate::records::OffsetMap::new());
            charset::decode(resolved.label, raw, &mut text, &mut map);
            Cow::Owned(String::from_utf8(text).unwrap_or_default())
        }
    };
    let begin = self::head(&text, head.len() < SNIFFED);
    match extension(name).as_deref() {
        Some("csv" | "tsv" | "tab" | "psv") => named(begin),
        Some(
            "md" | "markdown" | "html" | "htm" | "xml" | "json" | "jsonl" | "ndjson" | "eml" | "mbox"
            | "yaml" | "yml" | "py" | "js" | "ts" | "rs" | "c" | "h" | "java" | "sql",
        ) => Vote::No,
        _ => unnamed(begin),
    }
}

fn extension(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next()?;
    last.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase())
}

fn named(head: Head<'_>) -> Vote {
    if matches!(head.bytes.trim_ascii_start().first(), Some(b'{' | b'[' | b'<')) {
        return Vote::Weak;
    }
    let shape = shape(head, separator_of(head));
    let table = preamble(head.bytes).is_some() || shape.columns > 1 || (shape.mode.0 > 1 && shape.mode.1 > 1);
    if table { Vote::Strong } else { Vote::Weak }
}

fn unnamed(head: Head<'_>) -> Vote {
    let bytes = head.bytes;
    if preamble(bytes).is_some() {
        return Vote::Strong;
    }
    // One row is no table, and neither is a text without a separator.
    let separated = memchr::memchr3(b',', b';', b'\t', bytes).or_else(|| memchr::memchr(b'|', bytes));
    if separated.is_none() || memchr::memchr2(b'\n', b'\r', bytes.trim_ascii_end()).is_none() {
        return Vote::No;
    }
    // Prose is told by its first row, whatever the separator.
    if !SEPARATORS.into_iter().any(|separator| has_names(bytes, separator)) {
        return Vote::No;
    }
    let separator = separator_of(head);
    let shape = shape(head, separator);
    let even = shape.rows >= 2 && shape.alike * 20 >= shape.rows * 19;
    if even && has_names(bytes, separator) { Vote::Strong } else { Vote::No }
}

/// Whether the first row has several cells, and they could be names of columns.
fn has_names(bytes: &[u8], separator: u8) -> bool {
    if memchr::memchr(separator, bytes).is_none() {
        return false;
    }
    let dialect = Dialect { separator, quote: QUOTE };
    let mut cells = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        at = dialect.row(bytes, at, &mut cells);
        if !is_blank(&cells) {
            break;
        }
    }
    cells.len() > 1
        && cells.iter().all(|cell| {
            bytes
                .get(cell.start..cell.end)
                .and_then(|name| std::str::from_utf8(name).ok())
                .is_some_and(is_name)
        })
}

/// Whether a cell could be the name of a column. Prose, markup, code and headers of mail are not.
fn is_name(cell: &str) -> bool {
    !cell.is_empty()
        && cell.len() <= NAME
        && !cell.starts_with(char::is_whitespace)
        && cell.chars().any(char::is_alphabetic)
        && !cell.ends_with(['.', '!', '?', ',', ':', ';'])
        && !cell.contains(['{', '}', '<', '>', '=', '@', '\n', '\r', '"'])
        && !cell.contains(": ")
}

/// The beginning of a text.
#[derive(Clone, Copy)]
struct Head<'a> {
    bytes: &'a [u8],
    /// Whether the text ends with it.
    whole: bool,
}

fn head(text: &str, whole: bool) -> Head<'_> {
    let bytes = text.get(..text.floor_char_boundary(SNIFFED)).unwrap_or(text).as_bytes();
    Head { bytes, whole: whole && bytes.len() == text.len() }
}

fn shape(head: Head<'_>, separator: u8) -> Shape {
    let Head { bytes: head, whole } = head;
    let dialect = Dialect { separator, quote: QUOTE };
    let mut shape = Shape { separator, columns: 0, rows: 0, alike: 0, mode: (0, 0) };
    let mut counts: Vec<usize> = Vec::new();
    let (mut at, mut cells) = (preamble(head).map_or(0, |(_, len)| len), Vec::new());
    while at < head.len() && shape.rows < ROWS {
        at = dialect.row(head, at, &mut cells);
        if is_blank(&cells) {
            continue;
        }
        // The last row may go on behind what is looked at, and so may a cell in quotes.
        let ended = cells.iter().all(|cell| cell.by != End::Input && !cell.unclosed);
        if !whole && !ended && shape.rows > 0 {
            break;
        }
        shape.rows += 1;
        if shape.rows == 1 {
            shape.columns = cells.len();
        }
        shape.alike += usize::from(cells.len() == shape.columns);
        counts.push(cells.len());
    }
    counts.sort_unstable();
    for run in counts.chunk_by(|a, b| a == b) {
        if run.len() > shape.mode.1 {
            shape.mode = (run.first().copied().unwrap_or(0), run.len());
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_the_one_the_rows_agree_on() {
        for (want, text) in [
            (b',', "id,name\n1,Ana\n"),
            (b';', "id;importe;nota\n1;3,50;a, b\n2;4,10;c\n"),
            (b'\t', "id\tname\n1\tAna, Eva; x\n"),
            (b'|', "id|name|note\n1|Ana|a,b\n"),
            (b';', "\"a,b\";\"c,d\"\n1;2\n"),
            (b',', "id,note\n1,\"a;b\nc;d\"\n"),
            (b';', "Informe de tickets\nid;nombre\n1;Ana\n2;Eva\n"),
            (b'|', "sep=|\na,b|c,d\n"),
            (b',', "only\none\n"),
            (b',', ""),
        ] {
            assert_eq!(separator(text) as char, want as char, "{text:?}");
        }
    }

    #[test]
    fn prose_code_and_markup_are_no_tables() {
        for text in [
            "Dear Ana, thank you\nBest regards, Bob\n",
            "Hola,\ngracias por escribir, te respondo, un saludo\n",
            "{\"a\":1,\"b\":2}\n{\"a\":3,\"b\":4}\n",
            "| a | b |\n|---|---|\n| 1 | 2 |\n",
            "int a; int b;\nint c; int d;\n",
            "Subject: one; two\nFrom: Ana; x\n",
            "2024-01-01,5\n2024-01-02,6\n",
            "no separator\nat all\n",
            "a,b",
            "",
        ] {
            assert_eq!(vote(text.as_bytes(), "notes.txt"), Vote::No, "{text:?}");
        }
        assert_eq!(vote(b"id,name\n1,Ana\n", "x.md"), Vote::No);
    }

    #[test]
    fn tables_are_found_by_rows_or_by_name() {
        for text in ["id,name\n1,Ana\n", "id;Correo electrónico\r\n1;\"a;b\r\nc\"\r\n", "a\tb\n\n1\t2\n"] {
            assert_eq!(vote(text.as_bytes(), "export"), Vote::Strong, "{text:?}");
        }
        let utf16: Vec<u8> = "\u{feff}id;nombre\n1;Ana\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(vote(&utf16, "export"), Vote::Strong);
        assert_eq!(vote(b"id,name\n", "users.CSV"), Vote::Strong);
        assert_eq!(vote(b"id,name\n1,a,b\n", "users.csv"), Vote::Strong);
        assert_eq!(vote(b"name\nAna\n", "users.csv"), Vote::Weak);
        assert_eq!(vote(b"", "users.csv"), Vote::Weak);
        assert_eq!(vote(b"[{\"a\":1,\"b\":2}]", "users.csv"), Vote::Weak);
    }
}
