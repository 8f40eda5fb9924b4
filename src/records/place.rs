//! Lines and columns, computed in one place for every report.

/// A 1-based position in the bytes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1; lines end at LF, CR LF or a lone CR.
    pub line: u64,
    /// Column in bytes from 1.
    pub column: u64,
    /// Column in UTF-16 code units from 1, where the line is UTF-8; bytes elsewhere.
    pub column_utf16: u64,
}

/// Gives positions of ascending offsets in one run of bytes, each byte looked at once.
#[derive(Clone, Debug)]
pub struct Positions<'a> {
    bytes: &'a [u8],
    line: u64,
    line_start: usize,
}

impl<'a> Positions<'a> {
    /// Positions in `bytes`, whose first byte begins line `first_line` (from 1).
    pub fn new(bytes: &'a [u8], first_line: u64) -> Self {
        Self { bytes, line: first_line, line_start: 0 }
    }

    /// The position of `offset`. Offsets must not descend below the start of the last line asked
    /// for; one that does is answered by beginning again.
    pub fn of(&mut self, offset: usize) -> Position {
        let offset = offset.min(self.bytes.len());
        let ahead = self.bytes.get(self.line_start..offset).unwrap_or(&[]);
        let mut from = 0;
        while let Some(found) = ahead.get(from..).and_then(|rest| memchr::memchr2(b'\n', b'\r', rest)) {
            let end = from + found;
            let crlf =
                ahead.get(end) == Some(&b'\r') && self.bytes.get(self.line_start + end + 1) == Some(&b'\n');
            let next = if crlf { end + 2 } else { end + 1 };
            if self.line_start + next > offset {
                break;
            }
            self.line += 1;
            from = next;
        }
        self.line_start += from;
        let before = self.bytes.get(self.line_start..offset).unwrap_or(&[]);
        let column_utf16 = match simdutf8::basic::from_utf8(before) {
            Ok(text) => text.chars().map(|c| c.len_utf16() as u64).sum(),
            Err(_) => before.len() as u64,
        };
        Position { line: self.line, column: before.len() as u64 + 1, column_utf16: column_utf16 + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_line_ends_count_once() {
        let bytes = b"a\nb\r\nc\rd";
        let mut positions = Positions::new(bytes, 1);
        let at: Vec<(u64, u64)> =
            [0, 2, 5, 7].into_iter().map(|o| positions.of(o)).map(|p| (p.line, p.column)).collect();
        assert_eq!(at, [(1, 1), (2, 1), (3, 1), (4, 1)]);
    }

    #[test]
    fn columns_are_utf16_units_where_the_line_is_utf8() {
        let text = "😀é IBAN";
        let mut positions = Positions::new(text.as_bytes(), 7);
        let position = positions.of(text.find('I').unwrap());
        assert_eq!((position.line, position.column, position.column_utf16), (7, 8, 5));
    }
}
