//! Folded header bodies, RFC 5322 §2.2.3.

use crate::records::OffsetMap;

/// Characters a line should not exceed, RFC 5322 §2.1.1; encoded words ask for 76 (RFC 2047 §2).
const LINE: usize = 76;

/// Appends the unfolded bytes and their segments: line ends are left out, the white space after them
/// stays. A line end without white space behind it is left out just so; the caller decides where a
/// header ends.
pub fn decode(raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) {
    let mut run = 0;
    for at in memchr::memchr2_iter(b'\r', b'\n', raw) {
        push(raw, run, at, out, map);
        run = at + 1;
    }
    push(raw, run, raw.len(), out, map);
}

fn push(raw: &[u8], from: usize, to: usize, out: &mut Vec<u8>, map: &mut OffsetMap) {
    if let Some(run) = raw.get(from..to).filter(|run| !run.is_empty()) {
        out.extend_from_slice(run);
        map.push_verbatim(super::offset(from), super::offset(run.len()));
    }
}

/// Appends the folded form, whose first line begins at `column`: `line_end` before white space where
/// a line would pass 76 characters. Words longer than that stay whole. A line never holds white space
/// alone (RFC 5322 §3.2.2). CR and LF, which a header cannot hold, become spaces.
pub fn encode_from(decoded: &[u8], column: usize, line_end: &[u8], out: &mut Vec<u8>) {
    let clean: Vec<u8> = decoded.iter().map(|b| if matches!(b, b'\r' | b'\n') { b' ' } else { *b }).collect();
    let mut column = column;
    let mut rest = clean.as_slice();
    let mut ink = false;
    while !rest.is_empty() {
        let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let word = rest.iter().skip(blank).take_while(|byte| !matches!(byte, b' ' | b'\t')).count();
        let (token, after) = rest.split_at(blank + word);
        if ink && word > 0 && blank > 0 && column + token.len() > LINE {
            out.extend_from_slice(line_end);
            column = 0;
        }
        out.extend_from_slice(token);
        column += token.len();
        ink |= word > 0;
        rest = after;
    }
}

/// Appends the folded form, with CR LF, of a body that begins at column 20.
pub fn encode(decoded: &[u8], out: &mut Vec<u8>) {
    encode_from(decoded, 20, b"\r\n", out);
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
    fn line_ends_go_and_white_space_stays() {
        assert_eq!(decoded(b"Juan\r\n P\n\trez"), b"Juan P\trez");
    }

    #[test]
    fn long_bodies_are_folded_at_white_space() {
        let body = "palabra ".repeat(40);
        let mut raw = Vec::new();
        encode(body.trim_end().as_bytes(), &mut raw);
        assert!(raw.split(|b| *b == b'\n').all(|line| line.len() <= LINE + 1));
        assert!(raw.windows(3).filter(|w| w.starts_with(b"\r\n")).all(|w| w[2] == b' '));
    }

    proptest! {
        #[test]
        fn the_way_back_is_exact(text in "[ -~\t]{0,300}") {
            let mut raw = Vec::new();
            encode(text.as_bytes(), &mut raw);
            prop_assert_eq!(decoded(&raw), text.as_bytes());
        }
    }
}
