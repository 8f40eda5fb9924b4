//! Percent-encoding of URIs, RFC 3986 §2.1.

use super::quoted_printable::{hex_char, hex_digit};
use crate::records::OffsetMap;

/// Appends the decoded text and its segments. A run of escapes that is no UTF-8 stays as it is
/// written, since nothing says which charset it is in; so does a `%` that begins no escape.
pub fn decode(raw: &str, out: &mut String, map: &mut OffsetMap) {
    let bytes = raw.as_bytes();
    let mut at = 0;
    let mut run = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr(b'%', rest)) {
        at += found;
        let escaped = escapes(bytes, at);
        if escaped.is_empty() {
            at += 1;
            continue;
        }
        let end = at + 3 * escaped.len();
        if let Ok(text) = std::str::from_utf8(&escaped) {
            verbatim(raw, run, at, out, map);
            for (index, c) in text.char_indices() {
                super::push_unit(map, at + 3 * index, at + 3 * (index + c.len_utf8()), c.len_utf8());
            }
            out.push_str(text);
            run = end;
        }
        at = end;
    }
    verbatim(raw, run, raw.len(), out, map);
}

/// The bytes of the escapes that follow each other from `at`.
fn escapes(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut escaped = Vec::new();
    for chunk in bytes.get(at..).unwrap_or(&[]).chunks(3) {
        let [b'%', high, low] = chunk else { break };
        let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low)) else { break };
        escaped.push(high << 4 | low);
    }
    escaped
}

fn verbatim(raw: &str, from: usize, to: usize, out: &mut String, map: &mut OffsetMap) {
    if let Some(run) = raw.get(from..to).filter(|run| !run.is_empty()) {
        out.push_str(run);
        map.push_verbatim(super::offset(from), super::offset(run.len()));
    }
}

/// Appends the encoded form: everything but unreserved and reserved characters (RFC 3986 §2.2, §2.3)
/// is escaped, `%` included, so that a URI keeps its structure.
pub fn encode(decoded: &str, out: &mut Vec<u8>) {
    for byte in decoded.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(&byte);
        if plain {
            out.push(byte);
        } else {
            out.extend([b'%', hex_char(byte >> 4) as u8, hex_char(byte) as u8]);
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

    #[test]
    fn utf8_is_decoded_and_anything_else_stays() {
        assert_eq!(decoded("mailto:juan%40example.com?n=P%C3%A9rez"), "mailto:juan@example.com?n=Pérez");
        assert_eq!(decoded("P%E9rez 100% %4"), "P%E9rez 100% %4");
        assert_eq!(decoded("%61%62%"), "ab%");
    }

    proptest! {
        #[test]
        fn the_way_back_is_exact(text in any::<String>()) {
            let mut raw = Vec::new();
            encode(&text, &mut raw);
            prop_assert_eq!(decoded(std::str::from_utf8(&raw).unwrap()), text);
        }

        #[test]
        fn nothing_panics(raw in "[%0-9a-fé]{0,40}") {
            decoded(&raw);
        }
    }
}
