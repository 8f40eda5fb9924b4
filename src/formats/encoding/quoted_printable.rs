//! Quoted-printable, RFC 2045 §6.7.

use crate::records::OffsetMap;

/// Characters of an encoded line without its line end, RFC 2045 §6.7 (5).
const LINE: usize = 76;

/// Appends the decoded bytes and their segments. An `=` that begins neither an escape nor a soft line
/// break is kept as it stands, so that nothing of a damaged part is lost; white space at line ends
/// is left out (§6.7 (3)). Hexadecimal digits of either case are taken.
pub fn decode(raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) {
    let mut run = 0;
    let mut from = 0;
    while let Some(found) = raw.get(from..).and_then(|rest| memchr::memchr2(b'=', b'\n', rest)) {
        let at = from + found;
        if raw.get(at) == Some(&b'\n') {
            let line_end = if at > run && raw.get(at - 1) == Some(&b'\r') { at - 1 } else { at };
            let text_end = trim_blank(raw, run, line_end);
            verbatim(raw, run, text_end, out, map);
            run = line_end;
            from = at + 1;
            continue;
        }
        if let Some(end) = soft_break(raw, at) {
            verbatim(raw, run, at, out, map);
            run = end;
        } else if let Some(byte) = escape(raw, at) {
            verbatim(raw, run, at, out, map);
            out.push(byte);
            map.push(offset(at), 1, 3, 1);
            run = at + 3;
        }
        from = run.max(at + 1);
    }
    verbatim(raw, run, raw.len(), out, map);
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn verbatim(raw: &[u8], from: usize, to: usize, out: &mut Vec<u8>, map: &mut OffsetMap) {
    if let Some(run) = raw.get(from..to).filter(|run| !run.is_empty()) {
        out.extend_from_slice(run);
        map.push_verbatim(offset(from), offset(run.len()));
    }
}

/// Where the white space before a line end begins, not before `from`.
fn trim_blank(raw: &[u8], from: usize, to: usize) -> usize {
    let line = raw.get(from..to).unwrap_or(&[]);
    let blank = line.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    to - blank
}

/// One past a soft line break that begins at `at`; the end of the input counts as a line end.
fn soft_break(raw: &[u8], at: usize) -> Option<usize> {
    let rest = raw.get(at + 1..)?;
    let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    match rest.get(blank..)? {
        [] => Some(raw.len()),
        [b'\r', b'\n', ..] => Some(at + 1 + blank + 2),
        [b'\n', ..] => Some(at + 1 + blank + 1),
        _ => None,
    }
}

fn escape(raw: &[u8], at: usize) -> Option<u8> {
    let high = hex_digit(*raw.get(at + 1)?)?;
    let low = hex_digit(*raw.get(at + 2)?)?;
    Some(high << 4 | low)
}

/// Value of a hexadecimal digit of either case.
pub(super) fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// An upper-case hexadecimal digit of the low four bits.
pub(super) fn hex_char(nibble: u8) -> char {
    char::from_digit(u32::from(nibble & 15), 16).map_or('0', |digit| digit.to_ascii_uppercase())
}

/// Appends the encoded form; no line is longer than 76 characters when the text begins a line.
///
/// Line ends (CR LF or LF) stay line ends; a lone CR, other control bytes and white space before a
/// line end or at the very end are escaped.
pub fn encode(decoded: &[u8], out: &mut Vec<u8>) {
    encode_from(decoded, 0, 0, out);
}

/// As [`encode`], for text that is put into a line: `column` characters stand before it, `after`
/// characters behind it on the same line. Soft breaks are added where the line would grow too long.
pub fn encode_from(decoded: &[u8], column: usize, after: usize, out: &mut Vec<u8>) {
    let mut column = column;
    let mut at = 0;
    while let Some(&byte) = decoded.get(at) {
        let rest = decoded.get(at + 1..).unwrap_or(&[]);
        if byte == b'\n' || (byte == b'\r' && rest.first() == Some(&b'\n')) {
            let line_end = if byte == b'\r' { &b"\r\n"[..] } else { &b"\n"[..] };
            out.extend_from_slice(line_end);
            at += line_end.len();
            column = 0;
            continue;
        }
        let literal = match byte {
            b'=' => false,
            b' ' | b'\t' => !matches!(rest, [] | [b'\n', ..] | [b'\r', ..]),
            _ => byte.is_ascii_graphic(),
        };
        let width = if literal { 1 } else { 3 };
        if column + width >= LINE {
            out.extend_from_slice(b"=\r\n");
            column = 0;
        }
        if literal {
            out.push(byte);
        } else {
            out.extend([b'=', hex_char(byte >> 4) as u8, hex_char(byte) as u8]);
        }
        column += width;
        at += 1;
    }
    if after > 0 && column > 0 && column + after > LINE && !decoded.is_empty() {
        out.extend_from_slice(b"=\r\n");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::formats::encoding::assert_map_is_sound;

    fn decoded(raw: &[u8]) -> Vec<u8> {
        let (mut out, mut map) = (Vec::new(), OffsetMap::new());
        decode(raw, &mut out, &mut map);
        assert_map_is_sound(&map, raw.len(), out.len());
        out
    }

    #[test]
    fn escapes_and_soft_breaks_of_the_standard() {
        assert_eq!(decoded(b"Jos=C3=A9 P=c3=a9rez"), "José Pérez".as_bytes());
        assert_eq!(decoded(b"ES91 2100=\r\n 0418=  \n 4502="), b"ES91 2100 0418 4502");
        assert_eq!(decoded(b"line \t\r\nnext  \nlast "), b"line\r\nnext\nlast ");
    }

    #[test]
    fn a_malformed_equals_sign_stays() {
        assert_eq!(decoded(b"a=zz b=4 =\r x=="), b"a=zz b=4 =\r x=");
    }

    #[test]
    fn an_escape_maps_as_one_unit() {
        let (mut out, mut map) = (Vec::new(), OffsetMap::new());
        decode(b"a=40b", &mut out, &mut map);
        let segment = map.segments()[1];
        assert_eq!((segment.raw, segment.raw_unit, segment.decoded, segment.decoded_unit), (1, 3, 1, 1));
    }

    #[test]
    fn text_put_into_a_full_line_keeps_the_line_short() {
        let mut out = vec![b'x'; 70];
        encode_from("Josefa Ñandú".as_bytes(), 70, 60, &mut out);
        out.extend([b'y'; 60]);
        assert!(out.split(|b| *b == b'\n').all(|line| line.len() <= 77), "{}", out.escape_ascii());
        let back = decoded(&out);
        assert_eq!(back, [&[b'x'; 70][..], "Josefa Ñandú".as_bytes(), &[b'y'; 60]].concat());
    }

    proptest! {
        #[test]
        fn the_way_back_is_exact(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut raw = Vec::new();
            encode(&bytes, &mut raw);
            for line in raw.split(|byte| *byte == b'\n') {
                prop_assert!(line.strip_suffix(b"\r").unwrap_or(line).len() <= LINE);
            }
            prop_assert_eq!(decoded(&raw), bytes);
        }

        #[test]
        fn nothing_panics(raw in "[=\r\n \t0-9A-Fa-fxyz]{0,80}") {
            decoded(raw.as_bytes());
        }
    }
}
