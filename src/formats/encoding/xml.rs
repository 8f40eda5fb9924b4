//! Character data and attribute values of XML 1.0 (§2.4, §2.7, §4.1, §4.6).
//!
//! Only the five predefined references and numeric ones are undone; any other stands as it is written,
//! since nothing is ever looked up in a document type. Line ends stay as they are.

use crate::formats::xml::{Kind, token};
use crate::records::OffsetMap;

/// Appends the text directly inside an element and its segments: references undone, `CDATA` sections
/// without their marks; comments, instructions and the elements inside decode to nothing.
pub fn decode_text(raw: &str, out: &mut String, map: &mut OffsetMap) {
    let bytes = raw.as_bytes();
    let (mut at, mut depth) = (0, 0u32);
    while at < bytes.len() {
        let token = token(bytes, at);
        match token.kind {
            Kind::Text if depth == 0 => references(raw, at..token.end, out, map),
            Kind::Verbatim(inside) if depth == 0 => copy(raw, inside, out, map),
            Kind::Open(tag) => depth += u32::from(!tag.empty),
            Kind::Close(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        at = token.end.max(at + 1);
    }
}

/// Appends an attribute value from inside its quotes and its segments.
pub fn decode_attribute(raw: &str, out: &mut String, map: &mut OffsetMap) {
    references(raw, 0..raw.len(), out, map);
}

fn copy(raw: &str, range: std::ops::Range<usize>, out: &mut String, map: &mut OffsetMap) {
    let start = range.start;
    if let Some(run) = raw.get(range).filter(|run| !run.is_empty()) {
        out.push_str(run);
        map.push_verbatim(super::offset(start), super::offset(run.len()));
    }
}

fn references(raw: &str, range: std::ops::Range<usize>, out: &mut String, map: &mut OffsetMap) {
    let (mut run, mut from) = (range.start, range.start);
    let bytes = raw.as_bytes();
    while let Some(found) = bytes.get(from..range.end).and_then(|rest| memchr::memchr(b'&', rest)) {
        let at = from + found;
        let Some((end, character)) = reference(bytes.get(at..range.end).unwrap_or(&[])) else {
            from = at + 1;
            continue;
        };
        copy(raw, run..at, out, map);
        out.push(character);
        super::push_unit(map, at, at + end, character.len_utf8());
        run = at + end;
        from = run;
    }
    copy(raw, run..range.end, out, map);
}

/// The reference that begins with the first byte: its length and its character.
pub(in crate::formats) fn reference(bytes: &[u8]) -> Option<(usize, char)> {
    // Longer ones are padded with zeros; none is needed.
    let head = bytes.get(..bytes.len().min(34))?;
    let end = memchr::memchr(b';', head)?;
    let name = std::str::from_utf8(head.get(1..end)?).ok()?;
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let value = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(value.ok()?).filter(|c| *c != '\0').unwrap_or('\u{fffd}')
        }
    };
    Some((end + 1, character))
}

/// Writes text so that it can take the place of bytes that begin at `at` in an element's content: as it
/// is inside a `CDATA` section, else with references.
pub fn encode_text(raw: &[u8], at: usize, text: &str, out: &mut Vec<u8>) {
    if in_section(raw, at) {
        // A section ends at the first `]]>`; text that holds one goes on in a second section.
        out.extend_from_slice(text.replace("]]>", "]]]]><![CDATA[>").as_bytes());
    } else {
        escape(text, &[], out);
    }
}

/// Writes text so that it can stand inside quotes; without any (0) both are escaped.
pub fn encode_attribute(text: &str, quote: u8, out: &mut Vec<u8>) {
    escape(text, if quote == 0 { b"\"'" } else { std::slice::from_ref(&quote) }, out);
}

fn escape(text: &str, quotes: &[u8], out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'"' if quotes.contains(&byte) => out.extend_from_slice(b"&quot;"),
            b'\'' if quotes.contains(&byte) => out.extend_from_slice(b"&apos;"),
            // Line ends and tabs in attributes become spaces where they are read again (§3.3.3).
            b'\n' | b'\r' | b'\t' if !quotes.is_empty() => {
                out.extend_from_slice(format!("&#{byte};").as_bytes());
            }
            _ => out.push(byte),
        }
    }
}

/// Whether the byte at `at` stands inside a `CDATA` section of the content.
fn in_section(raw: &[u8], at: usize) -> bool {
    let mut next = 0;
    while next <= at && next < raw.len() {
        let token = token(raw, next);
        if at < token.end {
            return matches!(token.kind, Kind::Verbatim(_));
        }
        next = token.end.max(next + 1);
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(raw: &str) -> String {
        let (mut out, mut map) = (String::new(), OffsetMap::new());
        decode_text(raw, &mut out, &mut map);
        super::super::assert_map_is_sound(&map, raw.len(), out.len());
        out
    }

    #[test]
    fn references_and_sections_are_undone_and_what_is_inside_is_left() {
        assert_eq!(text("a &amp; b &#233;&#xE9; &eacute; &x"), "a & b éé &eacute; &x");
        assert_eq!(text("1<![CDATA[<b>&amp;]]>2<!-- 3 --><i>4<b>5</b></i>6<br/>7"), "1<b>&amp;267");
        assert_eq!(text("&#0;&#x110000;"), "\u{fffd}\u{fffd}");
        assert_eq!(text("2 < 3 & 4"), "2 < 3 & 4");
    }

    #[test]
    fn what_is_written_into_a_section_stays_in_it() {
        let mut out = Vec::new();
        encode_text(b"x<![CDATA[abc]]>", 10, "<&]]>", &mut out);
        assert_eq!(out, b"<&]]]]><![CDATA[>");
        out.clear();
        encode_text(b"x<![CDATA[abc]]>", 0, "<&", &mut out);
        assert_eq!(out, b"&lt;&amp;");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(plain in "[a-zñ<>&\"'\\]\n ]{0,40}") {
            let mut raw = Vec::new();
            encode_text(b"x", 0, &plain, &mut raw);
            prop_assert_eq!(text(std::str::from_utf8(&raw).unwrap()), plain.clone());
            for quote in [b'"', b'\'', 0] {
                let (mut raw, mut out) = (Vec::new(), String::new());
                encode_attribute(&plain, quote, &mut raw);
                decode_attribute(std::str::from_utf8(&raw).unwrap(), &mut out, &mut OffsetMap::new());
                prop_assert_eq!(&out, &plain);
                prop_assert!(quote == 0 || !raw.contains(&quote));
            }
            let mut raw = b"<![CDATA[".to_vec();
            encode_text(b"<![CDATA[x]]>", 9, &plain, &mut raw);
            raw.extend_from_slice(b"]]>");
            prop_assert_eq!(text(std::str::from_utf8(&raw).unwrap()), plain);
        }

        #[test]
        fn any_bytes_give_a_sound_map(raw in "[<>&;!\\[\\]A-Z#/a ?-]{0,60}") {
            text(&raw);
        }
    }
}
