//! The inside of a JSON string, RFC 8259 §7.

use crate::records::OffsetMap;

/// What [`decode`] met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escapes {
    /// Every escape was one of the grammar's and stood for a character.
    Sound,
    /// A lone surrogate, a cut or unknown escape: read as U+FFFD or as it stands.
    Damaged,
}

/// Appends the decoded bytes of `raw` to `out`. Bytes that are no escape stand for themselves, so text
/// around strings (quotes, braces) decodes to itself: a malformed document can be read whole.
pub fn decode(raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) -> Escapes {
    walk(raw, map, &mut |part| match part {
        Part::Verbatim(from, to) => out.extend_from_slice(raw.get(from..to).unwrap_or(&[])),
        Part::Character(character) => {
            let mut utf8 = [0; 4];
            out.extend_from_slice(character.encode_utf8(&mut utf8).as_bytes());
        }
    })
}

/// [`decode`] for text, which needs no look at the bytes again.
pub fn decode_text(raw: &str, out: &mut String, map: &mut OffsetMap) -> Escapes {
    walk(raw.as_bytes(), map, &mut |part| match part {
        Part::Verbatim(from, to) => out.push_str(raw.get(from..to).unwrap_or("")),
        Part::Character(character) => out.push(character),
    })
}

/// A part of a string.
enum Part {
    /// Bytes that stand for themselves.
    Verbatim(usize, usize),
    /// What an escape stands for.
    Character(char),
}

fn walk(raw: &[u8], map: &mut OffsetMap, each: &mut dyn FnMut(Part)) -> Escapes {
    let mut state = Escapes::Sound;
    // Where the verbatim bytes at hand begin, and from where the next backslash is looked for.
    let (mut from, mut ahead) = (0, 0);
    while let Some(found) = raw.get(ahead..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        let at = ahead + found;
        let (len, character) = escape(raw.get(at..).unwrap_or(&[]));
        ahead = at + len;
        let Some(character) = character else {
            state = Escapes::Damaged;
            continue;
        };
        verbatim(from, at, map, each);
        each(Part::Character(character));
        push(map, at, len, character.len_utf8());
        if character == char::REPLACEMENT_CHARACTER {
            state = Escapes::Damaged;
        }
        from = ahead;
    }
    verbatim(from, raw.len(), map, each);
    state
}

fn verbatim(from: usize, to: usize, map: &mut OffsetMap, each: &mut dyn FnMut(Part)) {
    if from < to {
        each(Part::Verbatim(from, to));
        map.push_verbatim(
            u32::try_from(from).unwrap_or(u32::MAX),
            u32::try_from(to - from).unwrap_or(u32::MAX),
        );
    }
}

fn push(map: &mut OffsetMap, at: usize, raw: usize, decoded: usize) {
    let (Ok(at), Ok(raw), Ok(decoded)) = (u32::try_from(at), u8::try_from(raw), u8::try_from(decoded)) else {
        return;
    };
    map.push(at, 1, raw, decoded);
}

/// The length of the escape at the start of `raw`, and its character; none where it is no escape and
/// its bytes stand for themselves.
fn escape(raw: &[u8]) -> (usize, Option<char>) {
    let simple = match raw.get(1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(raw),
        _ => return (1, None),
    };
    (2, Some(simple))
}

/// `\uXXXX`, or two of them where they are a surrogate pair.
fn unicode(raw: &[u8]) -> (usize, Option<char>) {
    let Some(first) = hex4(raw.get(2..6)) else { return (1, None) };
    if let Some(character) = char::from_u32(first) {
        return (6, Some(character));
    }
    let second = (raw.get(6..8) == Some(b"\\u")).then(|| hex4(raw.get(8..12))).flatten();
    match second {
        Some(low @ 0xDC00..=0xDFFF) if first < 0xDC00 => {
            let scalar = 0x1_0000 + ((first - 0xD800) << 10) + (low - 0xDC00);
            (12, char::from_u32(scalar).or(Some(char::REPLACEMENT_CHARACTER)))
        }
        _ => (6, Some(char::REPLACEMENT_CHARACTER)),
    }
}

fn hex4(digits: Option<&[u8]>) -> Option<u32> {
    digits?.iter().try_fold(0, |value, digit| Some(value * 16 + char::from(*digit).to_digit(16)?))
}

/// Text as it stands inside quotes: only what the grammar demands is escaped.
pub fn encode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 8);
    for byte in text {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..=0x1F => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(*byte),
        }
    }
    out
}

/// What stands where a number stood: a number as it is, any other text as a string.
pub fn encode_number(text: &[u8]) -> Vec<u8> {
    if is_number(text) {
        return text.to_vec();
    }
    let mut out = vec![b'"'];
    out.extend_from_slice(&encode(text));
    out.push(b'"');
    out
}

/// Whether the text is a number of RFC 8259 §6.
pub fn is_number(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let (integer, rest) = digits(text);
    if integer.is_empty() || (integer.len() > 1 && integer.first() == Some(&b'0')) {
        return false;
    }
    let rest = match rest.strip_prefix(b".") {
        Some(fraction) => match digits(fraction) {
            ([], _) => return false,
            (_, rest) => rest,
        },
        None => rest,
    };
    match rest.split_first() {
        None => true,
        Some((b'e' | b'E', power)) => {
            let power = power.strip_prefix(b"+").or(power.strip_prefix(b"-")).unwrap_or(power);
            matches!(digits(power), ([_, ..], []))
        }
        Some(_) => false,
    }
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.split_at_checked(len).unwrap_or((text, &[]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(raw: &str) -> (String, Escapes, OffsetMap) {
        let (mut out, mut map) = (Vec::new(), OffsetMap::new());
        let state = decode(raw.as_bytes(), &mut out, &mut map);
        (String::from_utf8(out).unwrap(), state, map)
    }

    #[test]
    fn every_escape_of_the_grammar() {
        let (text, state, _) = decoded(r#"\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00"#);
        assert_eq!(text, "\"\\/\u{8}\u{c}\n\r\té😀");
        assert_eq!(state, Escapes::Sound);
    }

    #[test]
    fn units_are_whole_escapes() {
        let (text, _, map) = decoded(r"a\u00e9b\ud83d\ude00");
        assert_eq!(text, "aéb😀");
        let shapes: Vec<_> =
            map.segments().iter().map(|s| (s.decoded, s.raw, s.raw_unit, s.decoded_unit)).collect();
        assert_eq!(shapes, [(0, 0, 1, 1), (1, 1, 6, 2), (3, 7, 1, 1), (4, 8, 12, 4)]);
    }

    #[test]
    fn damage_is_read_and_told() {
        for (raw, want) in [
            (r"\ud800", "\u{fffd}"),
            (r"\ud800x", "\u{fffd}x"),
            (r"\udc00\ud800", "\u{fffd}\u{fffd}"),
            (r"\ud800\u0041", "\u{fffd}A"),
            (r"\x41", r"\x41"),
            (r"\u12", r"\u12"),
            (r"a\", r"a\"),
        ] {
            let (text, state, map) = decoded(raw);
            assert_eq!(text, want, "{raw}");
            assert_eq!(state, Escapes::Damaged, "{raw}");
            assert_eq!(map.decoded_len() as usize, text.len());
        }
    }

    #[test]
    fn numbers_stay_numbers_and_words_get_quotes() {
        for number in ["0", "-1", "12.5", "1e9", "1.5E-3"] {
            assert_eq!(encode_number(number.as_bytes()), number.as_bytes());
        }
        for text in ["", "01", "1.", ".5", "-", "1e", "+1", "[redacted]", "1 "] {
            assert_eq!(encode_number(text.as_bytes()), format!("\"{text}\"").as_bytes());
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(text in any::<String>()) {
            let raw = encode(text.as_bytes());
            prop_assert!(raw.iter().all(|byte| *byte >= 0x20));
            let (mut out, mut map) = (Vec::new(), OffsetMap::new());
            prop_assert_eq!(decode(&raw, &mut out, &mut map), Escapes::Sound);
            prop_assert_eq!(out, text.as_bytes());
        }

        #[test]
        fn any_bytes_decode_and_the_map_stays_inside(raw in proptest::collection::vec(any::<u8>(), 0..64)) {
            let (mut out, mut map) = (Vec::new(), OffsetMap::new());
            decode(&raw, &mut out, &mut map);
            prop_assert_eq!(map.decoded_len() as usize, out.len());
            prop_assert!(map.segments().iter().all(|s| s.raw_end() as usize <= raw.len()));
        }
    }
}
