//! Records of a workbook's stream ([MS-XLS] 2.1.4), each with what continues it.

use super::super::bytes::{at_most, u16_at};

/// What continues the record before.
const CONTINUE: u16 = 0x003C;

/// One record.
pub(super) struct Record<'a> {
    /// Where it begins in the stream.
    pub(super) at: usize,
    pub(super) kind: u16,
    /// Its own bytes, then those of each record that continues it.
    pub(super) segments: Vec<&'a [u8]>,
}

impl<'a> Record<'a> {
    /// Its own bytes.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.segments.first().copied().unwrap_or_default()
    }

    /// Its bytes from `skip` on, over all that continues it.
    pub(super) fn chain(&self, skip: usize) -> Chain<'_> {
        Chain { segments: &self.segments, segment: 0, at: skip }
    }
}

/// All records of a stream.
pub(super) struct Records<'a> {
    stream: &'a [u8],
    at: usize,
    /// Whether the last record ends with the stream.
    pub(super) whole: bool,
}

impl<'a> Records<'a> {
    pub(super) fn of(stream: &'a [u8]) -> Self {
        Self { stream, at: 0, whole: true }
    }

    fn one(&mut self) -> Option<(u16, &'a [u8])> {
        let (kind, len) = (u16_at(self.stream, self.at)?, usize::from(u16_at(self.stream, self.at + 2)?));
        let bytes = at_most(self.stream, self.at + 4, len);
        self.whole &= bytes.len() == len;
        self.at += 4 + len;
        Some((kind, bytes))
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let at = self.at;
        let (kind, bytes) = self.one()?;
        let mut segments = vec![bytes];
        while u16_at(self.stream, self.at) == Some(CONTINUE) {
            let (_, more) = self.one()?;
            segments.push(more);
        }
        Some(Record { at, kind, segments })
    }
}

/// Bytes over the segments of a record.
pub(super) struct Chain<'r> {
    segments: &'r [&'r [u8]],
    segment: usize,
    at: usize,
}

impl Chain<'_> {
    /// Goes on to the next segment where this one is read.
    fn settle(&mut self) -> Option<()> {
        while self.at >= self.segments.get(self.segment)?.len() {
            self.at -= self.segments.get(self.segment)?.len();
            self.segment += 1;
        }
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        self.settle()?;
        let byte = self.segments.get(self.segment)?.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.byte()?, self.byte()?]))
    }

    fn u32(&mut self) -> Option<usize> {
        Some(usize::from(self.u16()?) | usize::from(self.u16()?) << 16)
    }

    /// A text of Excel 97 and later ([MS-XLS] 2.5.293): its letters are one byte or two, and may change from one
    /// to the other where the next record continues them. `len` is how many there are. With it what stands
    /// behind: how it is read aloud.
    pub(super) fn text(&mut self, len: usize) -> Option<(String, String)> {
        let flags = self.byte()?;
        let runs = if flags & 8 != 0 { usize::from(self.u16()?) } else { 0 };
        let extra = if flags & 4 != 0 { self.u32()? } else { 0 };
        let mut units = Vec::new();
        let whole = self.units(len, flags & 1 != 0, &mut units);
        let text: String =
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        if whole.is_none() {
            return Some((text, String::new()));
        }
        self.at = self.at.checked_add(runs * 4)?;
        let mut spoken = Vec::new();
        if extra > 14 {
            self.at += 12;
            let len = usize::from(self.u16().unwrap_or(0));
            self.at = self.at.saturating_sub(14);
            let mut within = Chain { segments: self.segments, segment: self.segment, at: self.at + 14 };
            let _ = within.plain(len.min((extra - 14) / 2), &mut spoken);
        }
        self.at = self.at.checked_add(extra)?;
        Some((text, String::from_utf16_lossy(&spoken)))
    }

    /// Letters of two bytes, which no flags interrupt.
    fn plain(&mut self, len: usize, units: &mut Vec<u16>) -> Option<()> {
        for _ in 0..len {
            units.push(self.u16()?);
        }
        Some(())
    }

    fn units(&mut self, len: usize, wide: bool, units: &mut Vec<u16>) -> Option<()> {
        let mut wide = wide;
        for _ in 0..len {
            // Letters go on behind new flags.
            if self.at >= self.segments.get(self.segment)?.len() {
                self.settle()?;
                wide = self.byte()? & 1 != 0;
            }
            units.push(if wide { self.u16()? } else { u16::from(self.byte()?) });
        }
        Some(())
    }

    /// So many letters behind their flags, as many as are there.
    pub(super) fn text_without_runs(&mut self, len: usize) -> String {
        let wide = self.byte().is_some_and(|flags| flags & 1 != 0);
        let mut units = Vec::new();
        let _ = self.units(len, wide, &mut units);
        String::from_utf16_lossy(&units)
    }

    /// A text behind its length of two bytes.
    pub(super) fn long(&mut self) -> Option<(String, String)> {
        let len = usize::from(self.u16()?);
        self.text(len)
    }

    /// A text behind its length of one byte.
    pub(super) fn short(&mut self) -> Option<String> {
        let len = usize::from(self.byte()?);
        Some(self.text(len)?.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_go_on_in_the_next_record_in_letters_of_another_size() {
        let stream = [
            &[0xFC, 0, 5, 0, 4, 0, 0][..],
            b"ab",
            &[0x3C, 0, 5, 0, 1, b'c', 0, b'd', 0],
            &[0x3C, 0, 3, 0, 1, 0, b'x'],
        ]
        .concat();
        let mut records = Records::of(&stream);
        let record = records.next().unwrap();
        assert_eq!((record.kind, record.segments.len()), (0xFC, 3));
        let mut chain = record.chain(0);
        assert_eq!(chain.long().unwrap().0, "abcd");
        assert_eq!(chain.short().unwrap(), "x");
        assert!(records.next().is_none() && records.whole);
    }
}
