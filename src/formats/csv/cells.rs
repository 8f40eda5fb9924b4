//! Cells and rows in bytes, RFC 4180 with the liberties Python's `csv` takes: a row also ends at a
//! lone CR, a quote counts only at the beginning of a cell, and what stands behind a closing quote
//! belongs to the cell.

use crate::formats::CsvHeader;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// Between cells.
    pub(super) separator: u8,
    /// Around cells.
    pub(super) quote: u8,
}

/// What ends a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// A separator.
    Separator,
    /// A line end.
    Row,
    /// The end of the bytes.
    Input,
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// First byte of its text, inside the quotes if there are any.
    pub(super) start: usize,
    /// One past the last byte of its text, inside the quotes.
    pub(super) end: usize,
    /// Whether it stands in quotes.
    pub(super) quoted: bool,
    /// Whether a doubled quote is in it.
    pub(super) escaped: bool,
    /// Whether it begins with a quote that is never closed; the quote is part of the text then.
    pub(super) unclosed: bool,
    /// What comes after it.
    pub(super) by: End,
    /// Where the next cell begins.
    pub(super) next: usize,
}

impl Cell {
    /// Whether nothing stands in it.
    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }
}

impl Dialect {
    /// That of a header a cutter found.
    pub(super) fn of(header: &CsvHeader) -> Self {
        Self { separator: header.separator, quote: header.quote }
    }

    /// The cell that begins at `start`.
    ///
    /// A quote without its partner is text, and the cell ends at the next separator or line end. Every
    /// later run of quotes has an even length then, so the search for a partner is not repeated over
    /// the same bytes.
    pub(super) fn cell(self, bytes: &[u8], start: usize) -> Cell {
        if bytes.get(start) != Some(&self.quote) {
            return self.plain(bytes, start, start, false);
        }
        let Some((close, escaped)) = self.closing(bytes, start + 1) else {
            return self.plain(bytes, start, start + 1, true);
        };
        let Some((by, next)) = self.ending(bytes, close + 1) else {
            return self.plain(bytes, start, close + 1, false);
        };
        Cell { start: start + 1, end: close, quoted: true, escaped, unclosed: false, by, next }
    }

    /// The cells of the row that begins at `start`, and where the next row begins.
    pub(super) fn row(self, bytes: &[u8], start: usize, cells: &mut Vec<Cell>) -> usize {
        cells.clear();
        let mut at = start;
        loop {
            let cell = self.cell(bytes, at);
            cells.push(cell);
            at = cell.next;
            if cell.by != End::Separator {
                return at;
            }
        }
    }

    /// The closing quote, and whether doubled ones come before it.
    fn closing(self, bytes: &[u8], from: usize) -> Option<(usize, bool)> {
        let (mut at, mut escaped) = (from, false);
        loop {
            at += memchr::memchr(self.quote, bytes.get(at..)?)?;
            if bytes.get(at + 1) != Some(&self.quote) {
                return Some((at, escaped));
            }
            escaped = true;
            at += 2;
        }
    }

    /// What ends a cell at `at`, and where the next begins; none where the cell goes on.
    fn ending(self, bytes: &[u8], at: usize) -> Option<(End, usize)> {
        match bytes.get(at) {
            None => Some((End::Input, at)),
            Some(b'\n') => Some((End::Row, at + 1)),
            Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => Some((End::Row, at + 2)),
            Some(b'\r') => Some((End::Row, at + 1)),
            Some(byte) if *byte == self.separator => Some((End::Separator, at + 1)),
            Some(_) => None,
        }
    }

    /// A cell without quotes from `start`, known to go on up to `from`.
    fn plain(self, bytes: &[u8], start: usize, from: usize, unclosed: bool) -> Cell {
        let rest = bytes.get(from..).unwrap_or(&[]);
        let end = memchr::memchr3(self.separator, b'\n', b'\r', rest).map_or(bytes.len(), |at| from + at);
        let (by, next) = self.ending(bytes, end).unwrap_or((End::Input, end));
        Cell { start, end, quoted: false, escaped: false, unclosed, by, next }
    }
}

/// Whether the row is an empty line, which is no record.
pub(super) fn is_blank(cells: &[Cell]) -> bool {
    matches!(cells, [only] if only.is_empty() && !only.quoted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COMMA: Dialect = Dialect { separator: b',', quote: b'"' };

    fn rows(text: &str) -> Vec<Vec<&str>> {
        let (mut at, mut cells, mut rows) = (0, Vec::new(), Vec::new());
        while at < text.len() {
            at = COMMA.row(text.as_bytes(), at, &mut cells);
            rows.push(cells.iter().map(|cell| &text[cell.start..cell.end]).collect());
        }
        rows
    }

    #[test]
    fn quotes_protect_separators_and_line_ends() {
        assert_eq!(rows("a,\"b,c\r\nd\"\r\ne,\n"), [vec!["a", "b,c\r\nd"], vec!["e", ""]]);
        assert_eq!(rows("\"a\"\"b\",c"), [["a\"\"b", "c"]]);
        assert_eq!(rows("\"\",\"\""), [["", ""]]);
    }

    #[test]
    fn a_quote_counts_only_at_the_beginning() {
        assert_eq!(rows("5\" pipe,a\nb, \"c,d"), [vec!["5\" pipe", "a"], vec!["b", " \"c", "d"]]);
        assert_eq!(rows("\"Ana\" López,x"), [["\"Ana\" López", "x"]]);
    }

    #[test]
    fn a_quote_without_partner_is_text() {
        assert_eq!(rows("a,\"b\nc,d"), [["a", "\"b"], ["c", "d"]]);
        assert!(COMMA.cell(b"\"b\"\"", 0).unclosed);
        assert!(!COMMA.cell(b"\"b\"", 0).unclosed);
    }

    #[test]
    fn rows_end_at_every_kind_of_line_end() {
        assert_eq!(rows("a\rb\r\nc\nd"), [["a"], ["b"], ["c"], ["d"]]);
        assert_eq!(rows("a\r\r\nb"), [["a"], [""], ["b"]]);
    }

    proptest! {
        /// Every byte is text of a cell, a quote around one, a separator or a line end.
        #[test]
        fn no_byte_is_lost(text in "[ab\",\r\n]{0,40}") {
            let bytes = text.as_bytes();
            let (mut at, mut cells) = (0, Vec::new());
            while at < bytes.len() {
                let next = COMMA.row(bytes, at, &mut cells);
                prop_assert!(next > at);
                for cell in &cells {
                    let around = usize::from(cell.quoted);
                    prop_assert_eq!(cell.start, at + around);
                    let behind = &text[cell.end + around..cell.next];
                    prop_assert!(["", ",", "\n", "\r", "\r\n"].contains(&behind));
                    at = cell.next;
                }
                prop_assert_eq!(at, next);
            }
        }
    }
}
