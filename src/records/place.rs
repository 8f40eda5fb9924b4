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
    // Runs short enough for counters of one byte, of which the compiler takes many at once.
    let units = |byte: &u8| u8::from(byte & 0xC0 != 0x80) + u8::from(*byte >= 0xF0);
    bytes.chunks(127).map(|run| u64::from(run.iter().map(units).sum::<u8>())).sum()
}

/// Bytes between two remembered positions.
const STRIDE: usize = 512;

/// Gives positions in one run of bytes, in any order: each byte is looked at once when the first
/// offset behind it is asked for, and at most 512 bytes again for each answer.
#[derive(Clone, Debug)]
pub struct Positions<'a> {
    bytes: &'a [u8],
    /// The position of every STRIDE-th byte, as far as they are known.
    known: Vec<Position>,
    /// An offset whose line is known.
    line: (usize, u64),
}

impl<'a> Positions<'a> {
    /// Positions in `bytes`, whose first byte stands at `start`.
    pub fn new(bytes: &'a [u8], start: Position) -> Self {
        Self { bytes, known: vec![start], line: (0, start.line) }
    }

    /// The line of `offset` alone, which costs less than its position where offsets ascend.
    pub fn line_of(&mut self, offset: usize) -> u64 {
        let offset = offset.min(self.bytes.len());
        let (from, line) = self.line;
        let Some(between) = self.bytes.get(from..offset) else { return self.of(offset).line };
        self.line = (offset, line + memchr::memchr_iter(b'\n', between).count() as u64);
        self.line.1
    }

    /// The position of `offset`; behind the end, that of the end.
    pub fn of(&mut self, offset: usize) -> Position {
        let offset = offset.min(self.bytes.len());
        let mark = offset / STRIDE;
        while self.known.len() <= mark {
            let from = (self.known.len() - 1) * STRIDE;
            let Some(last) = self.known.last() else { break };
            let next = last.after(self.bytes.get(from..from + STRIDE).unwrap_or(&[]));
            self.known.push(next);
        }
        let at = self.known.get(mark).copied().unwrap_or(Position::START);
        at.after(self.bytes.get(mark * STRIDE..offset).unwrap_or(&[]))
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
    fn any_order_gives_the_same_answers() {
        let text = "línea\n😀 otra línea más larga que las demás ".repeat(200);
        let mut positions = Positions::new(text.as_bytes(), Position::START);
        for offset in [0, 9000, 3, 5120, 511, 512, 513, text.len(), 1, text.len() + 9] {
            let end = offset.min(text.len());
            let wanted = Position::START.after(&text.as_bytes()[..end]);
            assert_eq!(positions.line_of(offset), wanted.line, "{offset}");
            assert_eq!(positions.of(offset), wanted, "{offset}");
        }
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
