//! Tables: comma-, semicolon-, tab- and bar-separated values, RFC 4180 and its relatives.
//!
//! The first row that is no empty line is the header. Each row below is a record; its cells are fields
//! under the names of their columns (`/email`, `/note[2]` for the second column called `note`, `/#7` for
//! the seventh where the header has no name for it). Backslashes are text: no escape but the doubled
//! quote is known.

mod cells;
mod columns;
mod cutter;
#[cfg(test)]
mod mapped_tests;
mod rows;
mod sniff;
mod table;
#[cfg(test)]
mod tests;

use super::rewrite::Rewrite;
use super::text::took_window;
use super::{Cutter, Format, Piece, Reading, Vote, Yield};
use crate::records::Encoding;

/// The format `csv`.
pub struct Csv;

impl Rewrite for Csv {
    fn members_in_values(&self) -> Option<&dyn Format> {
        Some(self)
    }
}

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn passes_by_record(&self) -> bool {
        true
    }

    fn probe(&self, head: &[u8], name: &str) -> Vote {
        sniff::vote(head, name)
    }

    fn cutter(&self) -> Option<Box<dyn Cutter>> {
        Some(Box::new(cutter::CsvCutter::after(cutter::BEGIN)))
    }

    fn rewrite(&self) -> Option<&dyn Rewrite> {
        Some(self)
    }

    fn is_surveyed(&self, _name: &str) -> bool {
        true
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        let quote = piece.carry.header.as_ref().map_or(sniff::QUOTE, |header| header.quote);
        if !took_window(piece, Encoding::CsvQuoted { quote }, self.name(), reading, out) {
            rows::read(piece, reading, self.name(), out);
        }
    }
}
