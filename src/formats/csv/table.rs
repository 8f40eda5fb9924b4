//! Where the rows of a table begin, and what stands above them.

use std::sync::Arc;

use super::cells::{Cell, Dialect, is_blank};
use super::columns::decoded;
use super::sniff::{QUOTE, preamble, separator};
use crate::formats::CsvHeader;

/// The beginning of a table.
pub(super) struct Table {
    /// How it is written.
    pub(super) dialect: Dialect,
    /// The cells of the header; none in an empty text.
    pub(super) cells: Vec<Cell>,
    /// Their texts.
    pub(super) names: Vec<String>,
    /// Where the row behind the header begins: all before it is the table's beginning.
    pub(super) rows: usize,
}

impl Table {
    /// Reads the beginning of a text: the first row that is no empty line is the header.
    pub(super) fn of(text: &str) -> Table {
        Self::with(text, Dialect { separator: separator(text), quote: QUOTE })
    }

    /// Reads the beginning of a text whose dialect is known.
    pub(super) fn with(text: &str, dialect: Dialect) -> Table {
        let bytes = text.as_bytes();
        let mut next = preamble(bytes).map_or(0, |(_, len)| len);
        let mut cells = Vec::new();
        while next < bytes.len() {
            next = dialect.row(bytes, next, &mut cells);
            if !is_blank(&cells) {
                break;
            }
        }
        if is_blank(&cells) {
            cells.clear();
        }
        let names = cells.iter().map(|cell| decoded(text, cell, dialect.quote)).collect();
        Table { dialect, cells, names, rows: next }
    }

    /// What later pieces need to know.
    pub(super) fn header(&self) -> CsvHeader {
        CsvHeader {
            columns: Arc::from(self.names.clone()),
            separator: self.dialect.separator,
            quote: self.dialect.quote,
            ragged: false,
        }
    }
}
