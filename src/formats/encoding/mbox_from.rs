//! `From ` lines behind `>`, as mbox files write them.
//!
//! mboxrd puts a `>` before every line of `>*From `, mboxo only before `From `. One `>` is taken away
//! from either: right for mboxrd, and for mboxo wrong only where the mail itself quoted a `From ` line,
//! which loses no character but a `>`.

use crate::records::OffsetMap;

/// Appends the unquoted bytes and their segments. `raw` begins at a line start.
pub fn decode(raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) {
    let mut run = 0;
    for at in quoted_lines(raw) {
        push(raw, run, at, out, map);
        run = at + 1;
    }
    push(raw, run, raw.len(), out, map);
}

/// Whether any line is quoted.
pub fn is_quoted(raw: &[u8]) -> bool {
    quoted_lines(raw).next().is_some()
}

/// Starts of the lines that carry a quoting `>`.
fn quoted_lines(raw: &[u8]) -> impl Iterator<Item = usize> {
    let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', raw).map(|at| at + 1));
    starts.filter(|at| raw.get(*at) == Some(&b'>') && is_from(raw.get(*at..).unwrap_or(&[])))
}

/// Whether a line is `>*From `.
fn is_from(line: &[u8]) -> bool {
    let quotes = line.iter().take_while(|byte| **byte == b'>').count();
    line.get(quotes..).is_some_and(|rest| rest.starts_with(b"From "))
}

fn push(raw: &[u8], from: usize, to: usize, out: &mut Vec<u8>, map: &mut OffsetMap) {
    if let Some(run) = raw.get(from..to).filter(|run| !run.is_empty()) {
        out.extend_from_slice(run);
        map.push_verbatim(super::offset(from), super::offset(run.len()));
    }
}

/// Appends the quoted form (mboxrd) of text that begins at a line start if `at_line_start`.
pub fn encode_from(decoded: &[u8], at_line_start: bool, out: &mut Vec<u8>) {
    let mut starts = at_line_start;
    let mut rest = decoded;
    while !rest.is_empty() {
        let len = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at(len);
        if starts && is_from(line) {
            out.push(b'>');
        }
        out.extend_from_slice(line);
        starts = true;
        rest = after;
    }
}

/// Appends the quoted form of text that begins at a line start.
pub fn encode(decoded: &[u8], out: &mut Vec<u8>) {
    encode_from(decoded, true, out);
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
    fn one_quote_goes() {
        assert_eq!(
            decoded(b">From a\n>>From b\nx >From c\n>Fromage"),
            b"From a\n>From b\nx >From c\n>Fromage"
        );
    }

    proptest! {
        #[test]
        fn the_way_back_is_exact(text in "(>{0,2}(From |x)?[a-z]{0,3}\n?){0,6}") {
            let mut raw = Vec::new();
            encode(text.as_bytes(), &mut raw);
            prop_assert!(!raw.split(|b| *b == b'\n').any(|line| line.starts_with(b"From ")));
            prop_assert_eq!(decoded(&raw), text.as_bytes());
        }
    }
}
