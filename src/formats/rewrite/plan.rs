//! What takes the place of which bytes.

use std::io::{self, Read, Write};
use std::ops::Range;

use super::Refused;

/// New bytes for a range of an item. Without `Debug`: the bytes may hold personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Splice {
    /// The bytes that go.
    pub range: Range<u64>,
    /// What comes.
    pub bytes: Vec<u8>,
}

/// All changes of one item, in order and apart.
pub struct Plan {
    splices: Vec<Splice>,
}

impl Plan {
    /// Orders changes; what is edited inside a removed range goes with it.
    pub(in crate::formats) fn new(
        mut splices: Vec<Splice>,
        mut gone: Vec<Range<u64>>,
    ) -> Result<Plan, Refused> {
        gone.sort_by_key(|range| (range.start, range.end));
        let mut merged: Vec<Range<u64>> = Vec::new();
        for range in gone {
            match merged.last_mut() {
                Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        splices.retain(|splice| {
            let at = merged.partition_point(|range| range.end < splice.range.end);
            merged.get(at).is_none_or(|range| range.start > splice.range.start)
        });
        splices.extend(merged.into_iter().map(|range| Splice { range, bytes: Vec::new() }));
        splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
        let overlap = splices.windows(2).any(|pair| match pair {
            [one, two] => one.range.end > two.range.start,
            _ => false,
        });
        if overlap {
            return Err(Refused::new(
                "overlapping-edits",
                "two changes touch the same bytes; join them into one",
            ));
        }
        Ok(Plan { splices })
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.splices.is_empty()
    }

    /// The changes in the order of the item.
    pub fn splices(&self) -> &[Splice] {
        &self.splices
    }

    /// Writes the changed item as it reads the old one; gives the length of what was written.
    ///
    /// # Errors
    /// Whatever reading or writing meets; also an old item that ends before the last change.
    pub fn apply(&self, source: &mut dyn Read, sink: &mut dyn Write) -> io::Result<u64> {
        let (mut at, mut written) = (0u64, 0u64);
        for splice in &self.splices {
            let keep = splice.range.start - at;
            let copied = io::copy(&mut source.take(keep), sink)?;
            let dropped = io::copy(&mut source.take(splice.range.end - splice.range.start), &mut io::sink())?;
            if copied < keep || dropped < splice.range.end - splice.range.start {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
            sink.write_all(&splice.bytes)?;
            at = splice.range.end;
            written += keep + splice.bytes.len() as u64;
        }
        Ok(written + io::copy(source, sink)?)
    }

    /// The changed item of bytes that are held whole.
    pub fn apply_to(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        let mut at = 0;
        for splice in &self.splices {
            let [start, end] =
                [splice.range.start, splice.range.end].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
            out.extend_from_slice(bytes.get(at..start).unwrap_or(&[]));
            out.extend_from_slice(&splice.bytes);
            at = end;
        }
        out.extend_from_slice(bytes.get(at..).unwrap_or(&[]));
        out
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::single_range_in_vec_init, reason = "places are lists of ranges")]

    use super::*;

    fn splice(range: Range<u64>, bytes: &str) -> Splice {
        Splice { range, bytes: bytes.as_bytes().to_vec() }
    }

    #[test]
    fn streaming_and_whole_agree() {
        let plan = Plan::new(vec![splice(6..9, "X"), splice(0..1, "long")], vec![2..4, 3..5]).unwrap();
        let whole = plan.apply_to(b"0123456789");
        assert_eq!(whole, b"long15X9");
        let mut streamed = Vec::new();
        assert_eq!(plan.apply(&mut &b"0123456789"[..], &mut streamed).unwrap(), 8);
        assert_eq!(streamed, whole);
    }

    #[test]
    fn edits_inside_what_goes_are_dropped_and_others_may_not_overlap() {
        let plan = Plan::new(vec![splice(2..3, "x")], vec![1..5]).unwrap();
        assert_eq!(plan.apply_to(b"012345"), b"05");
        assert!(Plan::new(vec![splice(2..4, "x"), splice(3..5, "y")], vec![]).is_err());
        assert!(Plan::new(vec![splice(0..2, "x")], vec![1..5]).is_err());
    }
}
