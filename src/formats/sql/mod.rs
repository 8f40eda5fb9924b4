//! SQL dumps of MySQL, MariaDB, PostgreSQL and SQLite: the rows of `INSERT`, `REPLACE` and `COPY`.
//!
//! Each row is a record, its values are fields under the names of their columns: those the statement
//! names, else those of the `CREATE TABLE` before it, else `/#3` for the third. All else (comments, other
//! statements) is the dump's own record. A value of bytes that are no text is a member.

mod cutter;
mod literals;
mod reader;
mod rows;
mod state;
mod statements;
#[cfg(test)]
mod tests;

use super::rewrite::Rewrite;
use super::text::took_window;
use super::{Cutter, Format, Piece, Reading, Vote, Yield};
use crate::records::Encoding;

pub use state::SqlState;

/// The format `sql`.
pub struct Sql;

impl Rewrite for Sql {
    /// A statement without rows is no SQL: one that does nothing in any dialect takes its place.
    fn when_emptied(&self) -> Option<&'static [u8]> {
        Some(b"SELECT 1")
    }

    fn members_in_values(&self) -> Option<&dyn Format> {
        Some(self)
    }
}

impl Format for Sql {
    fn name(&self) -> &'static str {
        "sql"
    }

    fn probe(&self, head: &[u8], name: &str) -> Vote {
        let named = name.rsplit('.').next().is_some_and(|extension| {
            extension.eq_ignore_ascii_case("sql") || extension.eq_ignore_ascii_case("psql")
        });
        match (statements::looks_like_dump(head), named) {
            (true, _) => Vote::Strong,
            (false, true) => Vote::Weak,
            _ => Vote::No,
        }
    }

    fn cutter(&self) -> Option<Box<dyn Cutter>> {
        Some(Box::new(cutter::RowCutter::default()))
    }

    fn is_surveyed(&self, _name: &str) -> bool {
        true
    }

    fn rewrite(&self) -> Option<&dyn Rewrite> {
        Some(self)
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if !took_window(piece, Encoding::Verbatim, self.name(), reading, out) {
            reader::read(piece, reading, self.name(), out);
        }
    }
}
