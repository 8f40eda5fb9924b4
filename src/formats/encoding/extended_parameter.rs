//! Parameters of structured header bodies, RFC 2045 §5.1, with continuations and charsets, RFC 2231.

use std::ops::Range;

use super::quoted_printable::{hex_char, hex_digit};
use crate::records::OffsetMap;

/// One parameter of a body, put together from its pieces.
#[derive(Clone, Debug, Default)]
pub struct Parameter {
    /// Attribute name in lower case, without `*` and number.
    pub name: String,
    /// Charset of the value as RFC 2231 §4 declares it.
    pub charset: Option<String>,
    /// Whether it is written in the RFC 2231 way: continued or percent-encoded.
    pub extended: bool,
    /// Bytes of the value: unquoted, percent-decoded, joined.
    pub value: Vec<u8>,
    /// Where the bytes of the value stand in the body.
    pub map: OffsetMap,
    /// Where each written piece of the value stands in the body, quotes left out.
    pub pieces: Vec<Range<usize>>,
}

impl Parameter {
    /// Whether the pieces stand in the order of their sections, so that the map ascends.
    pub fn is_ordered(&self) -> bool {
        self.pieces.is_sorted_by_key(|piece| piece.start)
    }
}

/// One `name*0*=value` as it is written.
struct Piece {
    name: String,
    section: Option<u32>,
    encoded: bool,
    quoted: bool,
    value: Range<usize>,
}

/// The parameters of an unfolded body behind its first `;`. Odd ones are taken as far as they go: white
/// space around `=`, values without quotes, quotes that never close.
pub fn parameters(body: &[u8]) -> Vec<Parameter> {
    let mut pieces = pieces(body);
    pieces.sort_by(|a, b| (&a.name, a.section).cmp(&(&b.name, b.section)));
    let mut found: Vec<Parameter> = Vec::new();
    for piece in pieces {
        let continues = piece.section.is_some_and(|section| section > 0)
            && found.last().is_some_and(|last| last.name == piece.name);
        if !continues {
            found.push(Parameter { name: piece.name.clone(), ..Parameter::default() });
        }
        let Some(parameter) = found.last_mut() else { continue };
        append(parameter, body, &piece);
    }
    found
}

fn append(parameter: &mut Parameter, body: &[u8], piece: &Piece) {
    let mut at = piece.value.start;
    parameter.extended |= piece.encoded || piece.section.is_some();
    parameter.pieces.push(piece.value.clone());
    if piece.encoded && parameter.pieces.len() == 1 {
        let value = body.get(piece.value.clone()).unwrap_or(&[]);
        let mut quotes = memchr::memchr_iter(b'\'', value);
        if let (Some(first), Some(second)) = (quotes.next(), quotes.next()) {
            let label = value.get(..first).unwrap_or(&[]);
            parameter.charset = Some(String::from_utf8_lossy(label).into_owned()).filter(|l| !l.is_empty());
            at += second + 1;
        }
    }
    while at < piece.value.end {
        let Some(&byte) = body.get(at) else { break };
        let next = |ahead: usize| body.get(at + ahead).copied().filter(|_| at + ahead < piece.value.end);
        let (value, len) = match (byte, piece.encoded, piece.quoted) {
            (b'%', true, _) => match (next(1).and_then(hex_digit), next(2).and_then(hex_digit)) {
                (Some(high), Some(low)) => (high << 4 | low, 3),
                _ => (byte, 1),
            },
            (b'\\', _, true) => next(1).map_or((byte, 1), |escaped| (escaped, 2)),
            _ => (byte, 1),
        };
        parameter.value.push(value);
        super::push_unit(&mut parameter.map, at, at + len, 1);
        at += len;
    }
}

fn pieces(body: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(semicolon) = next_semicolon(body, at) {
        at = semicolon + 1;
        if let Some(piece) = piece(body, at) {
            at = piece.value.end + usize::from(piece.quoted);
            pieces.push(piece);
        }
    }
    pieces
}

/// The next `;` outside quotes and comments.
fn next_semicolon(body: &[u8], from: usize) -> Option<usize> {
    let mut quoted = false;
    let mut depth = 0u32;
    let mut at = from;
    while let Some(byte) = body.get(at) {
        match byte {
            b'\\' if quoted || depth > 0 => at += 1,
            b'"' if depth == 0 => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth = depth.saturating_sub(1),
            b';' if !quoted && depth == 0 => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn piece(body: &[u8], from: usize) -> Option<Piece> {
    let name_start = from + blank(body, from);
    let name_len = body.get(name_start..)?.iter().position(|byte| matches!(byte, b'=' | b';'))?;
    if body.get(name_start + name_len) != Some(&b'=') {
        return None;
    }
    let written = body.get(name_start..name_start + name_len)?;
    let written = String::from_utf8_lossy(written).trim().to_ascii_lowercase();
    let value = name_start + name_len + 1;
    let value = value + blank(body, value);
    let quoted = body.get(value) == Some(&b'"');
    let value = if quoted { quoted_end(body, value + 1) } else { bare_end(body, value) };
    let (name, section, encoded) = attribute(&written);
    Some(Piece { name, section, encoded, quoted, value })
}

/// Splits `filename*1*` into its name, its section and whether it is percent-encoded.
fn attribute(written: &str) -> (String, Option<u32>, bool) {
    let (rest, encoded) = match written.strip_suffix('*') {
        Some(rest) => (rest, true),
        None => (written, false),
    };
    match rest.split_once('*').map(|(name, section)| (name, section.parse().ok())) {
        Some((name, Some(section))) => (name.to_owned(), Some(section), encoded),
        _ => (rest.to_owned(), None, encoded),
    }
}

fn blank(body: &[u8], from: usize) -> usize {
    body.get(from..).unwrap_or(&[]).iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

fn quoted_end(body: &[u8], from: usize) -> Range<usize> {
    let mut at = from;
    loop {
        match body.get(at) {
            Some(b'\\') => at += 2,
            Some(b'"') | None => return from..at.min(body.len()),
            Some(_) => at += 1,
        }
    }
}

/// A value without quotes ends at `;`: names with spaces and no quotes are frequent.
fn bare_end(body: &[u8], from: usize) -> Range<usize> {
    let rest = body.get(from..).unwrap_or(&[]);
    let len = rest.iter().position(|byte| *byte == b';').unwrap_or(rest.len());
    let blank = rest.get(..len).unwrap_or(&[]).iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
    from..from + len - blank
}

/// Appends the value in the percent-encoding of RFC 2231 §7 (`attribute-char`), which can also stand
/// in a quoted value.
pub fn encode(decoded: &[u8], out: &mut Vec<u8>) {
    for &byte in decoded {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`{|}~".contains(&byte) {
            out.push(byte);
        } else {
            out.extend([b'%', hex_char(byte >> 4) as u8, hex_char(byte) as u8]);
        }
    }
}

/// Appends the bytes of one percent-encoded value (without charset and language) and their segments.
pub fn decode(raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) {
    let piece =
        Piece { name: String::new(), section: Some(1), encoded: true, quoted: false, value: 0..raw.len() };
    // A piece that continues has no charset of its own.
    let mut parameter = Parameter { pieces: Vec::from([0..0; 1]), ..Parameter::default() };
    append(&mut parameter, raw, &piece);
    out.extend_from_slice(&parameter.value);
    for segment in parameter.map.segments() {
        map.push(segment.raw, segment.units, segment.raw_unit, segment.decoded_unit);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::formats::encoding::assert_map_is_sound;

    fn one(body: &str, name: &str) -> (String, Option<String>, bool) {
        let found = parameters(body.as_bytes());
        let parameter = found.iter().find(|p| p.name == name).unwrap();
        if parameter.is_ordered() {
            assert_map_is_sound(&parameter.map, body.len(), parameter.value.len());
        }
        (
            String::from_utf8_lossy(&parameter.value).into_owned(),
            parameter.charset.clone(),
            parameter.extended,
        )
    }

    /// RFC 2231 §3, §4, §4.1.
    #[test]
    fn the_examples_of_the_standard() {
        let body =
            "message/external-body; access-type=URL; URL*0=\"ftp://\"; URL*1=\"cs.example.test/pub/a\"";
        assert_eq!(one(body, "url"), ("ftp://cs.example.test/pub/a".into(), None, true));
        assert_eq!(one(body, "access-type"), ("URL".into(), None, false));
        let body = "application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A";
        assert_eq!(one(body, "title"), ("This is ***fun***".into(), Some("us-ascii".into()), true));
        let body = "application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20; \
                    title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"";
        assert_eq!(one(body, "title").0, "This is even more ***fun*** isn't it!");
    }

    #[test]
    fn sections_may_stand_in_any_order() {
        assert_eq!(one("a/b; f*1=b; f*0=a; f*10=k; f*2=c", "f").0, "abck");
    }

    #[test]
    fn odd_parameters_are_taken_as_they_are() {
        assert_eq!(one("text/plain; name=dni de Juan.pdf ; x=y", "name").0, "dni de Juan.pdf");
        assert_eq!(one("text/plain; name = \"a;b\\\"c", "name").0, "a;b\"c");
        assert_eq!(one("text/plain (a;b=c); name*=%zz%41", "name").0, "%zzA");
    }

    proptest! {
        #[test]
        fn the_way_back_is_exact(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let (mut raw, mut back, mut map) = (Vec::new(), Vec::new(), OffsetMap::new());
            encode(&bytes, &mut raw);
            decode(&raw, &mut back, &mut map);
            assert_map_is_sound(&map, raw.len(), back.len());
            prop_assert_eq!(back, bytes);
        }

        #[test]
        fn nothing_panics(body in "[a-c*;=\"\\\\%0-2' ()]{0,60}") {
            for parameter in parameters(body.as_bytes()) {
                prop_assert_eq!(parameter.map.decoded_len() as usize, parameter.value.len());
            }
        }
    }
}
