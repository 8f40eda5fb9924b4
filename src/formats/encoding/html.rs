//! Character references of HTML, WHATWG HTML §13.2.5.72–80, and their way back.

use super::html_entities::NAMED;
use crate::records::OffsetMap;

/// Where a text with character references stands: attribute values have a rule of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Text between tags.
    Text,
    /// An attribute value: `&copy=` and `&copy1` are no references there.
    Attribute,
    /// Markdown: a backslash before ASCII punctuation is an escape, too (CommonMark 0.31 §2.4), and
    /// references need their semicolon (§2.5).
    Markdown,
}

/// Longest name that may stand without a semicolon (`Aacute`).
const LONGEST_BARE: usize = 6;

/// Appends the decoded text and its segments, whose raw offsets count from `base`. What is no
/// reference stays as it is written.
pub fn decode_into(raw: &str, base: usize, context: Context, out: &mut String, map: &mut OffsetMap) {
    let bytes = raw.as_bytes();
    let mut run = 0;
    let mut from = 0;
    while let Some(found) = next_special(bytes, from, context) {
        let (end, text) = if bytes.get(found) == Some(&b'\\') {
            backslash(raw, found)
        } else {
            reference(raw, found, context)
        };
        if end == found {
            from = found + 1;
            continue;
        }
        verbatim(raw, run..found, base, out, map);
        super::push_unit(map, base + found, base + end, text.len());
        out.push_str(text.as_str());
        run = end;
        from = end;
    }
    verbatim(raw, run..raw.len(), base, out, map);
}

fn next_special(bytes: &[u8], from: usize, context: Context) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let found = match context {
        Context::Markdown => memchr::memchr2(b'&', b'\\', rest),
        _ => memchr::memchr(b'&', rest),
    };
    found.map(|at| from + at)
}

fn verbatim(raw: &str, range: std::ops::Range<usize>, base: usize, out: &mut String, map: &mut OffsetMap) {
    let from = range.start;
    if let Some(run) = raw.get(range).filter(|run| !run.is_empty()) {
        out.push_str(run);
        map.push_verbatim(super::offset(base + from), super::offset(run.len()));
    }
}

/// Characters of one reference.
enum Decoded {
    Named(&'static str),
    One(char, [u8; 4]),
}

impl Decoded {
    fn char(c: char) -> Self {
        let mut buffer = [0; 4];
        c.encode_utf8(&mut buffer);
        Self::One(c, buffer)
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Named(text) => text,
            Self::One(c, buffer) => {
                buffer.get(..c.len_utf8()).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("")
            }
        }
    }

    fn len(&self) -> usize {
        self.as_str().len()
    }
}

/// An escaped punctuation character; the end is `at` where it is none.
fn backslash(raw: &str, at: usize) -> (usize, Decoded) {
    match raw.as_bytes().get(at + 1) {
        Some(next) if next.is_ascii_punctuation() => (at + 2, Decoded::char(char::from(*next))),
        _ => (at, Decoded::Named("")),
    }
}

/// One past the reference at `at` and its characters; the end is `at` where there is none.
fn reference(raw: &str, at: usize, context: Context) -> (usize, Decoded) {
    let bytes = raw.as_bytes();
    let none = (at, Decoded::Named(""));
    match bytes.get(at + 1) {
        Some(b'#') => numeric(bytes, at, context).unwrap_or(none),
        Some(next) if next.is_ascii_alphanumeric() => named(raw, at, context).unwrap_or(none),
        _ => none,
    }
}

fn named(raw: &str, at: usize, context: Context) -> Option<(usize, Decoded)> {
    let bytes = raw.as_bytes();
    let start = at + 1;
    let longest = bytes.get(start..)?.iter().take(32).take_while(|b| b.is_ascii_alphanumeric()).count();
    if bytes.get(start + longest) == Some(&b';')
        && let Some(text) = lookup(raw.get(start..start + longest + 1)?)
    {
        return Some((start + longest + 1, Decoded::Named(text)));
    }
    if context == Context::Markdown {
        return None;
    }
    for len in (2..=longest.min(LONGEST_BARE)).rev() {
        let Some(text) = raw.get(start..start + len).and_then(lookup) else { continue };
        let next = bytes.get(start + len).copied().unwrap_or(b' ');
        let kept = context == Context::Attribute && (next == b'=' || next.is_ascii_alphanumeric());
        return (!kept).then_some((start + len, Decoded::Named(text)));
    }
    None
}

fn lookup(name: &str) -> Option<&'static str> {
    let at = NAMED.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    NAMED.get(at).map(|(_, text)| *text)
}

/// `&#160;`, `&#xA0;` and either without the semicolon, WHATWG HTML §13.2.5.75–80.
fn numeric(bytes: &[u8], at: usize, context: Context) -> Option<(usize, Decoded)> {
    let hex = matches!(bytes.get(at + 2), Some(b'x' | b'X'));
    let (radix, start) = if hex { (16, at + 3) } else { (10, at + 2) };
    let rest = bytes.get(start..)?;
    let mut value: u32 = 0;
    let mut digits = 0;
    for byte in rest {
        let Some(digit) = char::from(*byte).to_digit(radix) else { break };
        value = value.saturating_mul(radix).saturating_add(digit);
        digits += 1;
    }
    let ended = rest.get(digits) == Some(&b';');
    if digits == 0 || (context == Context::Markdown && !ended) {
        return None;
    }
    Some((start + digits + usize::from(ended), Decoded::char(scalar(value))))
}

/// The character of a number, with the replacements of §13.2.5.80.
fn scalar(value: u32) -> char {
    match value {
        0 => char::REPLACEMENT_CHARACTER,
        0x80..=0x9F => {
            let byte = [u8::try_from(value).unwrap_or(b'?')];
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&byte);
            text.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        _ => char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

/// Appends text as Markdown: references for what would begin a reference or a tag, and a doubled
/// backslash. Other marks of Markdown stand for themselves.
pub fn encode_markdown(decoded: &str, out: &mut Vec<u8>) {
    for c in decoded.chars() {
        match c {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '\\' => out.extend_from_slice(b"\\\\"),
            _ => push_char(c, out),
        }
    }
}

/// Appends text as character data.
pub fn encode_text(decoded: &str, out: &mut Vec<u8>) {
    for c in decoded.chars() {
        match c {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            _ => push_char(c, out),
        }
    }
}

/// Appends text as the value of an attribute in this quote, or without one for 0.
pub fn encode_attribute(decoded: &str, quote: u8, out: &mut Vec<u8>) {
    for c in decoded.chars() {
        let reference = match c {
            '&' | '<' => true,
            '"' | '\'' => quote == 0 || char::from(quote) == c,
            '=' | '>' | '`' | ' ' | '\t' | '\n' | '\r' | '\u{c}' => quote == 0,
            _ => false,
        };
        if c == '&' {
            out.extend_from_slice(b"&amp;");
        } else if reference {
            out.extend_from_slice(format!("&#{};", u32::from(c)).as_bytes());
        } else {
            push_char(c, out);
        }
    }
}

fn push_char(c: char, out: &mut Vec<u8>) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use html5gum::{Token, Tokenizer};
    use proptest::prelude::*;

    use super::*;
    use crate::formats::encoding::assert_map_is_sound;

    fn decoded(raw: &str, context: Context) -> String {
        let (mut out, mut map) = (String::new(), OffsetMap::new());
        decode_into(raw, 0, context, &mut out, &mut map);
        assert_map_is_sound(&map, raw.len(), out.len());
        out
    }

    /// The text html5gum reads: an independent implementation of the standard.
    fn oracle(raw: &str) -> String {
        let mut text = String::new();
        for Ok(token) in Tokenizer::new(raw) {
            if let Token::String(run) = token {
                text.push_str(&String::from_utf8_lossy(&run));
            }
        }
        text
    }

    fn attribute_oracle(raw: &str) -> String {
        let tag = format!("<a b=\"{raw}\">");
        for Ok(token) in Tokenizer::new(&tag) {
            if let Token::StartTag(tag) = token {
                return tag
                    .attributes
                    .values()
                    .next()
                    .map_or(String::new(), |value| String::from_utf8_lossy(value).into_owned());
            }
        }
        String::new()
    }

    #[test]
    fn references_of_every_kind() {
        let text =
            "&lt;juan&commat;example&period;com&gt; P&eacute;rez &#80;&#x31;&#xBA &notit; &nope; &#x80; &";
        assert_eq!(decoded(text, Context::Text), "<juan@example.com> Pérez P1º ¬it; &nope; € &");
        assert_eq!(decoded("?a=1&copy=2&amp;b", Context::Attribute), "?a=1&copy=2&b");
        assert_eq!(decoded("juan\\_p\\@x &copy &copy; \\n", Context::Markdown), "juan_p@x &copy © \\n");
    }

    #[test]
    fn every_named_reference_is_read_as_the_oracle_reads_it() {
        for (name, text) in NAMED {
            let raw = format!("&{name} ");
            assert_eq!(decoded(&raw, Context::Text), format!("{text} "));
            assert_eq!(decoded(&raw, Context::Text), oracle(&raw), "{name}");
        }
    }

    #[test]
    fn a_reference_padded_with_zeros_is_still_one() {
        let raw = format!("a&#{}65;b", "0".repeat(400));
        assert_eq!(decoded(&raw, Context::Text), "aAb");
    }

    proptest! {
        #[test]
        fn the_oracle_agrees(raw in "(&(#x?)?[a-zA-Z0-9]{0,6};?|[ a-z=é]){0,12}") {
            prop_assert_eq!(decoded(&raw, Context::Text), oracle(&raw));
            prop_assert_eq!(decoded(&raw, Context::Attribute), attribute_oracle(&raw));
        }

        #[test]
        fn the_way_back_is_exact(text in any::<String>()) {
            type Encode = fn(&str, &mut Vec<u8>);
            let ways: [(Encode, Context); 4] = [
                (encode_text, Context::Text),
                (encode_markdown, Context::Markdown),
                (|text, out| encode_attribute(text, 0, out), Context::Attribute),
                (|text, out| encode_attribute(text, b'"', out), Context::Attribute),
            ];
            for (encode, context) in ways {
                let mut out = Vec::new();
                encode(&text, &mut out);
                prop_assert_eq!(&decoded(std::str::from_utf8(&out).unwrap(), context), &text);
            }
        }
    }
}
