//! Cuts dumps between rows and statements.

use std::sync::Arc;

use super::state::SqlState;
use super::statements::{Step, step};
use crate::formats::encoding::charset;
use crate::formats::{Carry, Cut, Cutter, HEAD};

/// Cuts at the first end of a row or statement behind the bytes wanted.
#[derive(Default)]
pub(super) struct RowCutter {
    begun: bool,
    /// UTF-16 and UTF-32 are not cut.
    hopeless: bool,
    /// What is known where the bytes at hand have been looked at.
    state: SqlState,
    /// The same where they begin.
    carry: Carry,
    seen: usize,
    base: u64,
    records: u64,
    /// Do not try before there are this many bytes.
    patience: usize,
}

impl Cutter for RowCutter {
    fn cut(&mut self, bytes: &[u8], wanted: usize, end: bool) -> Cut {
        let few = bytes.len() < self.patience || (!self.begun && bytes.len() < HEAD);
        if bytes.is_empty() || (few && !end) {
            return Cut::More;
        }
        if !self.begun {
            self.begin(bytes);
        }
        while !self.hopeless && self.seen < bytes.len() {
            let at = self.seen;
            let next = match step(bytes, at, &mut self.state, self.base, end) {
                Step::More => break,
                Step::Row(row) => {
                    self.records += u64::from(!row.is_end_of_copy(bytes, &self.state));
                    self.state.row_ended(self.base + row.range.end as u64, row.last);
                    row.end
                }
                Step::Other { end, .. } => end,
            };
            self.seen = next.max(at + 1).min(bytes.len());
            if self.seen >= wanted {
                return self.here(self.seen);
            }
        }
        if end {
            return self.here(bytes.len());
        }
        // The statement at hand is looked at again from its beginning: not before there is much more.
        self.patience = bytes.len() + bytes.len() / 4;
        Cut::More
    }
}

impl RowCutter {
    fn begin(&mut self, bytes: &[u8]) {
        self.begun = true;
        let head = bytes.get(..HEAD).unwrap_or(bytes);
        let resolved = super::reader::charset_of(head);
        self.hopeless = charset::code_unit(resolved.label) > 1;
        self.state = SqlState::of(head);
        self.seen = resolved.mark;
        // The dump is the first record: what stands around the rows is its.
        self.records = 1;
        self.carry = Carry {
            charset: Some(resolved.label),
            sql: Some(Arc::new(self.state.clone())),
            ..Carry::default()
        };
    }

    fn here(&mut self, len: usize) -> Cut {
        self.base += len as u64;
        self.seen = self.seen.saturating_sub(len);
        self.patience = 0;
        let next = Carry {
            charset: self.carry.charset,
            sql: Some(Arc::new(self.state.clone())),
            ..Carry::default()
        };
        let carry = std::mem::replace(&mut self.carry, next);
        Cut::Here { len, records: std::mem::take(&mut self.records), carry: Arc::new(carry) }
    }
}
