//! Lines and columns, computed in one place for every report.

/// A 1-based position in the bytes of an item. Lines end at LF, so CR LF ends one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u64,
    /// Column in bytes, from 1.
    pub column: u64,
    /// Column in UTF-16 code units, from 1, as if the line were UTF-8.
    pub column_utf16: u64,
}

impl Position {
    /// The first byte of an item.
    pub const START: Position = Position { line: 1, column: 1, column_utf16: 1 };

    /// The position behind `bytes`, which begin here.
    pub fn after(self, bytes: &[u8]) -> Position {
        let (lines, rest) = match memchr::memrchr(b'\n', bytes) {
            Some(last) => {
                (memchr::memchr_iter(b'\n', bytes).count() as u64, bytes.get(last + 1..).unwrap_or(&[]))
            }
            None => (0, bytes),
        };
        let begin = if lines == 0 { (self.column, self.column_utf16) } else { (1, 1) };
        Position {
            line: self.line + lines,
            column: begin.0 + rest.len() as u64,
            column_utf16: begin.1 + utf16_units(rest),
        }
    }
}

/// UTF-16 code units of UTF-8 bytes: one a character, two above U+FFFF. Bytes that are no UTF-8
/// count by the same rule, which never panics and never stops.
fn utf16_units(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(byte & 0xC0 != 0x80) + u64::from(*byte >= 0xF0)).sum()
}

/// Gives positions in one run of bytes. Ascending offsets cost each byte once, however long the
/// lines are; an offset before the last one asked for begins again.
#[derive(Clone, Debug)]
pub struct Positions<'a> {
    bytes: &'a [u8],
    start: Position,
    at: usize,
    now: Position,
}

impl<'a> Positions<'a> {
    /// Positions in `bytes`, whose first byte stands at `start`.
    pub fn new(bytes: &'a [u8], start: Position) -> Self {
        Self { bytes, start, at: 0, now: start }
    }

    /// The position of `offset`; behind the end, that of the end.
    pub fn of(&mut self, offset: usize) -> Position {
        let offset = offset.min(self.bytes.len());
        if offset < self.at {
            (self.at, self.now) = (0, self.start);
        }
        self.now = self.now.after(self.bytes.get(self.at..offset).unwrap_or(&[]));
        self.at = offset;
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_lf() {
        let bytes = b"a\nb\r\nc";
        let mut positions = Positions::new(bytes, Position::START);
        let at: Vec<(u64, u64)> =
            [0, 2, 3, 5, 2].into_iter().map(|o| positions.of(o)).map(|p| (p.line, p.column)).collect();
        assert_eq!(at, [(1, 1), (2, 1), (2, 2), (3, 1), (2, 1)]);
    }

    #[test]
    fn columns_count_bytes_and_utf16_units() {
        let text = "😀é IBAN";
        let start = Position { line: 7, column: 11, column_utf16: 11 };
        let position = Positions::new(text.as_bytes(), start).of(text.find('I').unwrap());
        assert_eq!((position.line, position.column, position.column_utf16), (7, 18, 15));
    }

    #[test]
    fn positions_in_parts_are_positions_in_the_whole() {
        let text = "uno\ndos é\n\n😀 tres\r\ncuatro";
        for cut in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
            let (head, tail) = text.as_bytes().split_at(cut);
            assert_eq!(
                Position::START.after(head).after(tail),
                Position::START.after(text.as_bytes()),
                "{cut}"
            );
        }
    }
}
