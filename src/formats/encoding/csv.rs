//! Fields of tables, RFC 4180 §2: inside quotes the quote is doubled; without quotes a field stands as
//! it is and needs quotes only when its text asks for them.

use crate::records::OffsetMap;

/// Appends the text of a field from inside its quotes: two quotes are one.
///
/// A single quote inside (damaged tables) stands for itself.
pub fn decode_quoted(quote: u8, raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) {
    let mut from = 0;
    while let Some(found) = raw.get(from..).and_then(|rest| memchr::memchr(quote, rest)) {
        let at = from + found;
        if raw.get(at + 1) != Some(&quote) {
            copy(raw, from, at + 1, out, map);
            from = at + 1;
            continue;
        }
        copy(raw, from, at, out, map);
        out.push(quote);
        map.push(u32::try_from(at).unwrap_or(u32::MAX), 1, 2, 1);
        from = at + 2;
    }
    copy(raw, from, raw.len(), out, map);
}

fn copy(raw: &[u8], from: usize, to: usize, out: &mut Vec<u8>, map: &mut OffsetMap) {
    if let Some(bytes) = raw.get(from..to).filter(|bytes| !bytes.is_empty()) {
        out.extend_from_slice(bytes);
        map.push_verbatim(u32::try_from(from).unwrap_or(u32::MAX), to.abs_diff(from) as u32);
    }
}

/// Text as it stands inside quotes.
pub fn encode_quoted(quote: u8, text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    for byte in text {
        if *byte == quote {
            out.push(quote);
        }
        out.push(*byte);
    }
    out
}

/// A whole field that had no quotes: it gets them when its new text holds a separator, a quote or a line
/// end.
pub fn encode_plain(separator: u8, quote: u8, text: &[u8]) -> Vec<u8> {
    let special = |byte: &u8| *byte == separator || *byte == quote || matches!(byte, b'\n' | b'\r');
    if !text.iter().any(special) {
        return text.to_vec();
    }
    let mut out = vec![quote];
    out.extend_from_slice(&encode_quoted(quote, text));
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn doubled_quotes_are_one_unit() {
        let (mut out, mut map) = (Vec::new(), OffsetMap::new());
        decode_quoted(b'"', br#"a""b"c"#, &mut out, &mut map);
        assert_eq!(out, br#"a"b"c"#);
        let shapes: Vec<_> = map.segments().iter().map(|s| (s.decoded, s.raw, s.raw_unit)).collect();
        assert_eq!(shapes, [(0, 0, 1), (1, 1, 2), (2, 3, 1)]);
    }

    #[test]
    fn quotes_come_only_when_needed() {
        assert_eq!(encode_plain(b';', b'"', b"a,b"), b"a,b");
        assert_eq!(encode_plain(b',', b'"', b"a,b"), b"\"a,b\"");
        assert_eq!(encode_plain(b',', b'"', b"a\"b"), b"\"a\"\"b\"");
        assert_eq!(encode_plain(b',', b'"', b"a\nb"), b"\"a\nb\"");
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(text in proptest::collection::vec(any::<u8>(), 0..64)) {
            let (mut out, mut map) = (Vec::new(), OffsetMap::new());
            decode_quoted(b'"', &encode_quoted(b'"', &text), &mut out, &mut map);
            prop_assert_eq!(map.decoded_len() as usize, out.len());
            prop_assert_eq!(out, text);
        }
    }
}
