//! Cuts tables at row ends, quotes honoured.

use super::super::encoding::charset;
use super::super::{CsvHeader, Cut, Cutter, HEAD};
use super::rows::Dialect;
use super::{carry, header};
use crate::records::OffsetMap;

/// A cell longer than this has lost its closing quote.
const CELL: usize = 8 << 20;

/// Follows rows through the stream; keeps how far it has looked.
#[derive(Default)]
pub(super) struct RowCutter {
    begun: bool,
    charset: Option<&'static str>,
    header: Option<CsvHeader>,
    /// Row ends seen in the bytes at hand, and the offset behind the last of them.
    rows: u64,
    seen: usize,
    hopeless: bool,
}

impl Cutter for RowCutter {
    fn cut(&mut self, bytes: &[u8], wanted: usize, end: bool) -> Cut {
        if bytes.is_empty() || (bytes.len() < wanted && !end) || (!self.begun && bytes.len() < HEAD && !end) {
            return Cut::More;
        }
        self.begin(bytes);
        let Some(known) = self.header.clone() else { return if end { self.all(bytes) } else { Cut::More } };
        let dialect = Dialect { separator: known.separator, quote: known.quote };
        while !self.hopeless && self.seen < bytes.len() {
            let Some(next) = row_end(dialect, bytes, self.seen, end) else { break };
            self.seen = next;
            self.rows += 1;
            if next >= wanted {
                let records = std::mem::take(&mut self.rows);
                self.seen = 0;
                return Cut::Here { len: next, records, carry: carry(self.charset, &known) };
            }
        }
        if end { self.all(bytes) } else { Cut::More }
    }
}

impl RowCutter {
    fn all(&mut self, bytes: &[u8]) -> Cut {
        let records = std::mem::take(&mut self.rows) + 1;
        self.seen = 0;
        let carry = match &self.header {
            Some(header) => carry(self.charset, header),
            None => std::sync::Arc::default(),
        };
        Cut::Here { len: bytes.len(), records, carry }
    }

    fn begin(&mut self, bytes: &[u8]) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let resolved = charset::resolve(bytes, None);
        // Rows of UTF-16 and UTF-32 are not cut: such tables come from spreadsheets and are small.
        self.hopeless = charset::code_unit(resolved.label) > 1;
        self.charset = (self.hopeless || resolved.mark > 0).then_some(resolved.label);
        let (mut text, mut map) = (Vec::new(), OffsetMap::new());
        let head = bytes.get(resolved.mark..bytes.len().min(256 << 10)).unwrap_or(&[]);
        charset::decode(resolved.label, head, &mut text, &mut map);
        self.header = Some(header(&String::from_utf8_lossy(&text), bytes.len() < HEAD).0);
        self.seen = 0;
    }
}

/// The end of the row that begins at `at`, where it ends in the bytes at hand.
fn row_end(dialect: Dialect, bytes: &[u8], at: usize, end: bool) -> Option<usize> {
    let mut from = at;
    let mut cell_start = true;
    loop {
        let byte = bytes.get(from)?;
        if cell_start && *byte == dialect.quote {
            match closing(dialect, bytes, from + 1) {
                Some(close) => from = close + 1,
                None if end || bytes.len() - from > CELL => from += 1,
                None => return None,
            }
            cell_start = false;
            continue;
        }
        let ahead = memchr::memchr3(dialect.separator, b'\n', b'\r', bytes.get(from..)?)?;
        from += ahead;
        match bytes.get(from) {
            Some(b'\n') => return Some(from + 1),
            Some(b'\r') => match bytes.get(from + 1) {
                Some(b'\n') => return Some(from + 2),
                Some(_) => return Some(from + 1),
                None if end => return Some(from + 1),
                None => return None,
            },
            _ => {
                from += 1;
                cell_start = true;
            }
        }
    }
}

fn closing(dialect: Dialect, bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr(dialect.quote, bytes.get(at..)?)?;
        match bytes.get(at + 1) {
            Some(next) if *next == dialect.quote => at += 2,
            Some(_) => return Some(at),
            // Whether the quote is doubled shows with the next byte.
            None => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_line_ends_do_not_cut() {
        let text = "id,note\n1,\"a\nb\"\n2,c\r\n3,\"d\"\"\ne\"\n4,\"\"";
        for step in [1, 2, 5, 100] {
            let mut cutter = RowCutter::default();
            let (mut from, mut to, mut pieces, mut rows) = (0, 0, Vec::new(), 0);
            while from < text.len() {
                match cutter.cut(&text.as_bytes()[from..to], 1, to == text.len()) {
                    Cut::More => to = (to + step).min(text.len()),
                    Cut::Here { len, records, carry } => {
                        assert_eq!(carry.header.as_ref().unwrap().separator, b',');
                        pieces.push(&text[from..from + len]);
                        from += len;
                        rows += records;
                    }
                }
            }
            assert_eq!(
                pieces,
                ["id,note\n", "1,\"a\nb\"\n", "2,c\r\n", "3,\"d\"\"\ne\"\n", "4,\"\""],
                "{step}"
            );
            assert_eq!(rows, 5);
        }
    }
}
