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

/// Characters of a line that no receiver need take, RFC 5322 §2.1.1, with room for the field's name.
const LONGEST: usize = 900;

/// Appends the body `old` changed so that it unfolds to `new`: folds before and behind the change stay.
/// A body that was on one line stays on one as long as receivers must take it.
pub fn encode_over(old: &[u8], new: &[u8], out: &mut Vec<u8>) {
    let (mut text, mut map) = (Vec::new(), OffsetMap::new());
    decode(old, &mut text, &mut map);
    let before = text.iter().zip(new).take_while(|(a, b)| a == b).count();
    let most = text.len().min(new.len()) - before;
    let after = text.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    // From the end of the last byte kept to the end of the last byte changed: folds around stay folds.
    let raw_end =
        |kept: usize| kept.checked_sub(1).and_then(|at| super::raw_at(&map, at)).map_or(0, |at| at + 1);
    let start = raw_end(before);
    let end = if text.len() - after > before { raw_end(text.len() - after) } else { start };
    let clean = |byte: &u8| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte };
    let middle: Vec<u8> = new.get(before..new.len() - after).unwrap_or(&[]).iter().map(clean).collect();
    let parts = [old.get(..start), Some(middle.as_slice()), old.get(end.max(start)..)];
    let written = parts.map(|part| part.unwrap_or(&[])).concat();
    if written
        .split(|byte| *byte == b'\n')
        .any(|line| line.len() > LONGEST || (line.trim_ascii().is_empty() && !line.is_empty()))
    {
        let line_end: &[u8] = if memchr::memchr(b'\n', old).is_some() && !old.windows(2).any(|w| w == b"\r\n")
        {
            b"\n"
        } else {
            b"\r\n"
        };
        encode_from(new, 20, line_end, out);
    } else {
        out.extend_from_slice(&written);
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

    #[test]
    fn folds_away_from_a_change_stay() {
        let mut out = Vec::new();
        encode_over(b"one\n two three\n four", b"one two 3 four", &mut out);
        assert_eq!(out, b"one\n two 3\n four");
    }

    proptest! {
        #[test]
        fn a_body_can_become_any_other(
            old in "([a-z]{1,5}(\r?\n)?[ \t]){0,6}[a-z]{1,3}", from in 0usize..20, len in 0usize..9, text in "[a-z ]{0,9}",
        ) {
            let mut new = decoded(old.as_bytes());
            let from = from.min(new.len());
            new.splice(from..(from + len).min(new.len()), text.bytes());
            let mut raw = Vec::new();
            encode_over(old.as_bytes(), &new, &mut raw);
            prop_assert_eq!(decoded(&raw), new);
            // Every line end is a fold: white space stands behind it, and the line is no blank one.
            for (at, _) in raw.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
                prop_assert!(matches!(raw.get(at + 1), Some(b' ' | b'\t')), "{}", raw.escape_ascii());
            }
        }

        #[test]
        fn the_way_back_is_exact(text in "[ -~\t]{0,300}") {
            let mut raw = Vec::new();
            encode(text.as_bytes(), &mut raw);
            prop_assert_eq!(decoded(&raw), text.as_bytes());
        }
    }
}
