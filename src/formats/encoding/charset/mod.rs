//! Character encodings: every one of the WHATWG Encoding Standard, and UTF-32, both ways.
//!
//! Labels are the names `encoding_rs` gives (`windows-1252`, `UTF-16LE`), and `UTF-32LE`, `UTF-32BE`.

mod resolve;
mod wide;

use encoding_rs::Encoding;

use super::Unencodable;
use crate::records::OffsetMap;

pub use resolve::{Resolved, as_utf8, bom, first_sign, known_label, resolve};

/// UTF-8, the label of text that has no charset layer unless it is damaged.
pub const UTF_8: &str = "UTF-8";
/// UTF-16 with the low byte first.
pub const UTF_16LE: &str = "UTF-16LE";
/// UTF-16 with the high byte first.
pub const UTF_16BE: &str = "UTF-16BE";
/// UTF-32 with the low byte first.
pub const UTF_32LE: &str = "UTF-32LE";
/// UTF-32 with the high byte first.
pub const UTF_32BE: &str = "UTF-32BE";

/// What was wrong with decoded bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// How many sequences stand as U+FFFD now.
    pub sequences: u64,
    /// The first of them, as an offset into the raw bytes.
    pub first: Option<usize>,
}

impl Damage {
    fn note(&mut self, at: usize) {
        self.sequences += 1;
        self.first.get_or_insert(at);
    }
}

/// Whether a text cannot be changed in the middle, because what bytes mean depends on those before.
pub fn is_stateful(label: &str) -> bool {
    label == encoding_rs::ISO_2022_JP.name()
}

/// Bytes of one code unit: a cut between records must stand on a multiple of it.
pub fn code_unit(label: &str) -> usize {
    match label {
        UTF_16LE | UTF_16BE => 2,
        UTF_32LE | UTF_32BE => 4,
        _ => 1,
    }
}

/// Appends the text of `raw` as UTF-8. A byte order mark is a character like any other here: readers
/// leave it out of `raw`. What cannot be decoded is one U+FFFD a sequence.
pub fn decode(label: &str, raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) -> Damage {
    match label {
        UTF_8 => utf8(raw, out, map),
        UTF_16LE | UTF_16BE => wide::utf16(label == UTF_16LE, raw, out, map),
        UTF_32LE | UTF_32BE => wide::utf32(label == UTF_32LE, raw, out, map),
        _ => match Encoding::for_label_no_replacement(label.as_bytes()) {
            Some(encoding) if encoding.is_single_byte() => single_byte(encoding, raw, out, map),
            Some(encoding) => multi_byte(encoding, raw, out, map),
            None => utf8(raw, out, map),
        },
    }
}

/// Writes UTF-8 text in a charset.
///
/// # Errors
/// [`Unencodable`] where a character is not in the charset, where `text` is not UTF-8, and for labels
/// nobody knows.
pub fn encode(label: &str, text: &[u8]) -> Result<Vec<u8>, Unencodable> {
    if label == UTF_8 {
        return Ok(text.to_vec());
    }
    let text = simdutf8::basic::from_utf8(text).map_err(|_| Unencodable)?;
    match label {
        UTF_16LE => Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        UTF_16BE => Ok(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        UTF_32LE => Ok(text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()),
        UTF_32BE => Ok(text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect()),
        _ => {
            let encoding = Encoding::for_label_no_replacement(label.as_bytes()).ok_or(Unencodable)?;
            let (bytes, used, unmappable) = encoding.encode(text);
            if unmappable || used != encoding { Err(Unencodable) } else { Ok(bytes.into_owned()) }
        }
    }
}

/// Offsets inside one layer are 32 bits wide; pieces are far smaller.
fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn utf8(raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) -> Damage {
    let mut damage = Damage::default();
    let mut at = 0;
    for chunk in raw.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        map.push_verbatim(narrow(at), narrow(chunk.valid().len()));
        at += chunk.valid().len();
        let invalid = chunk.invalid().len();
        if invalid > 0 {
            damage.note(at);
            replacement(at, invalid, out, map);
            at += invalid;
        }
    }
    damage
}

/// One U+FFFD for `len` raw bytes, at most 4.
fn replacement(at: usize, len: usize, out: &mut Vec<u8>, map: &mut OffsetMap) {
    out.extend_from_slice("\u{fffd}".as_bytes());
    map.push(narrow(at), 1, u8::try_from(len).unwrap_or(u8::MAX), 3);
}

fn single_byte(encoding: &'static Encoding, raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) -> Damage {
    let table: Vec<String> =
        (0x80..=0xFFu8).map(|byte| encoding.decode_without_bom_handling(&[byte]).0.into_owned()).collect();
    let mut damage = Damage::default();
    let mut at = 0;
    while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
        let ascii = Encoding::ascii_valid_up_to(rest);
        out.extend_from_slice(rest.get(..ascii).unwrap_or(&[]));
        map.push_verbatim(narrow(at), narrow(ascii));
        at += ascii;
        let Some(byte) = rest.get(ascii) else { break };
        let character = table.get(usize::from(byte & 0x7F)).map_or("\u{fffd}", String::as_str);
        if character == "\u{fffd}" {
            damage.note(at);
        }
        out.extend_from_slice(character.as_bytes());
        map.push(narrow(at), 1, 1, u8::try_from(character.len()).unwrap_or(u8::MAX));
        at += 1;
    }
    damage
}

/// One byte at a time: a unit ends where the decoder gives a character. ASCII runs of the encodings
/// that have no states are taken whole.
fn multi_byte(encoding: &'static Encoding, raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) -> Damage {
    let stateless = encoding.is_ascii_compatible();
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut damage = Damage::default();
    let (mut at, mut unit) = (0, 0);
    while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
        let ascii = if stateless && unit == at { Encoding::ascii_valid_up_to(rest) } else { 0 };
        if ascii > 0 {
            out.extend_from_slice(rest.get(..ascii).unwrap_or(&[]));
            map.push_verbatim(narrow(at), narrow(ascii));
            at += ascii;
            unit = at;
            continue;
        }
        let Some(byte) = rest.get(..1) else { break };
        let mut text = [0; 16];
        let (_, _, written, _) = decoder.decode_to_utf8(byte, &mut text, false);
        at += 1;
        if let Some(text) = text.get(..written).filter(|text| !text.is_empty()) {
            end_unit(unit, at, text, out, map, &mut damage);
            unit = at;
        }
    }
    let mut text = [0; 16];
    let (_, _, written, _) = decoder.decode_to_utf8(&[], &mut text, true);
    if let Some(text) = text.get(..written).filter(|text| !text.is_empty()) {
        end_unit(unit.min(raw.len().saturating_sub(1)), raw.len(), text, out, map, &mut damage);
    }
    damage
}

/// A unit is at most 255 bytes long: escape sequences without number before a character decode to
/// nothing, and only the last of them go with it.
fn end_unit(
    from: usize,
    to: usize,
    text: &[u8],
    out: &mut Vec<u8>,
    map: &mut OffsetMap,
    damage: &mut Damage,
) {
    if text.starts_with("\u{fffd}".as_bytes()) {
        damage.note(from);
    }
    let from = from.max(to.saturating_sub(255));
    out.extend_from_slice(text);
    map.push(
        narrow(from),
        1,
        u8::try_from(to - from).unwrap_or(u8::MAX),
        u8::try_from(text.len()).unwrap_or(u8::MAX),
    );
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(label: &str, raw: &[u8]) -> (String, OffsetMap, Damage) {
        let (mut out, mut map) = (Vec::new(), OffsetMap::new());
        let damage = decode(label, raw, &mut out, &mut map);
        assert_eq!(map.decoded_len() as usize, out.len());
        (String::from_utf8(out).unwrap(), map, damage)
    }

    const ALL: [&str; 42] = [
        "UTF-8",
        "UTF-16LE",
        "UTF-16BE",
        "UTF-32LE",
        "UTF-32BE",
        "windows-1252",
        "windows-1250",
        "windows-1251",
        "windows-1253",
        "windows-1254",
        "windows-1255",
        "windows-1256",
        "windows-1257",
        "windows-1258",
        "windows-874",
        "ISO-8859-2",
        "ISO-8859-3",
        "ISO-8859-4",
        "ISO-8859-5",
        "ISO-8859-6",
        "ISO-8859-7",
        "ISO-8859-8",
        "ISO-8859-8-I",
        "ISO-8859-10",
        "ISO-8859-13",
        "ISO-8859-14",
        "ISO-8859-15",
        "ISO-8859-16",
        "KOI8-R",
        "KOI8-U",
        "macintosh",
        "x-mac-cyrillic",
        "IBM866",
        "GBK",
        "gb18030",
        "Big5",
        "EUC-JP",
        "ISO-2022-JP",
        "Shift_JIS",
        "EUC-KR",
        "x-user-defined",
        "windows-1252",
    ];

    /// Characters some charset has: each charset is tried with those it can write.
    const SAMPLE: &str =
        "Ana López añadió 5 € ñ Ä ß ž ł Привет Ελλάδα שלום مرحبا สวัสดี 日本語テスト 中文 한국어 x";

    #[test]
    fn every_charset_goes_there_and_back() {
        for label in ALL {
            let text: String =
                SAMPLE.chars().filter(|c| encode(label, c.to_string().as_bytes()).is_ok()).collect();
            assert!(text.len() > 10, "{label}");
            let raw = encode(label, text.as_bytes()).unwrap();
            let (back, map, damage) = decoded(label, &raw);
            assert_eq!(back, text, "{label}");
            assert_eq!(damage, Damage::default(), "{label}");
            let end = map.segments().last().unwrap().raw_end() as usize;
            assert!(end <= raw.len(), "{label}");
            assert!(end + 3 >= raw.len(), "{label}");
        }
    }

    /// Each unit decoded alone gives its own characters: the map tells the truth.
    #[test]
    fn units_stand_for_their_bytes() {
        for label in ALL.into_iter().filter(|label| !is_stateful(label)) {
            let text: String =
                SAMPLE.chars().filter(|c| encode(label, c.to_string().as_bytes()).is_ok()).collect();
            let raw = encode(label, text.as_bytes()).unwrap();
            let (back, map, _) = decoded(label, &raw);
            for segment in map.segments() {
                for unit in 0..segment.units {
                    let from = (segment.raw + unit * u32::from(segment.raw_unit)) as usize;
                    let at = (segment.decoded + unit * u32::from(segment.decoded_unit)) as usize;
                    let want = &back.as_bytes()[at..at + usize::from(segment.decoded_unit)];
                    if std::str::from_utf8(want).is_err() {
                        continue;
                    }
                    let (alone, ..) = decoded(label, &raw[from..from + usize::from(segment.raw_unit)]);
                    assert_eq!(alone.as_bytes(), want, "{label}");
                }
            }
        }
    }

    #[test]
    fn letters_the_charset_lacks_are_refused() {
        assert_eq!(encode("windows-1252", "ł".as_bytes()), Err(Unencodable));
        assert_eq!(encode("KOI8-R", "ñ".as_bytes()), Err(Unencodable));
        assert_eq!(encode("no-such-charset", b"a"), Err(Unencodable));
    }

    #[test]
    fn damaged_utf8_keeps_its_offsets() {
        let (text, map, damage) = decoded(UTF_8, b"ab\xff\xc3(\xe2\x82c");
        assert_eq!(text, "ab\u{fffd}\u{fffd}(\u{fffd}c");
        assert_eq!(damage, Damage { sequences: 3, first: Some(2) });
        let last = map.segments().last().unwrap();
        assert_eq!((last.raw, last.decoded), (7, 12));
    }

    proptest! {
        #[test]
        fn any_bytes_decode_inside_the_map(at in 0..ALL.len(), raw in proptest::collection::vec(any::<u8>(), 0..80)) {
            let (_, map, _) = decoded(ALL[at], &raw);
            let mut end = 0;
            for segment in map.segments() {
                prop_assert!(segment.raw >= end);
                end = segment.raw_end();
            }
            prop_assert!(end as usize <= raw.len());
        }
    }
}
