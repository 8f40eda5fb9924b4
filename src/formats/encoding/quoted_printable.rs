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

/// As [`encode`], for text that is put between raw bytes: soft breaks are added where a line would grow
/// longer than 76 characters, with the line ends the bytes around have.
pub fn encode_between(before: &[u8], decoded: &[u8], behind: &[u8], out: &mut Vec<u8>) {
    let column = before.len() - memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let first_end = memchr::memchr(b'\n', behind);
    let after =
        first_end.map_or(behind.len(), |at| behind.get(..at).map_or(at, |line| line.trim_ascii_end().len()));
    let ends = [behind, before].into_iter().find_map(|bytes| {
        let at = memchr::memchr(b'\n', bytes)?;
        Some(if at > 0 && bytes.get(at - 1) == Some(&b'\r') { &b"=\r\n"[..] } else { &b"=\n"[..] })
    });
    let mut line = Line { column, soft_break: ends.unwrap_or(b"=\r\n") };
    line.encode(decoded, behind.first().is_none_or(|byte| matches!(byte, b'\r' | b'\n')), out);
    // What stands behind on the line was written for a line of its own.
    if after > 0 && line.column > 0 && line.column + after > LINE && !decoded.is_empty() {
        out.extend_from_slice(line.soft_break);
    }
}

/// Appends the encoded form; no line is longer than 76 characters when the text begins a line.
///
/// Line ends (CR LF or LF) stay line ends; a lone CR, other control bytes and white space before a
/// line end or at the very end are escaped.
pub fn encode(decoded: &[u8], out: &mut Vec<u8>) {
    Line { column: 0, soft_break: b"=\r\n" }.encode(decoded, true, out);
}

/// The line being written.
struct Line {
    column: usize,
    soft_break: &'static [u8],
}

impl Line {
    /// `ends` says that a line end, or nothing, follows the text.
    fn encode(&mut self, decoded: &[u8], ends: bool, out: &mut Vec<u8>) {
        let mut at = 0;
        while let Some(&byte) = decoded.get(at) {
            let rest = decoded.get(at + 1..).unwrap_or(&[]);
            if byte == b'\n' || (byte == b'\r' && rest.first() == Some(&b'\n')) {
                let line_end = if byte == b'\r' { &b"\r\n"[..] } else { &b"\n"[..] };
                out.extend_from_slice(line_end);
                at += line_end.len();
                self.column = 0;
                continue;
            }
            let literal = match byte {
                b'=' => false,
                b' ' | b'\t' => match rest {
                    [] => !ends,
                    [next, ..] => !matches!(next, b'\n' | b'\r'),
                },
                _ => byte.is_ascii_graphic(),
            };
            self.push(byte, literal, out);
            at += 1;
        }
    }

    fn push(&mut self, byte: u8, literal: bool, out: &mut Vec<u8>) {
        let width = if literal { 1 } else { 3 };
        if self.column + width >= LINE {
            out.extend_from_slice(self.soft_break);
            self.column = 0;
        }
        if literal {
            out.push(byte);
        } else {
            out.extend([b'=', hex_char(byte >> 4) as u8, hex_char(byte) as u8]);
        }
        self.column += width;
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
    fn text_put_into_a_line_keeps_lines_short_and_their_ends() {
        for end in ["\r\n", "\n"] {
            let before = format!("uno{end}{}", "x".repeat(70));
            let behind = format!("{}{end}dos", "y".repeat(60));
            let mut middle = Vec::new();
            encode_between(before.as_bytes(), "Josefa Ñandú ".as_bytes(), behind.as_bytes(), &mut middle);
            let all = [before.as_bytes(), &middle, behind.as_bytes()].concat();
            let lines = all.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line).len());
            assert!(lines.max() <= Some(LINE), "{}", all.escape_ascii());
            assert_eq!(String::from_utf8(decoded(&all)).unwrap(), format!("{before}Josefa Ñandú {behind}"));
            assert_eq!(all.windows(2).any(|w| w == b"\r\n"), end == "\r\n");
        }
        let mut out = Vec::new();
        encode_between(b"a ", b"b ", b"\nc", &mut out);
        assert_eq!(out, b"b=20");
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
