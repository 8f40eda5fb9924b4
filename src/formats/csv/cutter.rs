//! Cuts a table at row ends.

use std::borrow::Cow;
use std::sync::Arc;

use super::cells::{Dialect, End};
use super::sniff::SNIFFED;
use super::table::Table;
use crate::formats::encoding::charset;
use crate::formats::peeled::Unpacked;
use crate::formats::{Carry, CsvHeader, Cut, Cutter, Piece};
use crate::records::Position;

/// Bytes before the first cut, so that the separator is found in the same text however the bytes come:
/// the widest charset has four for a character.
pub(super) const BEGIN: usize = 4 * SNIFFED + 8;

/// Cuts at the first row end behind the bytes wanted. Knows at which cell it stopped, so that no byte is
/// looked at twice but those of a cell that had no end yet.
#[derive(Default)]
pub(super) struct CsvCutter {
    /// Do not try before there are this many bytes.
    patience: usize,
    /// Whether the charset was looked for.
    looked: bool,
    /// Whether a piece was cut off.
    begun: bool,
    header: Option<CsvHeader>,
    /// The charset of all of the item, where its beginning tells; bytes are decoded to be cut then.
    fixed: Option<&'static str>,
    /// The charset of the first piece that is not UTF-8: what later pieces are likely to be.
    likely: Option<&'static str>,
    rows: Rows,
}

/// The rows of the bytes at hand, as far as they are known.
#[derive(Clone, Copy, Default)]
struct Rows {
    /// Where the next cell begins.
    at: usize,
    /// Cells of its row before it.
    cells: usize,
    /// Whether something stands in the row before it.
    filled: bool,
    /// Rows that have ended.
    rows: u64,
    /// Where the last of them ends.
    end: usize,
    /// Whether one of them has too many or too few cells.
    ragged: bool,
}

impl Rows {
    /// Goes on to the first row end at or behind `wanted`, or as far as rows are sure.
    fn advance(&mut self, bytes: &[u8], dialect: Dialect, columns: usize, wanted: usize, end: bool) {
        while self.at < bytes.len() && (self.end < wanted || self.end == 0) {
            let cell = dialect.cell(bytes, self.at);
            // More bytes could close the quote, go on with the cell, or make CR a CR LF.
            let cr = cell.by == End::Row && cell.next == bytes.len() && bytes.last() == Some(&b'\r');
            if !end && (cell.unclosed || cell.by == End::Input || cr) {
                return;
            }
            self.cells += 1;
            self.filled |= cell.quoted || !cell.is_empty();
            self.at = cell.next;
            if cell.by != End::Separator {
                self.end_row(columns);
            }
        }
        // A separator at the very end has an empty cell behind it.
        if end && self.at >= bytes.len() && self.cells > 0 {
            self.cells += 1;
            self.end_row(columns);
        }
    }

    fn end_row(&mut self, columns: usize) {
        let blank = self.cells == 1 && !self.filled;
        self.rows += u64::from(!blank);
        self.ragged |= !blank && self.cells != columns;
        (self.cells, self.filled, self.end) = (0, false, self.at);
    }
}

impl Cutter for CsvCutter {
    fn cut(&mut self, bytes: &[u8], wanted: usize, end: bool) -> Cut {
        if bytes.is_empty() || (!end && (bytes.len() < wanted || bytes.len() < self.patience)) {
            return Cut::More;
        }
        if !self.looked {
            self.looked = true;
            let label = charset::resolve(bytes, None).label;
            let marked = charset::bom(bytes).is_some();
            self.fixed = (marked || (label != charset::UTF_8 && !is_single_byte(label))).then_some(label);
            self.likely = (label != charset::UTF_8).then_some(label);
        }
        if self.is_decoded() { self.cut_text(bytes, wanted, end) } else { self.cut_bytes(bytes, wanted, end) }
    }
}

fn is_single_byte(label: &str) -> bool {
    encoding_rs::Encoding::for_label(label.as_bytes()).is_some_and(encoding_rs::Encoding::is_single_byte)
}

impl CsvCutter {
    /// A cutter that looks at nothing before there are this many bytes.
    pub(super) fn after(patience: usize) -> Self {
        Self { patience, ..Self::default() }
    }

    /// Whether quotes, separators and line ends cannot be told from the bytes alone.
    fn is_decoded(&self) -> bool {
        self.fixed.is_some_and(|label| label != charset::UTF_8)
    }

    /// Where the rows behind the header begin in a text; none where the header is not whole.
    fn begin(&mut self, text: &str, end: bool) -> Option<usize> {
        let table = Table::of(text);
        let whole = table.rows < text.len() && table.cells.iter().all(|cell| !cell.unclosed);
        if !whole && !end {
            return None;
        }
        self.header = Some(table.header());
        Some(table.rows)
    }

    fn dialect(&self) -> (Dialect, usize) {
        let comma = Dialect { separator: b',', quote: super::sniff::QUOTE };
        self.header.as_ref().map_or((comma, 0), |header| (Dialect::of(header), header.columns.len()))
    }

    /// Charsets in which the bytes of ASCII are themselves and nothing else.
    fn cut_bytes(&mut self, bytes: &[u8], wanted: usize, end: bool) -> Cut {
        if self.header.is_none() {
            let mark = charset::bom(bytes).map_or(0, |bom| bom.mark);
            let rest = bytes.get(mark..).unwrap_or(&[]);
            // Each byte beyond ASCII is one byte here, so that offsets stay what they are.
            let shadow: Cow<'_, str> = match std::str::from_utf8(rest) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => rest
                    .iter()
                    .map(|byte| if byte.is_ascii() { char::from(*byte) } else { '\u{1a}' })
                    .collect(),
            };
            let Some(rows) = self.begin(&shadow, end) else { return self.wait(bytes) };
            let begin = mark + rows;
            self.rows = Rows { at: begin, end: begin, ..Rows::default() };
            let label = self.label(bytes.get(..begin).unwrap_or(bytes));
            self.name_columns(label, bytes.get(mark..begin).unwrap_or(&[]));
        }
        let (dialect, columns) = self.dialect();
        self.rows.advance(bytes, dialect, columns, wanted, end);
        self.answer(bytes, self.rows.end, self.rows, wanted, end)
    }

    /// All other charsets: the text is cut, and the cut carried over to the bytes.
    fn cut_text(&mut self, bytes: &[u8], wanted: usize, end: bool) -> Cut {
        // Half a code unit at the end could be half a line end.
        let unit = self.fixed.map_or(1, charset::code_unit);
        let sure = if end { bytes.len() } else { bytes.len() - bytes.len() % unit };
        let unpacked = self.unpack(bytes.get(..sure).unwrap_or(bytes), !self.begun);
        let text: &str = &unpacked.text;
        let mut rows = Rows::default();
        if !self.begun {
            let Some(begin) = self.begin(text, end) else { return self.wait(bytes) };
            rows = Rows { at: begin, end: begin, ..rows };
        }
        let (dialect, columns) = self.dialect();
        let mut cut = raw(&unpacked, rows.end);
        while rows.at < text.len() && cut < wanted {
            let before = rows.end;
            rows.advance(text.as_bytes(), dialect, columns, before + 1, end);
            if rows.end == before {
                break;
            }
            cut = raw(&unpacked, rows.end);
        }
        self.answer(bytes, cut, rows, wanted, end)
    }

    /// The text of bytes in the fixed charset; the mark at the beginning is left out.
    fn unpack<'a>(&self, bytes: &'a [u8], first: bool) -> Unpacked<'a> {
        Unpacked::of(&Piece {
            bytes,
            base: 0,
            position: Position::START,
            first_ordinal: 0,
            first,
            last: false,
            window: None,
            carry: Arc::new(Carry { charset: self.fixed, ..Carry::default() }),
            name: "",
            media_type: None,
        })
    }

    /// What to say with the last sure row end at `cut`.
    fn answer(&mut self, bytes: &[u8], cut: usize, rows: Rows, wanted: usize, end: bool) -> Cut {
        // A row without end holds nobody up: the rows before it go on.
        let enough = cut >= wanted || bytes.len() >= wanted.saturating_mul(2);
        let cut = if end && cut == 0 { bytes.len() } else { cut };
        if !end && (cut == 0 || !enough) {
            return self.wait(bytes);
        }
        let piece = bytes.get(..cut).unwrap_or(bytes);
        let carry =
            Carry { charset: Some(self.label(piece)), header: self.header.clone(), ..Carry::default() };
        if let Some(header) = &mut self.header {
            header.ragged |= rows.ragged;
        }
        self.rows = Rows::default();
        self.begun = true;
        self.patience = 0;
        Cut::Here { len: piece.len(), records: rows.rows, carry: Arc::new(carry) }
    }

    /// Waits for more bytes; where texts are decoded anew each time, for many more.
    fn wait(&mut self, bytes: &[u8]) -> Cut {
        if self.is_decoded() || self.header.is_none() {
            self.patience = bytes.len() + bytes.len() / 2;
        }
        Cut::More
    }

    /// The charset of a piece: of the whole item, or of these bytes.
    fn label(&mut self, piece: &[u8]) -> &'static str {
        if let Some(label) = self.fixed {
            return label;
        }
        let label = charset::resolve(piece, self.likely).label;
        if label != charset::UTF_8 && self.likely.is_none() {
            self.likely = Some(label);
        }
        label
    }

    /// Reads the names of the columns in their charset.
    fn name_columns(&mut self, label: &'static str, bytes: &[u8]) {
        let (mut text, mut map) = (Vec::new(), crate::records::OffsetMap::new());
        charset::decode(label, bytes, &mut text, &mut map);
        let text = String::from_utf8(text).unwrap_or_default();
        let Some(header) = &mut self.header else { return };
        header.columns = Arc::from(Table::with(&text, Dialect::of(header)).names);
    }
}

fn raw(unpacked: &Unpacked<'_>, at: usize) -> usize {
    if at == 0 { 0 } else { usize::try_from(unpacked.raw(at)).unwrap_or(usize::MAX) }
}
