//! Markup of XML in bytes, XML 1.0 (Fifth Edition) §2 and §3.1, as far as it can be made out: what is
//! no markup is text, and nothing is ever expanded.

use std::ops::Range;

/// One run of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::formats) struct Token {
    /// What it is.
    pub(in crate::formats) kind: Kind,
    /// One past its last byte.
    pub(in crate::formats) end: usize,
    /// Whether it ends where the bytes end because they do, not because it is closed there.
    pub(in crate::formats) cut: bool,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::formats) enum Kind {
    /// Character data with references.
    Text,
    /// The inside of a `CDATA` section.
    Verbatim(Range<usize>),
    /// A start tag.
    Open(Tag),
    /// An end tag, by its name.
    Close(Range<usize>),
    /// The inside of a comment.
    Comment(Range<usize>),
    /// A processing instruction, the XML declaration included, by its inside.
    Instruction(Range<usize>),
    /// A document type declaration, which is skipped whole.
    Doctype,
}

/// A start tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::formats) struct Tag {
    /// The name as it is written, prefix included.
    pub(in crate::formats) name: Range<usize>,
    /// Where its attributes stand.
    pub(in crate::formats) attributes: Range<usize>,
    /// Whether it is an element without content (`<a/>`).
    pub(in crate::formats) empty: bool,
}

/// The token that begins at `at`, which is inside the bytes.
pub(in crate::formats) fn token(bytes: &[u8], at: usize) -> Token {
    let rest = bytes.get(at..).unwrap_or(&[]);
    match rest {
        [b'<', b'!', b'-', b'-', ..] => section(bytes, at + 4, b"-->", Kind::Comment),
        _ if rest.starts_with(b"<![CDATA[") => section(bytes, at + 9, b"]]>", Kind::Verbatim),
        [b'<', b'?', ..] => section(bytes, at + 2, b"?>", Kind::Instruction),
        [b'<', b'!', next, ..] if next.is_ascii_alphabetic() => doctype(bytes, at),
        [b'<', b'/', next, ..] if begins_name(*next) => close(bytes, at),
        [b'<', next, ..] if begins_name(*next) => open(bytes, at),
        // The beginning of something that more bytes would show.
        [b'<'] | [b'<', b'/' | b'!'] | [b'<', b'!', b'-' | b'[', ..]
            if rest.len() < 9 && may_become(rest) =>
        {
            Token { kind: Kind::Text, end: bytes.len(), cut: true }
        }
        _ => text(bytes, at),
    }
}

/// Whether these few bytes at the end are the beginning of a comment, section or tag.
fn may_become(rest: &[u8]) -> bool {
    rest.len() <= 2 || b"<![CDATA[".starts_with(rest) || b"<!--".starts_with(rest)
}

fn begins_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':') || byte >= 0x80
}

fn is_name(byte: u8) -> bool {
    begins_name(byte) || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
}

/// Character data up to the next sign that can begin markup.
fn text(bytes: &[u8], at: usize) -> Token {
    let from = at + usize::from(bytes.get(at) == Some(&b'<'));
    let found = bytes.get(from..).and_then(|rest| memchr::memchr(b'<', rest));
    let end = found.map_or(bytes.len(), |found| from + found);
    Token { kind: Kind::Text, end, cut: found.is_none() }
}

fn section(bytes: &[u8], from: usize, closing: &[u8], kind: fn(Range<usize>) -> Kind) -> Token {
    let rest = bytes.get(from..).unwrap_or(&[]);
    match memchr::memmem::find(rest, closing) {
        Some(len) => Token { kind: kind(from..from + len), end: from + len + closing.len(), cut: false },
        None => Token { kind: kind(from.min(bytes.len())..bytes.len()), end: bytes.len(), cut: true },
    }
}

/// A declaration up to the `>` that is in no quotes and no internal subset.
fn doctype(bytes: &[u8], at: usize) -> Token {
    let (mut next, mut depth) = (at + 2, 0u32);
    while let Some(byte) = bytes.get(next) {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b'>' if depth == 0 => return Token { kind: Kind::Doctype, end: next + 1, cut: false },
            b'"' | b'\'' => {
                let rest = bytes.get(next + 1..).unwrap_or(&[]);
                next += memchr::memchr(*byte, rest).map_or(0, |len| len + 1);
            }
            _ => {}
        }
        next += 1;
    }
    Token { kind: Kind::Doctype, end: bytes.len(), cut: true }
}

fn name_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or(&[]);
    from + rest.iter().position(|byte| !is_name(*byte)).unwrap_or(rest.len())
}

fn close(bytes: &[u8], at: usize) -> Token {
    let name = at + 2..name_end(bytes, at + 2);
    let rest = bytes.get(name.end..).unwrap_or(&[]);
    match memchr::memchr2(b'>', b'<', rest) {
        Some(len) => {
            let closed = rest.get(len) == Some(&b'>');
            Token { end: name.end + len + usize::from(closed), kind: Kind::Close(name), cut: false }
        }
        None => Token { kind: Kind::Close(name), end: bytes.len(), cut: true },
    }
}

/// A start tag up to the `>` outside quotes. A quote that is never closed counts for nothing: the tag
/// ends at the first `>`.
fn open(bytes: &[u8], at: usize) -> Token {
    let name = at + 1..name_end(bytes, at + 1);
    let mut next = name.end;
    loop {
        let rest = bytes.get(next..).unwrap_or(&[]);
        let Some(found) = memchr::memchr3(b'>', b'"', b'\'', rest) else {
            let attributes = name.end..bytes.len();
            return Token {
                kind: Kind::Open(Tag { name, attributes, empty: false }),
                end: bytes.len(),
                cut: true,
            };
        };
        let sign = next + found;
        if bytes.get(sign) == Some(&b'>') {
            return tag(bytes, name, sign, false);
        }
        let quote = bytes.get(sign).copied().unwrap_or(b'"');
        match bytes.get(sign + 1..).and_then(|rest| memchr::memchr(quote, rest)) {
            Some(len) => next = sign + 1 + len + 1,
            None => {
                let first = memchr::memchr(b'>', bytes.get(sign..).unwrap_or(&[]));
                return tag(bytes, name, first.map_or(bytes.len(), |len| sign + len), true);
            }
        }
    }
}

fn tag(bytes: &[u8], name: Range<usize>, end: usize, cut: bool) -> Token {
    let empty = end > name.end && bytes.get(end - 1) == Some(&b'/');
    let attributes = name.end..end - usize::from(empty);
    Token { kind: Kind::Open(Tag { name, attributes, empty }), end: (end + 1).min(bytes.len()), cut }
}

/// One attribute: its name, its value inside the quotes, and the quote (0 without one).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
    pub(super) quote: u8,
}

/// The attribute at or behind `at`, inside `..end`; none where there are no more. A name without a value
/// is passed over.
pub(super) fn attribute(bytes: &[u8], mut at: usize, end: usize) -> Option<Attribute> {
    loop {
        while !begins_name(*bytes.get(at).filter(|_| at < end)?) {
            at += 1;
        }
        let name = at..name_end(bytes, at).min(end);
        let equals = blank_end(bytes, name.end, end);
        if equals >= end || bytes.get(equals) != Some(&b'=') {
            at = name.end.max(at + 1);
            continue;
        }
        let start = blank_end(bytes, equals + 1, end);
        let quote = bytes.get(start).copied().filter(|byte| start < end && matches!(byte, b'"' | b'\''));
        let Some(quote) = quote else {
            let rest = bytes.get(start..end).unwrap_or(&[]);
            let len = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
            return Some(Attribute { name, value: start..start + len, quote: 0 });
        };
        let rest = bytes.get(start + 1..end).unwrap_or(&[]);
        let len = memchr::memchr(quote, rest).unwrap_or(rest.len());
        return Some(Attribute { name, value: start + 1..start + 1 + len, quote });
    }
}

fn blank_end(bytes: &[u8], from: usize, end: usize) -> usize {
    let rest = bytes.get(from..end).unwrap_or(&[]);
    from + rest.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(rest.len())
}

/// The names of open elements, innermost last.
#[derive(Clone, Debug, Default)]
pub(super) struct Open {
    names: Vec<u8>,
    ends: Vec<usize>,
}

impl Open {
    /// How many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.ends.len()
    }

    /// Opens one.
    pub(super) fn push(&mut self, name: &[u8]) {
        self.names.extend_from_slice(name);
        self.ends.push(self.names.len());
    }

    /// How many elements an end tag closes: those inside the innermost one of its name and that one; none
    /// where no open element has the name.
    pub(super) fn closed_by(&self, name: &[u8]) -> usize {
        (1..=self.depth()).find(|up| self.name(self.depth() - up) == name).unwrap_or(0)
    }

    /// Closes the innermost `count`.
    pub(super) fn pop(&mut self, count: usize) {
        self.ends.truncate(self.depth() - count.min(self.depth()));
        self.names.truncate(self.ends.last().copied().unwrap_or(0));
    }

    /// The name of the open element number `at`, the outermost 0.
    pub(super) fn name(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(at).and_then(|end| self.names.get(start..*end)).unwrap_or(&[])
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.names.clear();
        self.ends.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<String> {
        let bytes = text.as_bytes();
        let (mut at, mut out) = (0, Vec::new());
        while at < bytes.len() {
            let token = token(bytes, at);
            assert!(token.end > at, "{text} at {at}");
            out.push(match token.kind {
                Kind::Text => format!("text {}", &text[at..token.end]),
                Kind::Verbatim(inside) => format!("cdata {}", &text[inside]),
                Kind::Open(tag) => {
                    format!("open {}{}", &text[tag.name], if tag.empty { "/" } else { "" })
                }
                Kind::Close(name) => format!("close {}", &text[name]),
                Kind::Comment(inside) => format!("comment {}", &text[inside]),
                Kind::Instruction(inside) => format!("instruction {}", &text[inside]),
                Kind::Doctype => "doctype".to_owned(),
            });
            at = token.end;
        }
        out
    }

    #[test]
    fn markup_is_told_from_text() {
        assert_eq!(
            kinds(
                "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x \"]>\">]><a b='>'>1 < 2<![CDATA[<b>]]><c/></a><!-- <x> -->"
            ),
            [
                "instruction xml version='1.0'",
                "doctype",
                "open a",
                "text 1 ",
                "text < 2",
                "cdata <b>",
                "open c/",
                "close a",
                "comment  <x> "
            ]
        );
        assert_eq!(kinds("</ x> <1"), ["text </ x> ", "text <1"]);
    }

    #[test]
    fn what_is_never_closed_ends_with_the_bytes() {
        assert_eq!(kinds("<a b=\"x>y"), ["open a", "text y"]);
        assert_eq!(kinds("<![CDATA[x"), ["cdata x"]);
        assert_eq!(kinds("<a b='1'"), ["open a"]);
        assert!(token(b"<", 0).cut && token(b"<![CD", 0).cut && !token(b"<1 <", 0).cut);
    }

    #[test]
    fn attributes_of_any_form_are_read() {
        let text = " a=\"1\" b = '2' c=3 d e=\"4";
        let (mut at, mut out) = (0, Vec::new());
        while let Some(found) = attribute(text.as_bytes(), at, text.len()) {
            at = found.value.end + usize::from(found.quote != 0);
            out.push((text[found.name].to_owned(), text[found.value].to_owned()));
        }
        let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
        };
        assert_eq!(out, own(&[("a", "1"), ("b", "2"), ("c", "3"), ("e", "4")]));
    }

    #[test]
    fn an_end_tag_closes_what_is_open_inside() {
        let mut open = Open::default();
        for name in ["a", "b", "c"] {
            open.push(name.as_bytes());
        }
        assert_eq!([open.closed_by(b"c"), open.closed_by(b"a"), open.closed_by(b"x")], [1, 3, 0]);
        open.pop(2);
        assert_eq!((open.depth(), open.name(0)), (1, b"a".as_slice()));
    }
}
