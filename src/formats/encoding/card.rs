//! Folds and escapes of vCards and calendars (RFC 6350, 3.2 and 3.4; RFC 5545, 3.1 and 3.3.11).

use super::push_unit;
use crate::records::OffsetMap;

/// Appends the unfolded bytes: a line end and the white space behind it are left out.
pub fn decode_folds(raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) {
    let (mut run, mut at) = (0, 0);
    while let Some(found) = raw.get(at..).and_then(|rest| memchr::memchr2(b'\r', b'\n', rest)) {
        let begin = at + found;
        push(raw, run, begin, out, map);
        let ends = if raw.get(begin..begin + 2) == Some(b"\r\n") { begin + 2 } else { begin + 1 };
        let blank = matches!(raw.get(ends), Some(b' ' | b'\t'));
        at = ends + usize::from(blank);
        run = at;
    }
    push(raw, run, raw.len(), out, map);
}

fn push(raw: &[u8], from: usize, to: usize, out: &mut Vec<u8>, map: &mut OffsetMap) {
    if let Some(run) = raw.get(from..to).filter(|run| !run.is_empty()) {
        out.extend_from_slice(run);
        map.push_verbatim(super::offset(from), super::offset(run.len()));
    }
}

/// What stands in a folded line: no line ends.
pub fn encode_folds(decoded: &[u8]) -> Vec<u8> {
    decoded.iter().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte }).collect()
}

/// Appends a text without its escapes; a backslash before any other letter stays.
pub fn decode_text(raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) {
    let (mut run, mut at) = (0, 0);
    while let Some(found) = raw.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        let begin = at + found;
        let letter = match raw.get(begin + 1) {
            Some(b'n' | b'N') => b'\n',
            Some(letter @ (b'\\' | b',' | b';' | b':')) => *letter,
            _ => {
                at = begin + 1;
                continue;
            }
        };
        push(raw, run, begin, out, map);
        out.push(letter);
        push_unit(map, begin, begin + 2, 1);
        at = begin + 2;
        run = at;
    }
    push(raw, run, raw.len(), out, map);
}

/// A text with its escapes.
pub fn encode_text(decoded: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(decoded.len());
    for byte in decoded {
        match byte {
            b'\n' => out.extend(b"\\n"),
            b'\r' => {}
            b'\\' | b',' | b';' => out.extend([b'\\', *byte]),
            other => out.push(*other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::formats::encoding::assert_map_is_sound;

    type Decode = fn(&[u8], &mut Vec<u8>, &mut OffsetMap);

    fn decoded(decode: Decode, raw: &[u8]) -> Vec<u8> {
        let (mut out, mut map) = (Vec::new(), OffsetMap::new());
        decode(raw, &mut out, &mut map);
        assert_map_is_sound(&map, raw.len(), out.len());
        out
    }

    #[test]
    fn folds_and_escapes_go() {
        assert_eq!(decoded(decode_folds, b"an\r\n a@exam\n\tple.org"), b"ana@example.org");
        assert_eq!(decoded(decode_text, b"a\\nb\\, c\\; d\\\\ e\\x"), b"a\nb, c; d\\ e\\x");
    }

    proptest! {
        #[test]
        fn the_way_back_is_exact(text in "[ -~\n]{0,200}") {
            prop_assert_eq!(decoded(decode_text, &encode_text(text.as_bytes())), text.as_bytes());
            let line = text.replace('\n', " ");
            prop_assert_eq!(decoded(decode_folds, &encode_folds(line.as_bytes())), line.as_bytes());
        }
    }
}
