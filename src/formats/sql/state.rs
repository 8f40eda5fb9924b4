//! What later parts of a dump need to know of earlier ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::records::SqlEscape;

/// What stands before a place in a dump.
#[derive(Clone)]
pub struct SqlState {
    /// The escapes of strings without a prefix.
    pub escape: SqlEscape,
    /// Columns of the tables created so far.
    pub tables: Arc<BTreeMap<String, Arc<[String]>>>,
    /// The statement whose rows come next, if the place is inside one.
    pub open: Option<OpenRows>,
}

impl Default for SqlState {
    fn default() -> Self {
        Self { escape: SqlEscape::MySql, tables: Arc::default(), open: None }
    }
}

/// A statement with rows.
#[derive(Clone)]
pub struct OpenRows {
    /// The table, without schema and quotes.
    pub table: Arc<str>,
    /// Its columns as the statement or the table's creation has them; empty where neither is known.
    pub columns: Arc<[String]>,
    /// Whether the rows are lines of `COPY`.
    pub copy: bool,
    /// Where the statement begins in the item.
    pub start: u64,
    /// Where the row before ends in the item.
    pub before: Option<u64>,
}

impl SqlState {
    /// The state at the beginning of a dump.
    pub(super) fn of(head: &[u8]) -> Self {
        let has = |needle: &[u8]| memchr::memmem::find(head, needle).is_some();
        let escape = if has(b"standard_conforming_strings = off") {
            SqlEscape::Postgres
        } else if has(b"standard_conforming_strings")
            || has(b"PostgreSQL database dump")
            || has(b"PRAGMA foreign_keys")
            || (has(b"FROM stdin") && !has(b"`"))
        {
            SqlEscape::Doubled
        } else {
            SqlEscape::MySql
        };
        Self { escape, ..Self::default() }
    }
}
