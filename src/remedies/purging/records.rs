//! Planned records, packed: a plan may have hundreds of thousands, and most of what one says another says too.

use std::fmt;

use compact_str::CompactString;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::plan::{PlannedPart, PlannedRecord};
use crate::records::Stamp;
use crate::vault::from_hex;

/// Words remembered at most: names of kinds, clocks, periods, systems.
const WORDS: usize = 256;

/// How a text is packed.
#[derive(Clone, Copy)]
enum Packing {
    /// There is none.
    None,
    /// A word of the list.
    Word,
    /// Lower-case hexadecimal digits, two a byte.
    Hex,
    /// An instant as `Stamp` writes it, in seconds since 1970.
    Instant,
    /// Any other.
    Raw,
}

impl Packing {
    const ALL: [Packing; 5] = [Packing::None, Packing::Word, Packing::Hex, Packing::Instant, Packing::Raw];
}

/// Planned records, in order. They come out as they went in, text for text.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Records {
    bytes: Vec<u8>,
    count: u64,
    words: Vec<CompactString>,
}

impl Records {
    /// Adds one behind all others.
    pub fn push(&mut self, record: &PlannedRecord) {
        let PlannedRecord {
            attachments,
            block,
            clock,
            clock_at,
            comments,
            digest,
            holds_checked,
            id,
            kind,
            kinds,
            minimum_ended,
            parts,
            period,
            reference,
            since,
            source,
            system,
        } = record;
        for number in [*attachments, *comments, *holds_checked, kinds.len() as u64, parts.len() as u64] {
            self.number(number);
        }
        for word in kinds.iter().chain([clock, kind, period, source, system]) {
            self.word(Some(word));
        }
        self.word(block.as_deref());
        for text in [Some(digest.as_str()), Some(id), Some(reference), Some(since)] {
            self.text(text);
        }
        self.text(clock_at.as_deref());
        self.text(minimum_ended.as_deref());
        for PlannedPart { digest, end, item, kind, ordinal, start } in parts {
            self.text(Some(digest));
            self.word(Some(kind));
            self.text(ordinal.as_deref());
            for number in [u64::from(*item), *start, end.wrapping_sub(*start)] {
                self.number(number);
            }
        }
        self.count += 1;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        usize::try_from(self.count).unwrap_or(usize::MAX)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = PlannedRecord> {
        self.places().map(|(_, record)| record)
    }

    /// All with where they stand.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, PlannedRecord)> {
        let mut unpacking = Unpacking { bytes: &self.bytes, words: &self.words };
        std::iter::from_fn(move || {
            let at = self.bytes.len() - unpacking.bytes.len();
            (!unpacking.bytes.is_empty()).then(|| unpacking.record()).flatten().map(|record| (at, record))
        })
    }

    /// The one that stands there.
    pub(super) fn at(&self, place: usize) -> Option<PlannedRecord> {
        Unpacking { bytes: self.bytes.get(place..)?, words: &self.words }.record()
    }

    /// Seven bits a byte, the last without its highest.
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.bytes.push(number.to_le_bytes()[0]);
    }

    fn packed(&mut self, packing: Packing, number: u64, bytes: &[u8]) {
        self.bytes.push(packing as u8);
        self.number(number);
        self.bytes.extend_from_slice(bytes);
    }

    /// A text of which there are few.
    fn word(&mut self, text: Option<&str>) {
        let known = text.and_then(|text| self.words.iter().position(|word| word == text));
        match (known, text) {
            (Some(at), _) => self.packed(Packing::Word, at as u64, &[]),
            (None, Some(text)) if self.words.len() < WORDS => {
                self.words.push(text.into());
                self.packed(Packing::Word, self.words.len() as u64 - 1, &[]);
            }
            _ => self.text(text),
        }
    }

    fn text(&mut self, text: Option<&str>) {
        let Some(text) = text else { return self.bytes.push(Packing::None as u8) };
        if let Some(bytes) = from_hex(text) {
            return self.packed(Packing::Hex, bytes.len() as u64, &bytes);
        }
        let stamp = Stamp::parse(text).and_then(|stamp| Stamp::from_epoch(stamp.seconds));
        match stamp.filter(|stamp| stamp.to_rfc3339() == text) {
            Some(stamp) => self.packed(Packing::Instant, stamp.seconds.cast_unsigned(), &[]),
            None => self.packed(Packing::Raw, text.len() as u64, text.as_bytes()),
        }
    }
}

/// Takes packed records apart.
struct Unpacking<'b> {
    bytes: &'b [u8],
    words: &'b [CompactString],
}

impl<'b> Unpacking<'b> {
    fn record(&mut self) -> Option<PlannedRecord> {
        let [attachments, comments, holds_checked] = [self.number()?, self.number()?, self.number()?];
        let [kinds, parts] = [self.number()?, self.number()?];
        Some(PlannedRecord {
            attachments,
            comments,
            holds_checked,
            kinds: (0..kinds).map(|_| self.text()?).collect::<Option<_>>()?,
            clock: self.text()??,
            kind: self.text()??,
            period: self.text()??,
            source: self.text()??,
            system: self.text()??,
            block: self.text()?.map(CompactString::into_string),
            digest: self.text()??.into_string(),
            id: self.text()??,
            reference: self.text()??,
            since: self.text()??,
            clock_at: self.text()?,
            minimum_ended: self.text()?,
            parts: (0..parts).map(|_| self.part()).collect::<Option<_>>()?,
        })
    }

    fn part(&mut self) -> Option<PlannedPart> {
        let (digest, kind, ordinal) = (self.text()??.into_string(), self.text()??, self.text()?);
        let [item, start, len] = [self.number()?, self.number()?, self.number()?];
        let item = u32::try_from(item).ok()?;
        Some(PlannedPart { digest, end: start.wrapping_add(len), item, kind, ordinal, start })
    }

    fn number(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0u64, 0);
        loop {
            let (byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
            shift += 7;
        }
    }

    /// A text, or that there is none.
    fn text(&mut self) -> Option<Option<CompactString>> {
        let (packing, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        let packing = Packing::ALL.into_iter().find(|one| *one as u8 == *packing)?;
        if matches!(packing, Packing::None) {
            return Some(None);
        }
        let number = self.number()?;
        if let Packing::Word = packing {
            return self.words.get(usize::try_from(number).ok()?).cloned().map(Some);
        }
        if let Packing::Instant = packing {
            return Stamp::from_epoch(number.cast_signed()).map(|stamp| Some(stamp.to_rfc3339().into()));
        }
        let (bytes, rest) = self.bytes.split_at_checked(usize::try_from(number).ok()?)?;
        self.bytes = rest;
        match packing {
            Packing::Hex => {
                let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16);
                bytes
                    .iter()
                    .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
                    .collect::<Option<_>>()
                    .map(Some)
            }
            _ => std::str::from_utf8(bytes).ok().map(|text| Some(text.into())),
        }
    }
}

impl Serialize for Records {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Records {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Packer;
        impl<'de> Visitor<'de> for Packer {
            type Value = Records;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("planned records")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Records, A::Error> {
                let mut records = Records::default();
                while let Some(row) = rows.next_element()? {
                    records.push(&row);
                }
                Ok(records)
            }
        }
        from.deserialize_seq(Packer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text() -> impl Strategy<Value = CompactString> {
        const KNOWN: [&str; 9] =
            ["", "ticket", "2016-01-01T00:00:00Z", "2016-01-01", "0012ff", "00F2", "P3Y", "0", "é\u{0}"];
        prop_oneof![
            proptest::sample::select(&KNOWN[..]).prop_map(CompactString::from),
            "[0-9a-f]{0,70}".prop_map(CompactString::from),
            ".{0,40}".prop_map(CompactString::from),
            (-60_000_000_000i64..250_000_000_000).prop_map(|seconds| {
                Stamp::from_epoch(seconds).map_or_else(CompactString::default, |at| at.to_rfc3339().into())
            }),
        ]
    }

    fn part() -> impl Strategy<Value = PlannedPart> {
        (text(), any::<u64>(), any::<u32>(), text(), proptest::option::of(text()), any::<u64>()).prop_map(
            |(digest, end, item, kind, ordinal, start)| PlannedPart {
                digest: digest.into(),
                end,
                item,
                kind,
                ordinal,
                start,
            },
        )
    }

    fn record() -> impl Strategy<Value = PlannedRecord> {
        let some = || proptest::option::of(text());
        let lists = (proptest::collection::vec(text(), 0..3), proptest::collection::vec(part(), 0..4));
        let texts = proptest::array::uniform9(text());
        (texts, (some(), some(), some()), lists, any::<[u64; 3]>()).prop_map(
            |(texts, (block, clock_at, minimum_ended), (kinds, parts), numbers)| {
                let [clock, digest, id, kind, period, reference, since, source, system] = texts;
                let [attachments, comments, holds_checked] = numbers;
                PlannedRecord {
                    attachments,
                    block: block.map(String::from),
                    clock,
                    clock_at,
                    comments,
                    digest: digest.into(),
                    holds_checked,
                    id,
                    kind,
                    kinds,
                    minimum_ended,
                    parts,
                    period,
                    reference,
                    since,
                    source,
                    system,
                }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_as_it_was(all in proptest::collection::vec(record(), 0..8)) {
            let mut records = Records::default();
            all.iter().for_each(|one| records.push(one));
            prop_assert_eq!(records.len(), all.len());
            prop_assert!(records.iter().eq(all.iter().cloned()));
            for ((place, one), wanted) in records.places().zip(&all) {
                prop_assert!(one == *wanted && records.at(place).as_ref() == Some(wanted));
            }
            let text = serde_json::to_string(&records).unwrap();
            prop_assert_eq!(&text, &serde_json::to_string(&all).unwrap());
            prop_assert!(serde_json::from_str::<Records>(&text).unwrap() == records);
        }
    }

    #[test]
    fn a_usual_record_takes_less_than_two_hundred_bytes_and_many_words_are_no_harm() {
        let mut records = Records::default();
        for n in 0..1000u64 {
            let hex = |byte: u64, len: usize| format!("{:02x}", (byte + n) % 256).repeat(len);
            records.push(&PlannedRecord {
                attachments: 0,
                block: None,
                clock: "last-subject-contact".into(),
                clock_at: Some("2016-01-01T00:00:00Z".into()),
                comments: 0,
                digest: hex(1, 32),
                holds_checked: 0,
                id: format!("36004120{n}").into(),
                kind: "ticket".into(),
                kinds: vec![format!("kind {n}").into()],
                minimum_ended: None,
                parts: vec![PlannedPart {
                    digest: hex(2, 32),
                    end: 400_000_500 + n,
                    item: 3,
                    kind: "ticket".into(),
                    ordinal: Some(format!("#{n}.0").into()),
                    start: 400_000_000,
                }],
                period: "P3Y".into(),
                reference: hex(3, 16).into(),
                since: "2019-01-01T00:00:00Z".into(),
                source: "decision 7".into(),
                system: "zendesk".into(),
            });
        }
        assert!(records.bytes.len() < 200 * 1000, "{}", records.bytes.len());
        assert_eq!(records.words.len(), WORDS);
        assert!(records.iter().zip(0..).all(|(one, n)| one.kinds == [format!("kind {n}")]));
    }
}
