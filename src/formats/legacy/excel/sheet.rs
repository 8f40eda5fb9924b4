//! One sheet: its cells as CSV, line N row N, and what stands beside them.

use std::collections::{BTreeMap, BTreeSet};

use crate::formats::office::cells::write_row;

/// A sheet while it is read.
#[derive(Default)]
pub(super) struct Sheet {
    /// As the tab shows it; empty for what the workbook does not list.
    pub(super) name: String,
    /// Cells by row and column.
    cells: BTreeMap<(u16, u16), String>,
    /// Cells a formula's text still has to come for.
    pub(super) waiting: Option<(u16, u16)>,
    /// Notes, text boxes, headers, links, hints, a line each.
    pub(super) beside: String,
    /// Bytes of all its texts.
    size: usize,
}

impl Sheet {
    /// A sheet of that name.
    pub(super) fn named(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// Writes a cell unless the sheet has grown to `most` bytes; whether it was written.
    pub(super) fn put(&mut self, row: u16, column: u16, text: String, most: usize) -> bool {
        self.size = self.size.saturating_add(text.len() + 16);
        let fits = self.size <= most;
        if fits && !text.is_empty() {
            self.cells.insert((row, column), text);
        }
        fits
    }

    /// Writes a line beside the cells.
    pub(super) fn say(&mut self, text: &str) {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        if !text.is_empty() {
            self.beside.push_str(&text.replace(['\r', '\n'], " "));
            self.beside.push('\n');
        }
    }

    /// The cells as CSV, at most so many bytes; whether that is all.
    pub(super) fn csv(&self, most: usize) -> (String, bool) {
        let (mut out, mut next) = (String::new(), 0_u32);
        let rows: BTreeSet<u16> = self.cells.keys().map(|(row, _)| *row).collect();
        for number in rows {
            while next < u32::from(number) {
                out.push('\n');
                next += 1;
            }
            let cells = self.cells.range((number, 0)..=(number, u16::MAX));
            let row: Vec<(usize, String)> =
                cells.map(|((_, column), text)| (usize::from(*column), text.clone())).collect();
            write_row(&row, &mut out);
            next += 1;
            if out.len() > most {
                return (out, false);
            }
        }
        (out, true)
    }
}
