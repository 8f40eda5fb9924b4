//! Header bodies with encoded words, RFC 2047.
//!
//! One layer stands for the whole body, since words of several charsets and plain text can follow each
//! other in it. Its units are characters (`Q`) or runs of quanta that end with a character (`B`).

use std::ops::Range;

use super::{base64, charset, quoted_printable};
use crate::records::OffsetMap;

/// Longest encoded word written, RFC 2047 §2.
const WORD: usize = 75;
/// Longest encoded word read; the standard's 75 characters are often passed.
const LONGEST_READ: usize = 16 << 10;

/// One encoded word in a body.
struct Word<'a> {
    /// All of it.
    range: Range<usize>,
    charset: &'a str,
    base64: bool,
    /// Its encoded text.
    text: Range<usize>,
}

/// Appends the decoded text and its segments; gives whether a word named a charset nobody knows (its
/// bytes are then read as UTF-8, or else as windows-1252).
///
/// White space between two encoded words is no text (§6.2). Neighbours of one charset are decoded
/// together, because mailers cut characters in two (§5 (3) forbids it).
pub fn decode(raw: &str, out: &mut String, map: &mut OffsetMap) -> bool {
    let words = words(raw);
    let mut unknown = false;
    let mut from = 0;
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let gap = raw.get(from..word.range.start).unwrap_or("");
        if at == 0 || !is_blank(gap) {
            verbatim(gap, from, out, map);
        }
        let mut next = at + 1;
        while let (Some(one), Some(other)) = (words.get(next - 1), words.get(next)) {
            let between = raw.get(one.range.end..other.range.start).unwrap_or("x");
            if !is_blank(between) || !one.charset.eq_ignore_ascii_case(other.charset) {
                break;
            }
            next += 1;
        }
        unknown |= decode_words(raw, words.get(at..next).unwrap_or(&[]), out, map);
        from = words.get(next - 1).map_or(from, |last| last.range.end);
        at = next;
    }
    verbatim(raw.get(from..).unwrap_or(""), from, out, map);
    unknown
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}

fn verbatim(text: &str, at: usize, out: &mut String, map: &mut OffsetMap) {
    out.push_str(text);
    map.push_verbatim(super::offset(at), super::offset(text.len()));
}

/// Words of one charset, one after the other.
fn decode_words(raw: &str, words: &[Word<'_>], out: &mut String, map: &mut OffsetMap) -> bool {
    let (mut bytes, mut outer) = (Vec::new(), OffsetMap::new());
    for word in words {
        let mut inner = OffsetMap::new();
        let text = raw.as_bytes().get(word.text.clone()).unwrap_or(&[]);
        if word.base64 {
            base64::decode(text, &mut bytes, &mut inner);
        } else {
            decode_q(text, &mut bytes, &mut inner);
        }
        for segment in inner.segments() {
            let start = super::offset(word.text.start).saturating_add(segment.raw);
            outer.push(start, segment.units, segment.raw_unit, segment.decoded_unit);
        }
    }
    let label = words.first().and_then(|word| label(word.charset));
    let name = charset::resolve(&bytes, label).label;
    let (mut text, mut inner) = (Vec::new(), OffsetMap::new());
    charset::decode(name, &bytes, &mut text, &mut inner);
    super::compose(&outer, &inner, map);
    out.push_str(&String::from_utf8_lossy(&text));
    label.is_none()
}

/// The charset of a label, whose language (RFC 2231 §5) is left out.
fn label(label: &str) -> Option<&'static str> {
    let name = label.split('*').next().unwrap_or("");
    charset::known_label(name)
}

/// `Q` encoding, §4.2.
fn decode_q(text: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) {
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let escaped = match text.get(at..at + 3) {
            Some([b'=', high, low]) => quoted_printable::hex_digit(*high)
                .zip(quoted_printable::hex_digit(*low))
                .map(|(high, low)| high << 4 | low),
            _ => None,
        };
        let (value, len) = match escaped {
            Some(value) => (value, 3),
            None if byte == b'_' => (b' ', 1),
            None => (byte, 1),
        };
        out.push(value);
        super::push_unit(map, at, at + len, 1);
        at += len;
    }
}

fn words(raw: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut from = 0;
    while let Some(found) = raw.get(from..).and_then(|rest| rest.find("=?")) {
        let start = from + found;
        match word(raw, start) {
            Some(word) => {
                from = word.range.end;
                words.push(word);
            }
            None => from = start + 2,
        }
    }
    words
}

fn word(raw: &str, start: usize) -> Option<Word<'_>> {
    let bytes = raw.as_bytes();
    let name = start + 2;
    let name_len = bytes.get(name..)?.iter().take(80).position(|byte| *byte == b'?')?;
    let charset = raw.get(name..name + name_len)?;
    if charset.is_empty() || charset.bytes().any(|byte| byte.is_ascii_whitespace() || byte == b'=') {
        return None;
    }
    let base64 = match bytes.get(name + name_len + 1)? {
        b'B' | b'b' => true,
        b'Q' | b'q' => false,
        _ => return None,
    };
    if bytes.get(name + name_len + 2) != Some(&b'?') {
        return None;
    }
    let text = name + name_len + 3;
    let window = bytes.get(text..bytes.len().min(text + LONGEST_READ))?;
    let len = memchr::memmem::find(window, b"?=")?;
    Some(Word { range: start..text + len + 2, charset, base64, text: text..text + len })
}

/// The body `old` (unfolded) changed so that it decodes to `new`: words and plain text that the change
/// does not touch stay byte for byte. None where that cannot be written (it always can).
pub fn encode_over(old: &str, new: &str, out: &mut Vec<u8>) {
    let (mut text, mut map) = (String::new(), OffsetMap::new());
    decode(old, &mut text, &mut map);
    if text == new {
        out.extend_from_slice(old.as_bytes());
        return;
    }
    let written = patch(old, &text, &map, new);
    if decodes_to(&written, new) {
        out.extend_from_slice(written.as_bytes());
        return;
    }
    encode(new, out);
}

fn decodes_to(raw: &str, text: &str) -> bool {
    let (mut back, mut map) = (String::new(), OffsetMap::new());
    decode(raw, &mut back, &mut map);
    back == text
}

/// Keeps what stands before and behind the change, writes the middle anew.
fn patch(old: &str, text: &str, map: &OffsetMap, new: &str) -> String {
    let same_before = text.char_indices().zip(new.chars()).find(|((_, a), b)| a != b);
    let before = same_before.map_or(text.len().min(new.len()), |((at, _), _)| at);
    let (text_rest, new_rest) = (text.get(before..).unwrap_or(""), new.get(before..).unwrap_or(""));
    let mut after = 0;
    for (a, b) in text_rest.chars().rev().zip(new_rest.chars().rev()) {
        if a != b {
            break;
        }
        after += a.len_utf8();
    }
    let raw_of = |at: usize| super::raw_at(map, at).unwrap_or(old.len());
    let mut changed = raw_of(before)..if after == 0 { old.len() } else { raw_of(text.len() - after) };
    changed.end = changed.end.max(changed.start);
    let words = words(old);
    let touched = |word: &&Word<'_>| word.range.start < changed.end && word.range.end > changed.start;
    let (first, last) = (words.iter().find(touched), words.iter().rfind(touched));
    let middle = |from: usize, to: usize| {
        let (mut head, mut tail, mut unused) = (String::new(), String::new(), OffsetMap::new());
        decode(old.get(..from).unwrap_or(""), &mut head, &mut unused);
        decode(old.get(to..).unwrap_or(""), &mut tail, &mut unused);
        new.get(head.len()..new.len().saturating_sub(tail.len())).unwrap_or("").to_owned()
    };
    let plain = middle(changed.start, changed.end);
    if first.is_none() && is_plain(&plain) {
        return [old.get(..changed.start), Some(&plain), old.get(changed.end..)]
            .map(|p| p.unwrap_or(""))
            .concat();
    }
    let mut from = first.map_or(changed.start, |word| word.range.start.min(changed.start));
    let mut to = last.map_or(changed.end, |word| word.range.end.max(changed.end));
    // A word must stand apart from other text (§5), so the middle grows to the white space around it.
    let bytes = old.as_bytes();
    while from > 0 && bytes.get(from - 1).is_some_and(|byte| !byte.is_ascii_whitespace()) {
        from -= 1;
    }
    while bytes.get(to).is_some_and(|byte| !byte.is_ascii_whitespace()) {
        to += 1;
    }
    let middle = middle(from, to);
    let mut written = Vec::new();
    encode_words(&middle, &mut written);
    let written = String::from_utf8(written).unwrap_or_default();
    [old.get(..from), Some(&written), old.get(to..)].map(|part| part.unwrap_or("")).concat()
}

/// Whether text can stand in a body without encoding.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) && !text.contains("=?")
}

/// Appends a body that decodes to the text: as it stands where that can be, else the part from the
/// first word that needs it to the last as encoded words, in UTF-8.
pub fn encode(decoded: &str, out: &mut Vec<u8>) {
    if is_plain(decoded) {
        out.extend_from_slice(decoded.as_bytes());
        return;
    }
    let mut start = decoded.len();
    let mut end = 0;
    let mut at = 0;
    for token in decoded.split_inclusive(' ') {
        let len = token.trim_end_matches(' ').len();
        if !is_plain(token) {
            start = start.min(at);
            end = at + len;
        }
        at += token.len();
    }
    let head = decoded.get(..start).unwrap_or("");
    let tail = decoded.get(end..).unwrap_or("");
    let mut words = Vec::new();
    encode_words(decoded.get(start..end).unwrap_or(""), &mut words);
    let mut written = head.as_bytes().to_vec();
    written.extend_from_slice(&words);
    written.extend_from_slice(tail.as_bytes());
    // A `=?` can come together over a space; then all of it is encoded.
    if std::str::from_utf8(&written).is_ok_and(|written| decodes_to(written, decoded)) {
        out.extend_from_slice(&written);
    } else {
        encode_words(decoded, out);
    }
}

/// Appends encoded words in UTF-8, `Q` where most characters are ASCII, else `B`, parted by spaces.
fn encode_words(text: &str, out: &mut Vec<u8>) {
    let ascii = text.bytes().filter(u8::is_ascii_alphanumeric).count();
    let base64 = ascii * 3 < text.len();
    let room = WORD - "=?UTF-8?Q??=".len();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let mut len = 0;
        let mut width = 0;
        for c in rest.chars() {
            let next = if base64 { (len + c.len_utf8()).div_ceil(3) * 4 } else { width + q_width(c) };
            if next > room {
                break;
            }
            width = next;
            len += c.len_utf8();
        }
        let piece = rest.get(..len.max(1)).unwrap_or(rest);
        if at > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(if base64 { b"=?UTF-8?B?" } else { b"=?UTF-8?Q?" });
        if base64 {
            base64::encode_line(piece.as_bytes(), out);
        } else {
            encode_q(piece, out);
        }
        out.extend_from_slice(b"?=");
        at += piece.len();
    }
}

/// Letters and digits alone stand for themselves: what phrases allow, §5 (3), without `!*+-/`.
fn q_width(c: char) -> usize {
    if c.is_ascii_alphanumeric() || c == ' ' { 1 } else { 3 * c.len_utf8() }
}

fn encode_q(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b' ' => out.push(b'_'),
            _ if byte.is_ascii_alphanumeric() => out.push(byte),
            _ => out.extend([
                b'=',
                quoted_printable::hex_char(byte >> 4) as u8,
                quoted_printable::hex_char(byte) as u8,
            ]),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::formats::encoding::assert_map_is_sound;

    fn decoded(raw: &str) -> String {
        let (mut out, mut map) = (String::new(), OffsetMap::new());
        decode(raw, &mut out, &mut map);
        assert_map_is_sound(&map, raw.len(), out.len());
        out
    }

    /// RFC 2047 §8.
    #[test]
    fn the_examples_of_the_standard() {
        for (raw, text) in [
            ("(=?ISO-8859-1?Q?a?=)", "(a)"),
            ("(=?ISO-8859-1?Q?a?= b)", "(a b)"),
            ("(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"),
            ("(=?ISO-8859-1?Q?a?=  \t =?ISO-8859-1?Q?b?=)", "(ab)"),
            ("(=?ISO-8859-1?Q?a_b?=)", "(a b)"),
            ("(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"),
            (
                "=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@example.test>",
                "Keld Jørn Simonsen <keld@example.test>",
            ),
            (
                "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
                "If you can read this you understand the example.",
            ),
            ("=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"),
            ("=?utf-8?Q?=C3?= =?UTF-8?Q?=A9?=", "é"),
            ("=?nope", "=?nope"),
            ("=?utf-8?Q??=", ""),
        ] {
            assert_eq!(decoded(raw), text, "{raw}");
        }
    }

    #[test]
    fn units_of_base64_words_end_with_a_character() {
        let raw = "=?utf-8?B?YcOpYsOpYw==?="; // "aébéc"
        let (mut out, mut map) = (String::new(), OffsetMap::new());
        decode(raw, &mut out, &mut map);
        assert_eq!(out, "aébéc");
        assert_eq!(map.segments()[0].decoded_unit, 3); // "aé" is one quantum.
    }

    #[test]
    fn a_change_leaves_other_words_alone() {
        let old = "=?iso-8859-15?Q?P=E9rez=2C_Juan?= <juan@example.com>, =?utf-8?B?w5E=?= x";
        let mut out = Vec::new();
        encode_over(old, "Pérez, Juan <[e-mail]>, Ñ x", &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "=?iso-8859-15?Q?P=E9rez=2C_Juan?= <[e-mail]>, =?utf-8?B?w5E=?= x"
        );
        let mut out = Vec::new();
        encode_over(old, "[name] <juan@example.com>, Ñ x", &mut out);
        let written = String::from_utf8(out).unwrap();
        assert!(written.ends_with(" <juan@example.com>, =?utf-8?B?w5E=?= x"), "{written}");
        assert_eq!(decoded(&written), "[name] <juan@example.com>, Ñ x");
    }

    proptest! {
        #[test]
        fn the_way_back_is_exact(text in "[ -~\tà-üñ日😀]{0,120}") {
            let mut raw = Vec::new();
            encode(&text, &mut raw);
            let raw = String::from_utf8(raw).unwrap();
            prop_assert!(raw.is_ascii());
            prop_assert_eq!(decoded(&raw), text);
        }

        #[test]
        fn any_text_comes_back(text in any::<String>()) {
            let mut raw = Vec::new();
            encode(&text, &mut raw);
            prop_assert_eq!(decoded(std::str::from_utf8(&raw).unwrap()), text);
        }

        #[test]
        fn a_body_can_become_any_other(old in "((=\\?utf-8\\?[BQ]\\?[a-zA-Z=]{0,8}\\?=)|[ a-zé<>]){0,8}", new in "[ -~éñ]{0,30}") {
            let mut raw = Vec::new();
            encode_over(&old, &new, &mut raw);
            prop_assert_eq!(decoded(std::str::from_utf8(&raw).unwrap()), new);
        }

        #[test]
        fn nothing_panics(raw in "[=?UTFutf8BQbq_A-Z0-9 é-]{0,60}") {
            decoded(&raw);
        }
    }
}
