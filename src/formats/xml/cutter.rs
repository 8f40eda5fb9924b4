//! Cuts XML of any size between the elements that are records.

use std::sync::Arc;

use super::tokens::{Kind, Open, token};
use super::wrappers::{Holds, holds_records};
use crate::formats::encoding::charset;
use crate::formats::{Carry, Cut, Cutter, HEAD};

/// Bytes of a run of neighbours that hold pieces of one file, which are not parted.
const RUN: usize = 32 << 20;

/// Cuts behind elements directly inside the root, or inside an element that only wraps records.
#[derive(Default)]
pub(super) struct ElementCutter {
    begun: bool,
    /// UTF-16 and UTF-32 are not cut.
    hopeless: bool,
    /// Elements around the records, the root first.
    around: Open,
    /// Elements open inside the record at hand.
    inside: Open,
    /// Bytes already looked at, of those not yet cut.
    seen: usize,
    /// Where the record at hand begins.
    record: usize,
    /// Records that ended since the last cut.
    records: u64,
    /// The element before: its name, and whether it holds a piece of a file.
    before: (Vec<u8>, bool),
    carry: Carry,
}

impl Cutter for ElementCutter {
    fn cut(&mut self, bytes: &[u8], wanted: usize, end: bool) -> Cut {
        if bytes.is_empty() || (!self.begun && bytes.len() < HEAD && !end) {
            return Cut::More;
        }
        if !self.begun {
            self.begin(bytes);
        }
        if !self.hopeless {
            while let Some(at) = self.next_end(bytes, end) {
                if at >= wanted && !self.in_run(bytes, at) {
                    return self.here(at);
                }
            }
        }
        if end { self.here(bytes.len()) } else { Cut::More }
    }
}

impl ElementCutter {
    fn begin(&mut self, bytes: &[u8]) {
        self.begun = true;
        let resolved = super::charset_of(bytes);
        self.hopeless = charset::code_unit(resolved.label) > 1;
        self.carry.charset = Some(resolved.label);
        self.seen = resolved.mark;
        // The document is the first record: what stands around the others is its.
        self.records = 1;
    }

    fn here(&mut self, len: usize) -> Cut {
        self.seen = self.seen.saturating_sub(len);
        self.record = self.record.saturating_sub(len);
        let pointer = (0..self.around.depth())
            .map(|at| String::from_utf8_lossy(self.around.name(at)).into_owned())
            .collect();
        let next = Carry { charset: self.carry.charset, pointer, ..Carry::default() };
        let carry = std::mem::replace(&mut self.carry, next);
        Cut::Here { len, records: std::mem::take(&mut self.records), carry: Arc::new(carry) }
    }

    /// Whether the element that ended at `at` and the next are pieces of one file, which a reader puts
    /// together when it sees them all.
    fn in_run(&self, bytes: &[u8], at: usize) -> bool {
        let (name, holds) = &self.before;
        if !holds || at > RUN {
            return false;
        }
        let rest = bytes.get(at..).unwrap_or(&[]);
        let next = rest.iter().position(|byte| !byte.is_ascii_whitespace());
        let Some(rest) = next.and_then(|next| rest.get(next..)) else { return true };
        rest.strip_prefix(b"<").is_some_and(|rest| {
            rest.strip_prefix(name.as_slice())
                .is_some_and(|rest| rest.first().is_none_or(|byte| b" \t\r\n/>".contains(byte)))
        })
    }

    /// Goes on to the end of the next record.
    fn next_end(&mut self, bytes: &[u8], end: bool) -> Option<usize> {
        while self.seen < bytes.len() {
            let at = self.seen;
            let token = token(bytes, at);
            if token.cut && !end {
                return None;
            }
            let top = self.inside.depth() == 0;
            match &token.kind {
                Kind::Open(tag) if top => {
                    let name = bytes.get(tag.name.clone()).unwrap_or(&[]);
                    if self.around.depth() == 0 {
                        if !tag.empty {
                            self.around.push(name);
                        }
                    } else {
                        match holds_records(bytes.get(at..).unwrap_or(&[]), &self.around, end) {
                            Holds::Unknown => return None,
                            Holds::Records => self.around.push(name),
                            Holds::Values => {
                                self.record = at;
                                self.seen = token.end;
                                if tag.empty {
                                    return Some(self.ended(bytes, token.end));
                                }
                                self.inside.push(name);
                                continue;
                            }
                        }
                    }
                }
                Kind::Open(tag) if !tag.empty => self.inside.push(bytes.get(tag.name.clone()).unwrap_or(&[])),
                Kind::Close(name) => {
                    let name = bytes.get(name.clone()).unwrap_or(&[]);
                    if let Some(found) = self.close(bytes, name, token.end) {
                        return Some(found);
                    }
                    continue;
                }
                _ => {}
            }
            self.seen = token.end.max(at + 1);
        }
        None
    }

    /// Takes an end tag; gives where the record it ends is over.
    fn close(&mut self, bytes: &[u8], name: &[u8], end: usize) -> Option<usize> {
        self.seen = end;
        let count = self.inside.closed_by(name);
        if count > 0 {
            self.inside.pop(count);
            return (self.inside.depth() == 0).then(|| self.ended(bytes, end));
        }
        // The element around may end although the record has not: then the record ends with it, and a
        // piece shows that.
        let early = self.inside.depth() > 0;
        if early && self.around.closed_by(name) == 0 {
            return None;
        }
        self.inside.clear();
        // An end tag of the root at the very end leaves it open: what follows is around the records still.
        let count = self.around.closed_by(name).min(self.around.depth().saturating_sub(1));
        self.around.pop(count);
        early.then(|| self.ended(bytes, end))
    }

    fn ended(&mut self, bytes: &[u8], end: usize) -> usize {
        self.records += 1;
        let record = bytes.get(self.record..end).unwrap_or(&[]);
        let name = record.get(1..).unwrap_or(&[]);
        let len = name.iter().position(|byte| b" \t\r\n/>".contains(byte)).unwrap_or(name.len());
        self.before = (name.get(..len).unwrap_or(&[]).to_vec(), super::holds_base64(record));
        end
    }
}
