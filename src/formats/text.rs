//! Plain text in any charset, of any length: one record, one field.

use std::sync::Arc;

use super::emit::{Emitter, Spot, root_path};
use super::encoding::charset;
use super::peeled::{Layered, Unpacked, narrow};
use super::registers;
use super::rewrite::Rewrite;
use super::{Carry, Cut, Cutter, Format, HEAD, Piece, Purpose, Reading, Vote, Yield};
use crate::records::{Encoding, Gap, GapClass, OffsetMap, Ordinal, Record, RecordKind, Role};

/// The format `text`: what nothing else claims.
pub struct Text;

impl Rewrite for Text {}

impl Format for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn is_one_record(&self) -> bool {
        true
    }

    fn probe(&self, _head: &[u8], _name: &str) -> Vote {
        Vote::Weak
    }

    fn cutter(&self) -> Option<Box<dyn Cutter>> {
        Some(Box::new(TextCutter::default()))
    }

    fn is_surveyed(&self, name: &str) -> bool {
        registers::is_yaml(name)
    }

    fn rewrite(&self) -> Option<&dyn Rewrite> {
        Some(self)
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if reading.purpose == Purpose::Survey {
            if registers::is_yaml(piece.name) && piece.window.is_none() {
                let unpacked = Unpacked::of(piece);
                registers::read(piece, reading, &unpacked.text, unpacked.base, out);
            }
            return;
        }
        if piece.window.is_some() {
            return read_window(piece, Encoding::Verbatim, self.name(), out);
        }
        let unpacked = Unpacked::of(piece);
        damage_gap(&unpacked, out);
        out.block().raw_bytes += piece.bytes.len() as u64;
        let mut emitter = Emitter::new(out);
        let ordinal = Ordinal { top: 0, sub: 0 };
        emitter.begin(vec![Record::new(Arc::from(self.name()), RecordKind::Text, ordinal)]);
        let layers: Vec<Layered> = unpacked.charset.clone().into_iter().collect();
        let spot = Spot { layers: &layers, raw: unpacked.base, offset: piece.carry.text_base, owned: None };
        emitter.text(0, Role::Body, &unpacked.text, &spot, &mut root_path);
        emitter.end();
        if registers::is_yaml(piece.name) {
            registers::read(piece, reading, &unpacked.text, unpacked.base, out);
        }
    }
}

/// Tells once a piece that some bytes are no text in its charset, or are NUL, which no text has.
pub(super) fn damage_gap(unpacked: &Unpacked<'_>, out: &mut dyn Yield) {
    let text = unpacked.text.as_bytes();
    let nul = memchr::memchr(0, text).map(|at| unpacked.raw(at));
    let broken = unpacked.damage.first.map(|at| unpacked.base + at as u64);
    let Some(first) = broken.into_iter().chain(nul).min() else { return };
    let nuls = if nul.is_some() { memchr::memchr_iter(0, text).count() } else { 0 };
    let message = format!(
        "{} byte sequences are not valid in the text's charset and {nuls} bytes are NUL; the first were read as U+FFFD, all that stands around them as text",
        unpacked.damage.sequences
    );
    out.gap(Gap::new(GapClass::Fault, "invalid-bytes", message).at(first, None));
}

/// Whether a piece is a window of a record that is too large to be read as one; then it is scanned here, and
/// nothing in it is surveyed.
pub(super) fn took_window(
    piece: &Piece<'_>,
    inner: Encoding,
    system: &'static str,
    reading: &Reading<'_>,
    out: &mut dyn Yield,
) -> bool {
    if piece.window.is_some() && reading.purpose == Purpose::Scan {
        read_window(piece, inner, system, out);
    }
    piece.window.is_some()
}

/// Scans a window of a record that is too large to be read as one. `inner` is the encoding its texts
/// are likely to stand in, such as the escapes of JSON; it must decode other bytes to themselves.
pub(super) fn read_window(piece: &Piece<'_>, inner: Encoding, system: &'static str, out: &mut dyn Yield) {
    let Some(window) = piece.window.clone() else { return };
    let unpacked = Unpacked::of(piece);
    out.block().raw_bytes += window.len() as u64;
    let skipped = unpacked.base - piece.base;
    let mut owned = [window.start as u64, window.end as u64].map(|raw| raw.saturating_sub(skipped));
    let mut layers: Vec<Layered> = unpacked.charset.clone().into_iter().collect();
    if let Some(layer) = layers.first() {
        owned = owned.map(|raw| layer.decoded_from(raw) as u64);
    }
    let (mut decoded, mut map) = (Vec::new(), OffsetMap::new());
    let mut text = unpacked.text.as_ref();
    if inner != Encoding::Verbatim {
        super::encoding::decode(inner, text.as_bytes(), &mut decoded, &mut map);
        let base = if layers.is_empty() { unpacked.base } else { 0 };
        let layer = Layered { encoding: inner, base, raw_len: narrow(text.len()), map };
        owned = owned.map(|at| layer.decoded_from(at) as u64);
        layers.push(layer);
        text = std::str::from_utf8(&decoded).unwrap_or(text);
    }
    let [from, to] = owned.map(|at| text.floor_char_boundary(usize::try_from(at).unwrap_or(usize::MAX)));
    let mut emitter = Emitter::new(out);
    let ordinal = Ordinal { top: piece.first_ordinal, sub: 0 };
    emitter.begin(vec![Record::new(Arc::from(system), RecordKind::Other, ordinal)]);
    let spot = Spot { layers: &layers, raw: unpacked.base, offset: piece.base, owned: Some(from..to) };
    emitter.text(0, Role::Other, text, &spot, &mut root_path);
    emitter.end();
}

/// Cuts text at the end of a paragraph, else of a line, so that what belongs together stays together:
/// no datum is expected to cross an empty line.
#[derive(Default)]
struct TextCutter {
    /// The charset the item's first bytes tell for all of it.
    fixed: Option<&'static str>,
    begun: bool,
    /// Decoded bytes before what is at hand.
    decoded: u64,
}

impl Cutter for TextCutter {
    fn cut(&mut self, bytes: &[u8], wanted: usize, end: bool) -> Cut {
        if bytes.is_empty() || ((bytes.len() < wanted || (!self.begun && bytes.len() < HEAD)) && !end) {
            return Cut::More;
        }
        if !self.begun {
            self.begun = true;
            let label = charset::resolve(bytes, None).label;
            self.fixed = (charset::bom(bytes).is_some() || charset::code_unit(label) > 1).then_some(label);
        }
        let unit = self.fixed.map_or(1, charset::code_unit);
        let len = match cut_at(bytes, wanted, unit, self.fixed) {
            _ if end && bytes.len() < wanted.saturating_mul(2) => bytes.len(),
            Some(len) => len,
            None if end => bytes.len(),
            None => return Cut::More,
        };
        let piece = bytes.get(..len).unwrap_or(bytes);
        let label = self.fixed.unwrap_or_else(|| charset::resolve(piece, None).label);
        let carry = Carry { charset: Some(label), text_base: self.decoded, ..Carry::default() };
        self.decoded += decoded_len(label, piece, self.decoded == 0);
        Cut::Here { len, records: 0, carry: Arc::new(carry) }
    }
}

/// The length of the text in UTF-8.
fn decoded_len(label: &'static str, piece: &[u8], first: bool) -> u64 {
    let mark = if first { charset::bom(piece).map_or(0, |bom| bom.mark) } else { 0 };
    let piece = piece.get(mark..).unwrap_or(&[]);
    if label == charset::UTF_8 && simdutf8::basic::from_utf8(piece).is_ok() {
        return piece.len() as u64;
    }
    let (mut text, mut map) = (Vec::new(), OffsetMap::new());
    charset::decode(label, piece, &mut text, &mut map);
    text.len() as u64
}

/// One past a line end at or behind `wanted`, an empty line before others; none where no line ends
/// there. Private keys stay whole.
fn cut_at(bytes: &[u8], wanted: usize, unit: usize, label: Option<&'static str>) -> Option<usize> {
    let limit = bytes.len().min(wanted.saturating_mul(2));
    let range = bytes.get(wanted.min(limit)..limit)?;
    if unit > 1 {
        let high_last = matches!(label, Some(charset::UTF_16LE | charset::UTF_32LE));
        let aligned = wanted.div_ceil(unit) * unit;
        let mut found = None;
        for (at, group) in bytes.get(aligned..limit)?.chunks_exact(unit).enumerate() {
            let newline = if high_last { group.first() } else { group.last() } == Some(&b'\n');
            if newline && group.iter().filter(|byte| **byte == 0).count() == unit - 1 {
                found = Some(aligned + (at + 1) * unit);
            }
        }
        return found;
    }
    let lines = [&b"\n\n"[..], b"\n\r\n"]
        .into_iter()
        .filter_map(|blank| memchr::memmem::rfind(range, blank).map(|at| at + blank.len()));
    let at = lines.max().or_else(|| memchr::memrchr(b'\n', range).map(|at| at + 1))? + wanted.min(limit);
    let tail_from = at.saturating_sub(16 << 10);
    let tail = bytes.get(tail_from..at)?;
    match memchr::memmem::rfind(tail, b"-----BEGIN ") {
        Some(begin)
            if memchr::memmem::find(tail.get(begin..)?, b"-----END ").is_none() && tail_from + begin > 0 =>
        {
            Some(tail_from + begin)
        }
        _ => Some(at),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::single_range_in_vec_init, reason = "places are lists of ranges")]

    use super::super::collect::{read, read_cut};
    use super::super::encoding::charset::encode;
    use super::super::mapping::Mappings;
    use super::*;

    #[test]
    fn text_is_one_field_in_any_charset() {
        for (bytes, first) in [
            ("\u{feff}Muñoz €".as_bytes().to_vec(), 3),
            (encode("windows-1252", "La señora Muñoz pidió 5 €".as_bytes()).unwrap(), 0),
            ([b"\xFF\xFE".to_vec(), encode("UTF-16LE", "Muñoz €".as_bytes()).unwrap()].concat(), 2),
        ] {
            let got = read(&Text, &bytes);
            assert_eq!((got.fields.len(), got.fields[0].path.as_str()), (1, ""));
            assert!(got.fields[0].text.contains("Muñoz"), "{}", got.fields[0].text);
            assert_eq!(got.fields[0].raw, [first..bytes.len() as u64]);
            assert!(got.gaps.is_empty());
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_told_once_and_the_rest_is_read() {
        let got = read(&Text, b"Ana \0 Eva \xff\xff 12345678Z\n");
        assert_eq!(got.fields[0].text, "Ana \0 Eva \u{fffd}\u{fffd} 12345678Z\n");
        assert_eq!(got.codes(), ["invalid-bytes"]);
        assert_eq!(got.gaps[0].offset, Some(4));
        assert_eq!(read(&Text, b"Ana \xff\xff Eva").gaps[0].offset, Some(4));
    }

    #[test]
    fn one_long_line_goes_over_blocks() {
        let text = "palabra número ñ ".repeat(60_000);
        let got = read(&Text, text.as_bytes());
        assert!(got.blocks > 4);
        assert_eq!(got.whole().into_values().next().unwrap(), text);
        for part in &got.fields {
            let at = part.offset as usize;
            assert_eq!(part.raw, [at as u64..(at + part.text.len()) as u64]);
            assert_eq!(&text[at..at + part.text.len()], part.text);
        }
    }

    #[test]
    fn pieces_end_at_paragraphs_and_offsets_go_on() {
        for label in ["UTF-8", "windows-1252", "UTF-16LE", "UTF-16BE"] {
            let paragraph = "Primera línea del año.\nSegunda línea, señor.\n\n".repeat(40);
            let bytes = encode(label, paragraph.as_bytes()).unwrap();
            let (got, pieces) = read_cut(&Text, &bytes, &Mappings::default(), 200);
            assert!(pieces > 3, "{label}");
            assert!(got.gaps.is_empty(), "{label}");
            let mut at = 0;
            for part in &got.fields {
                assert_eq!(part.offset as usize, at, "{label}");
                assert!(part.text.ends_with('\n'));
                at += part.text.len();
            }
            assert_eq!(at, paragraph.len(), "{label}");
        }
    }

    #[test]
    fn private_keys_stay_whole() {
        let key = format!(
            "-----BEGIN RSA PRIVATE KEY-----\n{}-----END RSA PRIVATE KEY-----\n",
            "QUJD\n".repeat(30)
        );
        let text = format!("{}{key}{}", "x\n".repeat(150), "y\n".repeat(400));
        for wanted in [170, 200, 230] {
            let (got, _) = read_cut(&Text, text.as_bytes(), &Mappings::default(), wanted);
            assert!(got.fields.iter().any(|part| part.text.contains(&key)), "{wanted}");
        }
    }
}
