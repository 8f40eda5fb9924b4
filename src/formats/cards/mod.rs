//! vCards (RFC 6350, 2426, vCard 2.1) and calendars (RFC 5545): one record for each card or calendar.
//!
//! Lines are unfolded, quoted-printable and base64 values decoded, escapes undone, each as a layer of its own,
//! so that edits find their way back. The parts of a structured name are names; pictures, sounds, keys and
//! attached files are members. What stands around the cards is a record of its own.

mod lines;
mod property;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::encoding::charset;
use super::html::invalid_bytes;
use super::layered::{Found, RecordWriter, charset_layer};
use super::packed::Written;
use super::peeled::{Layered, narrow};
use super::rewrite::Rewrite;
use super::text::took_window;
use super::{Format, Piece, Purpose, Reading, Vote, Yield};
use crate::records::{Encoding, Extent, Gap, GapClass, Ordinal, Record, RecordKind};

use lines::{Line, lines};
use property::{Attached, Property};

/// A format of components between `BEGIN` and `END`.
pub(super) struct Cards {
    name: &'static str,
    begin: &'static [u8],
}

/// vCards.
pub(super) static VCARD: Cards = Cards { name: "vcard", begin: b"BEGIN:VCARD" };
/// Calendars.
pub(super) static ICALENDAR: Cards = Cards { name: "icalendar", begin: b"BEGIN:VCALENDAR" };

impl Rewrite for Cards {
    fn members_in_values(&self) -> Option<&dyn Format> {
        Some(self)
    }
}

impl Format for Cards {
    fn name(&self) -> &'static str {
        self.name
    }

    fn probe(&self, head: &[u8], _name: &str) -> Vote {
        // Most files are told apart by their first sign, without a copy.
        let first = charset::first_sign(head);
        if !first.zip(self.begin.first()).is_some_and(|(sign, begin)| sign.eq_ignore_ascii_case(begin)) {
            return Vote::No;
        }
        let resolved = charset::resolve(head.get(..4096).unwrap_or(head), None);
        let wide = charset::code_unit(resolved.label) > 1;
        let begin = head.get(resolved.mark..).unwrap_or_default().iter().copied();
        let begin: Vec<u8> = begin
            .filter(|byte| !wide || *byte != 0)
            .skip_while(u8::is_ascii_whitespace)
            .take(self.begin.len() + 1)
            .collect();
        let (mark, behind) = begin.split_at(begin.len().min(self.begin.len()));
        let ends = behind.first().is_none_or(u8::is_ascii_whitespace);
        if ends && mark.eq_ignore_ascii_case(self.begin) { Vote::Strong } else { Vote::No }
    }

    fn rewrite(&self) -> Option<&dyn Rewrite> {
        Some(self)
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if took_window(piece, Encoding::Verbatim, self.name, reading, out)
            || reading.purpose == Purpose::Survey
        {
            return;
        }
        out.block().raw_bytes += piece.bytes.len() as u64;
        let resolved = charset::resolve(piece.bytes, piece.carry.charset);
        let bytes = piece.bytes.get(resolved.mark..).unwrap_or(&[]);
        let base = piece.base + resolved.mark as u64;
        let (source, layer, damage) = charset_layer(resolved.label, bytes, base);
        if let Some(first) = damage.first {
            out.gap(invalid_bytes(base + first as u64, damage.sequences));
        }
        let outer: Vec<Layered> = layer.into_iter().collect();
        let mut reader = Reader {
            system: Arc::from(self.name),
            base: if outer.is_empty() { base } else { 0 },
            outer: &outer,
            reading,
            next: piece.first_ordinal,
            out,
        };
        reader.all(&source);
    }
}

struct Reader<'r, 'o> {
    system: Arc<str>,
    /// Where the source begins in the space outside it.
    base: u64,
    outer: &'r [Layered],
    reading: &'r Reading<'r>,
    next: u64,
    out: &'o mut dyn Yield,
}

impl Reader<'_, '_> {
    /// Cards one after the other, and what stands around them.
    fn all(&mut self, source: &str) {
        let (mut open, mut depth) = (Vec::new(), 0_u32);
        for line in lines(source) {
            let is = |word: &str| {
                line.text(source)
                    .trim_start()
                    .get(..word.len())
                    .is_some_and(|begin| begin.eq_ignore_ascii_case(word))
            };
            let (begins, ends) = (is("BEGIN:"), is("END:"));
            if begins && depth == 0 && !open.is_empty() {
                self.record(source, &std::mem::take(&mut open));
            }
            open.push(line);
            depth = if begins { depth + 1 } else { depth.saturating_sub(u32::from(ends)) };
            if ends && depth == 0 {
                self.record(source, &std::mem::take(&mut open));
            }
        }
        if depth > 0 {
            let what = "a card or calendar ends early; what stands before was read";
            self.out.gap(Gap::new(GapClass::Fault, "malformed-card", what));
        }
        if !open.is_empty() {
            self.record(source, &open);
        }
    }

    fn record(&mut self, source: &str, lines: &[Line]) {
        let ordinal = Ordinal { top: self.next, sub: 0 };
        self.next += 1;
        let mut record = Record::new(Arc::clone(&self.system), RecordKind::Other, ordinal);
        let (start, end) =
            (lines.first().map_or(0, |line| line.start), lines.last().map_or(0, |line| line.end));
        let plain = self.outer.is_empty();
        if plain {
            let (start, end) = (self.base + start as u64, self.base + end as u64);
            record.extent = Some(Extent { lead: start, start, end, siblings: 0 });
        }
        let (mut fields, mut files): (Vec<Found>, Vec<Attached>) = (Vec::new(), Vec::new());
        let mut path = property::Path::default();
        for line in lines {
            let property = Property::of(source, line, self.base);
            property.read(&mut path, &mut fields, &mut files);
        }
        let mut writer = RecordWriter::new(self.out, record);
        writer.push_all(self.outer, &fields);
        writer.finish();
        for (number, file) in (1..).zip(files) {
            self.file(ordinal.top, number, file);
        }
    }

    /// A file in a value.
    fn file(&mut self, record: u64, number: u32, file: Attached) {
        let range = self.outer.is_empty().then_some(file.range);
        let written = Written::base64(range, Encoding::Verbatim, file.bytes.len());
        match super::packed::member(
            (record, number),
            (file.name, file.media_type),
            file.bytes,
            written,
            self.reading.limits,
        ) {
            Ok(member) => self.out.member(member),
            Err(gap) => self.out.gap(gap),
        }
    }
}

/// A layer over a run of bytes that begins at `base`.
fn peel(encoding: Encoding, raw: &[u8], base: u64) -> (Vec<u8>, Layered) {
    let (mut decoded, mut map) = (Vec::new(), crate::records::OffsetMap::new());
    super::encoding::decode(encoding, raw, &mut decoded, &mut map);
    (decoded, Layered { encoding, base, raw_len: narrow(raw.len()), map })
}
