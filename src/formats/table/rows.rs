//! Rows of a table, RFC 4180 with the liberties of the world: other separators, single quotes inside,
//! text behind a closing quote.

/// A cell: its span without quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) quoted: bool,
    /// A doubled quote is in it.
    pub(super) escaped: bool,
}

/// What follows a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Separator,
    RowEnd,
}

/// How cells are parted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) separator: u8,
    pub(super) quote: u8,
}

/// What a row came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// One past the row with its line end.
    pub(super) next: usize,
    /// A quote was opened and never closed: the row was ended at its line.
    pub(super) unbalanced: bool,
}

impl Dialect {
    /// Reads the row that begins at `at` into `cells`.
    pub(super) fn row(self, bytes: &[u8], at: usize, cells: &mut Vec<Cell>) -> Row {
        cells.clear();
        let mut from = at;
        let mut unbalanced = false;
        loop {
            let (cell, next, after) = match self.quoted(bytes, from) {
                Some(found) => found,
                None => {
                    unbalanced |= bytes.get(from) == Some(&self.quote) && self.never_closes(bytes, from);
                    self.plain(bytes, from)
                }
            };
            cells.push(cell);
            from = next;
            if after == After::RowEnd {
                return Row { next, unbalanced };
            }
        }
    }

    /// A cell in quotes that ends as it should; none where it does not begin or end so.
    fn quoted(self, bytes: &[u8], at: usize) -> Option<(Cell, usize, After)> {
        if bytes.get(at) != Some(&self.quote) {
            return None;
        }
        let (end, escaped) = self.closing(bytes, at + 1)?;
        let cell = Cell { start: at + 1, end, quoted: true, escaped };
        let (next, after) = self.behind(bytes, end + 1)?;
        Some((cell, next, after))
    }

    fn closing(self, bytes: &[u8], mut at: usize) -> Option<(usize, bool)> {
        let mut escaped = false;
        loop {
            at += memchr::memchr(self.quote, bytes.get(at..)?)?;
            if bytes.get(at + 1) != Some(&self.quote) {
                return Some((at, escaped));
            }
            escaped = true;
            at += 2;
        }
    }

    fn never_closes(self, bytes: &[u8], at: usize) -> bool {
        self.closing(bytes, at + 1).is_none()
    }

    fn behind(self, bytes: &[u8], at: usize) -> Option<(usize, After)> {
        match bytes.get(at) {
            None => Some((at, After::RowEnd)),
            Some(b'\n') => Some((at + 1, After::RowEnd)),
            Some(b'\r') => Some((at + 1 + usize::from(bytes.get(at + 1) == Some(&b'\n')), After::RowEnd)),
            Some(byte) if *byte == self.separator => Some((at + 1, After::Separator)),
            Some(_) => None,
        }
    }

    /// A cell as it stands, up to the separator or the line end.
    fn plain(self, bytes: &[u8], at: usize) -> (Cell, usize, After) {
        let rest = bytes.get(at..).unwrap_or(&[]);
        let end = memchr::memchr3(self.separator, b'\n', b'\r', rest).map_or(bytes.len(), |found| at + found);
        let (next, after) = self.behind(bytes, end).unwrap_or((bytes.len(), After::RowEnd));
        (Cell { start: at, end, quoted: false, escaped: false }, next, after)
    }
}

/// The separator of a table by its first rows: the one of `, ; tab |` that gives the most rows the
/// same number of cells, more than one; more cells win. None where no separator does.
pub(super) fn sniff(head: &[u8], whole: bool) -> Option<Dialect> {
    let mut best: Option<(usize, Dialect)> = None;
    for separator in *b",;\t|" {
        let dialect = Dialect { separator, quote: b'"' };
        let Some(score) = score(dialect, head, whole) else { continue };
        if best.is_none_or(|(known, _)| score > known) {
            best = Some((score, dialect));
        }
    }
    best.map(|(_, dialect)| dialect)
}

/// How well the head reads as a table: cells of the header times rows like it; none where it does not.
fn score(dialect: Dialect, head: &[u8], whole: bool) -> Option<usize> {
    let (mut at, mut columns, mut like, mut rows) = (0, 0, 0usize, 0usize);
    let mut cells = Vec::new();
    while at < head.len() && rows < 50 {
        let row = dialect.row(head, at, &mut cells);
        // The last row of a head may be cut.
        if row.next >= head.len() && rows > 0 && !whole {
            break;
        }
        let blank = matches!(cells.as_slice(), [one] if one.start == one.end);
        at = row.next;
        if blank {
            continue;
        }
        if rows == 0 {
            columns = cells.len();
        }
        like += usize::from(cells.len() == columns);
        rows += 1;
    }
    (columns > 1 && like * 10 >= rows * 7).then_some(columns * 1000 + like)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMA: Dialect = Dialect { separator: b',', quote: b'"' };

    fn rows(dialect: Dialect, text: &str) -> Vec<Vec<&str>> {
        let (mut at, mut out, mut cells) = (0, Vec::new(), Vec::new());
        while at < text.len() {
            let row = dialect.row(text.as_bytes(), at, &mut cells);
            out.push(cells.iter().map(|cell| &text[cell.start..cell.end]).collect());
            assert!(row.next > at);
            at = row.next;
        }
        out
    }

    #[test]
    fn rfc_4180() {
        assert_eq!(
            rows(COMMA, "a,\"b,\"\"c\"\"\",\r\n\"x\ny\",2,\"\"\n,,\nlast"),
            [vec!["a", "b,\"\"c\"\"", ""], vec!["x\ny", "2", ""], vec!["", "", ""], vec!["last"]]
        );
    }

    #[test]
    fn damage_costs_a_row_and_no_more() {
        assert_eq!(rows(COMMA, "a\"b,\"c\"d,e\nf"), [vec!["a\"b", "\"c\"d", "e"], vec!["f"]]);
        let mut cells = Vec::new();
        let row = COMMA.row(b"1,\"open\n2,b\n", 0, &mut cells);
        assert_eq!(row, Row { next: 8, unbalanced: true });
    }

    #[test]
    fn separators_are_found_outside_quotes() {
        let found = |text: &str| sniff(text.as_bytes(), true).map(|dialect| dialect.separator);
        assert_eq!(found("id,name\n1,a\n"), Some(b','));
        assert_eq!(found("id;note\n1;\"a,b,c,d\"\n2;\"x,y\"\n"), Some(b';'));
        assert_eq!(found("id\tname\n1\ta b\n"), Some(b'\t'));
        assert_eq!(found("a|b|c\n1|2|3\n"), Some(b'|'));
        assert_eq!(found("Dear Ana, thank you.\nSee you soon, in May, or June, said Tom.\nBye\n"), None);
    }
}
