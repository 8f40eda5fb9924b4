//! Which records of a stream may not pass, and where the first of them begins.

use crate::findings::{GateLine, Severity, Verdict};
use crate::records::{Confidence, Gap, Record, ValueClass};

use super::Manifest;
use crate::policies::Observed;

/// What a record of a stream must not be.
#[derive(Clone, Copy)]
pub(crate) struct Refusal<'m> {
    pub(crate) status: GateLine,
    pub(crate) manifest: &'m Manifest,
}

impl Refusal<'_> {
    /// Whether a verdict keeps its record back.
    pub(super) fn of_verdict(&self, verdict: Verdict, severity: Severity) -> bool {
        match verdict {
            Verdict::Fail => self.status.fail_on.is_some_and(|least| severity >= least),
            Verdict::Open => self.status.open,
            _ => false,
        }
    }

    /// Whether a datum does.
    pub(super) fn of_datum(&self, seen: Observed) -> bool {
        seen.value_class == ValueClass::Real
            && seen.confidence >= Confidence::JUDGED
            && !self.manifest.allows(seen.category)
    }
}

/// The first thing that may not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Its first byte in the item; nothing from there on passes.
    pub(crate) at: u64,
    /// The rule, category or gap, by its public name.
    pub(crate) why: String,
    /// Whether it could not be read rather than may not pass.
    pub(crate) unread: bool,
}

/// Where records begin, and what is refused, in one piece.
#[derive(Default)]
pub(super) struct Passing {
    /// Number and first byte of each top-level record, in order.
    tops: Vec<(u64, u64)>,
    pub(super) refused: Option<Refused>,
}

impl Passing {
    /// Takes a record in the order in which they come.
    pub(super) fn met(&mut self, record: &Record) {
        let top = record.reference.ordinal.top;
        if let Some(extent) = record.extent
            && self.tops.last().is_none_or(|(last, _)| *last < top)
        {
            self.tops.push((top, extent.start));
        }
    }

    /// A record is refused: with everything it stands in.
    pub(super) fn refuse(&mut self, record: &Record, base: u64, why: &str) {
        let ordinal = record.reference.ordinal;
        let begins = match ordinal.sub {
            // What has no extent, such as the header of a table, stands before everything.
            0 => record.extent.map(|extent| extent.start),
            _ => self.tops.iter().rev().find(|(known, _)| *known == ordinal.top).map(|(_, at)| *at),
        };
        self.first(Refused { at: begins.unwrap_or(base), why: why.to_owned(), unread: false });
    }

    /// Something could not be read: nothing passes from the record on in which it stands, and of what
    /// has no place nothing at all.
    pub(super) fn unread(&mut self, gap: &Gap, bytes: &[u8], base: u64) {
        let at = gap.offset.filter(|offset| *offset >= base).map_or(base, |offset| {
            let inside = usize::try_from(offset - base).unwrap_or(usize::MAX).min(bytes.len());
            let before = bytes.get(..inside).unwrap_or(bytes);
            let line = base + memchr::memrchr(b'\n', before).map_or(0, |at| at as u64 + 1);
            let record = self.tops.iter().rev().find(|(_, start)| *start <= offset);
            record.map_or(line, |(_, start)| line.min(*start))
        });
        self.first(Refused { at, why: gap.code.to_owned(), unread: true });
    }

    fn first(&mut self, refused: Refused) {
        if self.refused.as_ref().is_none_or(|known| refused.at < known.at) {
            self.refused = Some(refused);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{Extent, GapClass, Ordinal, RecordKind};

    fn record(top: u64, sub: u32, start: Option<u64>) -> Record {
        let mut record = Record::new("json".into(), RecordKind::Other, Ordinal { top, sub });
        record.extent = start.map(|start| Extent { lead: start, start, end: start + 10, siblings: 0 });
        record
    }

    #[test]
    fn the_first_refused_record_is_cut_off_whole() {
        let mut passing = Passing::default();
        for (top, sub, start) in [(0, 0, 100), (1, 0, 110), (1, 1, 114), (2, 0, 120)] {
            passing.met(&record(top, sub, Some(start)));
        }
        passing.refuse(&record(2, 0, Some(120)), 100, "x");
        assert_eq!(passing.refused.as_ref().map(|r| r.at), Some(120));
        passing.refuse(&record(1, 1, Some(114)), 100, "y");
        assert_eq!(passing.refused.as_ref().map(|r| r.at), Some(110));
        passing.refuse(&record(1, 0, None), 100, "nobody knows where it begins");
        assert_eq!(passing.refused.map(|r| r.at), Some(100));
    }

    #[test]
    fn nothing_passes_from_a_line_that_was_not_read() {
        let bytes = b"{\"a\":1}\n{\"b\n{\"c\":1}\n";
        let gap = |offset: Option<u64>| {
            let gap = Gap::new(GapClass::Fault, "malformed-json", "");
            match offset {
                Some(offset) => gap.at(offset, None),
                None => gap,
            }
        };
        let at = |offset| {
            let mut passing = Passing::default();
            passing.unread(&gap(offset), bytes, 50);
            passing.refused.unwrap().at
        };
        assert_eq!((at(Some(60)), at(Some(58)), at(Some(53)), at(None), at(Some(3))), (58, 58, 50, 50, 50));
    }
}
