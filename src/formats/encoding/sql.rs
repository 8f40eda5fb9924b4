//! Literals of SQL dumps: quoted strings (SQL:2016 §5.3, with the escapes of MySQL 8.0 §9.1.1 and
//! PostgreSQL 16 §4.1.2.2), lines of `COPY` (PostgreSQL 16, COPY, text format), and hexadecimal bytes.

use crate::records::{OffsetMap, SqlEscape};

/// Appends the text of a string from inside its quotes and its segments.
pub fn decode_string(escape: SqlEscape, raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) {
    let (mut run, mut from) = (0, 0);
    let escapes = escape != SqlEscape::Doubled;
    while let Some(found) = next_special(raw, from, escapes) {
        let unit = match raw.get(found) {
            Some(b'\'') => (raw.get(found + 1) == Some(&b'\'')).then(|| (2, b"'".to_vec())),
            _ if escape == SqlEscape::Postgres => byte_run(raw, found).or_else(|| postgres(raw, found)),
            _ => mysql(raw, found),
        };
        from = undo(raw, (&mut run, found), unit, out, map);
    }
    copy(raw, run, raw.len(), out, map);
}

/// Appends the text of a cell of `COPY` and its segments.
pub fn decode_copy(raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) {
    let (mut run, mut from) = (0, 0);
    while let Some(found) = raw.get(from..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        let at = from + found;
        let unit = byte_run(raw, at).or_else(|| postgres(raw, at));
        from = undo(raw, (&mut run, at), unit, out, map);
    }
    copy(raw, run, raw.len(), out, map);
}

/// Appends the bytes of hexadecimal digits; a digit without a partner and what is no digit is left out.
pub fn decode_hex(raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) {
    let mut at = 0;
    while let (Some(high), Some(low)) = (raw.get(at).and_then(digit), raw.get(at + 1).and_then(digit)) {
        out.push(high << 4 | low);
        map.push(super::offset(at), 1, 2, 1);
        at += 2;
    }
}

fn digit(byte: &u8) -> Option<u8> {
    char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn next_special(raw: &[u8], from: usize, escapes: bool) -> Option<usize> {
    let rest = raw.get(from..)?;
    let found = match escapes {
        true => memchr::memchr2(b'\'', b'\\', rest),
        false => memchr::memchr(b'\'', rest),
    };
    found.map(|found| from + found)
}

/// Puts a unit in the place of an escape; gives where to go on.
fn undo(
    raw: &[u8],
    (run, at): (&mut usize, usize),
    unit: Option<(usize, Vec<u8>)>,
    out: &mut Vec<u8>,
    map: &mut OffsetMap,
) -> usize {
    let Some((len, text)) = unit else { return at + 1 };
    copy(raw, *run, at, out, map);
    super::push_unit(map, at, at + len, text.len());
    out.extend_from_slice(&text);
    *run = at + len;
    at + len
}

fn copy(raw: &[u8], from: usize, to: usize, out: &mut Vec<u8>, map: &mut OffsetMap) {
    if let Some(bytes) = raw.get(from..to).filter(|bytes| !bytes.is_empty()) {
        out.extend_from_slice(bytes);
        map.push_verbatim(super::offset(from), super::offset(bytes.len()));
    }
}

/// Length of the character that begins at `at`.
fn char_len(raw: &[u8], at: usize) -> usize {
    let rest = raw.get(at + 1..).unwrap_or(&[]);
    1 + rest.iter().take_while(|byte| (0x80..0xC0).contains(*byte)).count()
}

/// An escape of MySQL: any other character stands for itself.
fn mysql(raw: &[u8], at: usize) -> Option<(usize, Vec<u8>)> {
    let byte = match raw.get(at + 1)? {
        b'0' => b'\0',
        b'b' => 0x08,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'Z' => 0x1A,
        // Patterns keep their backslash.
        b'%' | b'_' => return None,
        _ => {
            let len = char_len(raw, at + 1);
            return Some((1 + len, raw.get(at + 1..at + 1 + len)?.to_vec()));
        }
    };
    Some((2, vec![byte]))
}

/// An escape of PostgreSQL that is no byte: letters, Unicode, any other character for itself.
fn postgres(raw: &[u8], at: usize) -> Option<(usize, Vec<u8>)> {
    let digits = |count: usize| {
        let text = std::str::from_utf8(raw.get(at + 2..at + 2 + count)?).ok()?;
        char::from_u32(u32::from_str_radix(text, 16).ok()?)
    };
    let unicode = |count: usize| digits(count).map(|c| (2 + count, c.to_string().into_bytes()));
    match raw.get(at + 1)? {
        b'b' => Some((2, vec![0x08])),
        b'f' => Some((2, vec![0x0C])),
        b'n' => Some((2, vec![b'\n'])),
        b'r' => Some((2, vec![b'\r'])),
        b't' => Some((2, vec![b'\t'])),
        b'v' => Some((2, vec![0x0B])),
        b'u' if digits(4).is_some() => unicode(4),
        b'U' if digits(8).is_some() => unicode(8),
        _ => {
            let len = char_len(raw, at + 1);
            Some((1 + len, raw.get(at + 1..at + 1 + len)?.to_vec()))
        }
    }
}

/// Octal and hexadecimal bytes that follow each other and make one character, or a byte that makes none.
fn byte_run(raw: &[u8], at: usize) -> Option<(usize, Vec<u8>)> {
    let (first, mut len) = one_byte(raw, at)?;
    let mut bytes = vec![first];
    while bytes.len() < 4 && std::str::from_utf8(&bytes).is_err() {
        let Some((next, more)) = one_byte(raw, at + len) else { break };
        bytes.push(next);
        len += more;
    }
    match std::str::from_utf8(&bytes) {
        Ok(_) => Some((len, bytes)),
        Err(_) => Some((one_byte(raw, at)?.1, "\u{fffd}".into())),
    }
}

fn one_byte(raw: &[u8], at: usize) -> Option<(u8, usize)> {
    if raw.get(at) != Some(&b'\\') {
        return None;
    }
    let (radix, from, most) = if raw.get(at + 1) == Some(&b'x') { (16, at + 2, 2) } else { (8, at + 1, 3) };
    let digits = raw.get(from..)?.iter().take(most).take_while(|b| char::from(**b).is_digit(radix)).count();
    let text = std::str::from_utf8(raw.get(from..from + digits)?).ok()?;
    let value = u32::from_str_radix(text, radix).ok()?;
    Some((u8::try_from(value & 0xFF).ok()?, from + digits - at))
}

/// Text as it stands inside quotes.
pub fn encode_string(escape: SqlEscape, text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    for byte in text {
        match byte {
            b'\'' => out.extend_from_slice(b"''"),
            b'\\' if escape != SqlEscape::Doubled => out.extend_from_slice(b"\\\\"),
            b'\n' if escape != SqlEscape::Doubled => out.extend_from_slice(b"\\n"),
            b'\r' if escape != SqlEscape::Doubled => out.extend_from_slice(b"\\r"),
            b'\0' if escape == SqlEscape::MySql => out.extend_from_slice(b"\\0"),
            _ => out.push(*byte),
        }
    }
    out
}

/// Text as it stands in a cell of `COPY`.
pub fn encode_copy(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    for byte in text {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0B => out.extend_from_slice(b"\\v"),
            0x0C => out.extend_from_slice(b"\\f"),
            _ => out.push(*byte),
        }
    }
    out
}

/// Text that takes the place of a number: a number stands bare, all else takes quotes.
pub fn encode_bare(text: &[u8]) -> Vec<u8> {
    if super::json_string::is_number(text) {
        return text.to_vec();
    }
    // Doubled quotes mean the same in every dialect; a backslash does not.
    let safe: Vec<u8> = text.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect();
    [b"'".as_slice(), &encode_string(SqlEscape::Doubled, &safe), b"'"].concat()
}

/// Bytes as hexadecimal digits.
pub fn encode_hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("{byte:02X}").into_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn string(escape: SqlEscape, raw: &str) -> String {
        let (mut out, mut map) = (Vec::new(), OffsetMap::new());
        decode_string(escape, raw.as_bytes(), &mut out, &mut map);
        super::super::assert_map_is_sound(&map, raw.len(), out.len());
        String::from_utf8(out).unwrap()
    }

    fn cell(raw: &str) -> String {
        let (mut out, mut map) = (Vec::new(), OffsetMap::new());
        decode_copy(raw.as_bytes(), &mut out, &mut map);
        super::super::assert_map_is_sound(&map, raw.len(), out.len());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_dialect_has_its_escapes() {
        assert_eq!(string(SqlEscape::MySql, r#"it\'s ''a'' \"b\"\nc\\d\% \é"#), "it's 'a' \"b\"\nc\\d\\% é");
        assert_eq!(string(SqlEscape::Doubled, r"it''s C:\new"), r"it's C:\new");
        assert_eq!(
            string(SqlEscape::Postgres, r"it\'s \u00e9 \303\251 \xc3\xa9 \xff"),
            "it's é é é \u{fffd}"
        );
        assert_eq!(cell(r"a\tb\nc\\d\303\251\é"), "a\tb\nc\\déé");
    }

    #[test]
    fn numbers_take_quotes_when_they_become_text() {
        assert_eq!(encode_bare(b"12.5"), b"12.5");
        assert_eq!(encode_bare(br"[it's\]"), b"'[it''s/]'");
    }

    #[test]
    fn hexadecimal_goes_both_ways() {
        let (mut out, mut map) = (Vec::new(), OffsetMap::new());
        decode_hex(b"4142f1", &mut out, &mut map);
        assert_eq!(out, b"AB\xf1");
        assert_eq!(encode_hex(&out), b"4142F1");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(text in "[a-zñ'\\\\\n\t\r%x07u]{0,40}") {
            for escape in [SqlEscape::Doubled, SqlEscape::MySql, SqlEscape::Postgres] {
                let raw = String::from_utf8(encode_string(escape, text.as_bytes())).unwrap();
                prop_assert_eq!(string(escape, &raw), text.clone());
            }
            prop_assert_eq!(cell(std::str::from_utf8(&encode_copy(text.as_bytes())).unwrap()), text);
        }

        #[test]
        fn any_bytes_give_a_sound_map(raw in "[\\\\'0-9a-fxuUñ]{0,40}") {
            for escape in [SqlEscape::Doubled, SqlEscape::MySql, SqlEscape::Postgres] {
                string(escape, &raw);
            }
            cell(&raw);
        }
    }
}
