//! Where tags, attributes, comments and text stand in markup: the tokenization of WHATWG HTML §13.2.5
//! by byte ranges.
//!
//! Every byte is part of exactly one token. A tag the end of input cuts off, which browsers drop, comes
//! as text: it may hold what somebody wrote.

use std::ops::Range;

/// A run of markup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Text in which references stand for characters.
    Text(Range<usize>),
    /// Contents of `script`, `style` and their kin, as written.
    Raw(Range<usize>),
    /// A start tag.
    Open(Tag),
    /// An end tag.
    Close(Tag),
    /// A comment; the range is inside its marks. Declarations and processing instructions, too.
    Comment(Range<usize>),
    /// A document type.
    Doctype(Range<usize>),
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    /// All of it.
    pub(super) whole: Range<usize>,
    /// Its name.
    pub(super) name: Range<usize>,
    /// Its attributes in order, repeated ones, too.
    pub(super) attributes: Vec<Attribute>,
}

/// An attribute of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    /// Its name.
    pub(super) name: Range<usize>,
    /// Its value inside the quotes; empty where it has none.
    pub(super) value: Range<usize>,
    /// The quote, or 0.
    pub(super) quote: u8,
}

/// Reads markup token by token.
pub(super) struct Tokens<'a> {
    html: &'a str,
    at: usize,
    /// The element whose contents are being read, where they are no markup.
    inside: Option<Inside>,
}

/// Elements with contents that are no markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Inside {
    name: &'static str,
    references: bool,
}

/// Elements whose contents are read up to their end tag, and whether references stand in them.
const TEXT_ELEMENTS: [(&str, bool); 9] = [
    ("title", true),
    ("textarea", true),
    ("style", false),
    ("script", false),
    ("xmp", false),
    ("iframe", false),
    ("noembed", false),
    ("noframes", false),
    ("plaintext", false),
];

impl<'a> Tokens<'a> {
    pub(super) fn new(html: &'a str) -> Self {
        Self { html, at: 0, inside: None }
    }

    fn bytes(&self) -> &'a [u8] {
        self.html.as_bytes()
    }

    fn rest(&self, from: usize) -> &'a [u8] {
        self.bytes().get(from..).unwrap_or(&[])
    }

    /// Contents of an element that are no markup.
    fn contents(&mut self, inside: Inside) -> Option<Token> {
        let end = match inside.name {
            "plaintext" => self.html.len(),
            "script" => script_end(self.bytes(), self.at),
            name => end_tag(self.bytes(), self.at, name).unwrap_or(self.html.len()),
        };
        let range = self.at..end;
        self.at = end;
        (!range.is_empty()).then_some(if inside.references { Token::Text(range) } else { Token::Raw(range) })
    }

    /// Whether a tag begins with the `<` at `at`.
    fn begins_tag(&self, at: usize) -> bool {
        match self.rest(at + 1) {
            [b'/', letter, ..] | [letter, ..] => letter.is_ascii_alphabetic(),
            [] => false,
        }
    }

    /// The token that begins with the `<` at `at`; none where it is text.
    fn markup(&self, at: usize) -> Option<(Token, usize)> {
        let rest = self.rest(at + 1);
        match rest {
            [letter, ..] if letter.is_ascii_alphabetic() => self.tag(at, at + 1).map(open),
            [b'/', letter, ..] if letter.is_ascii_alphabetic() => self.tag(at, at + 2).map(close),
            [b'/', b'>', ..] => Some((Token::Comment(at + 2..at + 2), at + 3)),
            [b'!', b'-', b'-', ..] => Some(self.comment(at)),
            [b'!', rest @ ..] if starts_with_ignoring_case(rest, b"doctype") => {
                Some(self.until_close(at + 2, Token::Doctype))
            }
            [b'!' | b'?' | b'/', _, ..] => Some(self.until_close(at + 1, Token::Comment)),
            _ => None,
        }
    }

    /// A bogus comment (§13.2.5.41) or a document type: up to the next `>`.
    fn until_close(&self, from: usize, token: fn(Range<usize>) -> Token) -> (Token, usize) {
        match memchr::memchr(b'>', self.rest(from)) {
            Some(found) => (token(from..from + found), from + found + 1),
            None => (token(from..self.html.len()), self.html.len()),
        }
    }

    /// §13.2.5.43–51: ends at `-->` or `--!>`, and `<!-->` and `<!--->` are comments without text.
    fn comment(&self, at: usize) -> (Token, usize) {
        let start = at + 4;
        let rest = self.rest(start);
        for short in [&b">"[..], b"->"] {
            if rest.starts_with(short) {
                return (Token::Comment(start..start), start + short.len());
            }
        }
        let mut from = 0;
        while let Some(found) = rest.get(from..).and_then(|rest| memchr::memmem::find(rest, b"--")) {
            let dashes = from + found;
            let behind = rest.get(dashes + 2..).unwrap_or(&[]);
            for mark in [&b">"[..], b"!>"] {
                if behind.starts_with(mark) {
                    let end = start + dashes;
                    return (Token::Comment(start..end), end + 2 + mark.len());
                }
            }
            from = dashes + 1;
        }
        (Token::Comment(start..self.html.len()), self.html.len())
    }

    /// §13.2.5.8 and 32–40; none where the input ends inside.
    fn tag(&self, start: usize, name_start: usize) -> Option<Tag> {
        let bytes = self.bytes();
        let mut at = until(bytes, name_start, |b| is_space(b) || matches!(b, b'/' | b'>'));
        let name = name_start..at;
        let mut attributes = Vec::new();
        loop {
            at = until(bytes, at, |b| !is_space(b) && b != b'/');
            match bytes.get(at)? {
                b'>' => return Some(Tag { whole: start..at + 1, name, attributes }),
                _ => {
                    let (attribute, next) = attribute(bytes, at)?;
                    attributes.push(attribute);
                    at = next;
                }
            }
        }
    }
}

fn open(tag: Tag) -> (Token, usize) {
    let end = tag.whole.end;
    (Token::Open(tag), end)
}

fn close(tag: Tag) -> (Token, usize) {
    let end = tag.whole.end;
    (Token::Close(tag), end)
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if let Some(inside) = self.inside.take()
            && let Some(token) = self.contents(inside)
        {
            return Some(token);
        }
        let start = self.at;
        let mut from = start;
        while let Some(found) = self.bytes().get(from..).and_then(|rest| memchr::memchr(b'<', rest)) {
            let at = from + found;
            if let Some((token, end)) = self.markup(at) {
                if at > start {
                    self.at = at;
                    return Some(Token::Text(start..at));
                }
                self.at = end;
                if let Token::Open(tag) = &token {
                    self.inside = text_element(self.html.get(tag.name.clone()).unwrap_or(""));
                }
                return Some(token);
            }
            if self.begins_tag(at) {
                // The end of input cuts the tag off: all that is left is text. Looking for tags inside it
                // would take quadratic time in a file of such beginnings.
                break;
            }
            from = at + 1;
        }
        self.at = self.html.len();
        (start < self.at).then_some(Token::Text(start..self.at))
    }
}

fn text_element(name: &str) -> Option<Inside> {
    let (name, references) = TEXT_ELEMENTS.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(Inside { name, references })
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0C)
}

fn until(bytes: &[u8], from: usize, stop: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or(&[]);
    from + rest.iter().position(|byte| stop(*byte)).unwrap_or(rest.len())
}

/// The attribute at `at` and where to go on; none where the input ends inside.
fn attribute(bytes: &[u8], at: usize) -> Option<(Attribute, usize)> {
    // A `=` at the beginning belongs to the name (§13.2.5.32).
    let name_end = until(bytes, at + 1, |b| is_space(b) || matches!(b, b'/' | b'>' | b'='));
    let name = at..name_end;
    let equals = until(bytes, name_end, |b| !is_space(b));
    if bytes.get(equals) != Some(&b'=') {
        let value = name_end..name_end;
        return Some((Attribute { name, value, quote: 0 }, equals));
    }
    let start = until(bytes, equals + 1, |b| !is_space(b));
    match *bytes.get(start)? {
        quote @ (b'"' | b'\'') => {
            let inside = bytes.get(start + 1..)?;
            let end = start + 1 + memchr::memchr(quote, inside)?;
            Some((Attribute { name, value: start + 1..end, quote }, end + 1))
        }
        b'>' => Some((Attribute { name, value: start..start, quote: 0 }, start)),
        _ => {
            let end = until(bytes, start, |b| is_space(b) || b == b'>');
            Some((Attribute { name, value: start..end, quote: 0 }, end))
        }
    }
}

fn starts_with_ignoring_case(bytes: &[u8], word: &[u8]) -> bool {
    bytes.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
}

/// Where the next appropriate end tag begins (§13.2.5.9–14).
fn end_tag(bytes: &[u8], from: usize, name: &str) -> Option<usize> {
    let mut at = from;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memmem::find(rest, b"</")) {
        at += found;
        if is_tag(bytes.get(at + 2..).unwrap_or(&[]), name) {
            return Some(at);
        }
        at += 2;
    }
    None
}

fn is_tag(bytes: &[u8], name: &str) -> bool {
    starts_with_ignoring_case(bytes, name.as_bytes())
        && bytes.get(name.len()).is_some_and(|b| is_space(*b) || matches!(b, b'/' | b'>'))
}

/// Where a script ends: at `</script`, except between `<!--` … `<script` and its `</script` or `-->`
/// (the double escaped state, §13.2.5.27).
fn script_end(bytes: &[u8], from: usize) -> usize {
    let (mut escaped, mut double) = (false, false);
    let mut at = from;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'<', b'-', rest)) {
        at += found;
        let rest = bytes.get(at..).unwrap_or(&[]);
        if rest.starts_with(b"<!--") {
            escaped = true;
            // `<!-->` and `<!--->` end it at once: the dashes are looked at again.
            at += 2;
            continue;
        }
        if rest.starts_with(b"-->") {
            (escaped, double) = (false, false);
        } else if escaped && rest.first() == Some(&b'<') && is_tag(rest.get(1..).unwrap_or(&[]), "script") {
            double = true;
        } else if rest.starts_with(b"</") && is_tag(rest.get(2..).unwrap_or(&[]), "script") {
            if !double {
                return at;
            }
            double = false;
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
    use html5gum::{Span, Tokenizer};
    use proptest::prelude::*;

    use super::*;
    use crate::formats::encoding::html::{Context, decode_into};
    use crate::records::OffsetMap;

    fn decoded(html: &str, range: &Range<usize>, context: Context) -> String {
        let mut out = String::new();
        decode_into(&html[range.clone()], 0, context, &mut out, &mut OffsetMap::new());
        out
    }

    fn ours(html: &str) -> Vec<String> {
        let mut events = Vec::new();
        let lower = |range: &Range<usize>| html[range.clone()].to_ascii_lowercase();
        for token in Tokens::new(html) {
            match token {
                Token::Text(range) => events.push(format!("text {}", decoded(html, &range, Context::Text))),
                Token::Raw(range) => events.push(format!("text {}", &html[range])),
                Token::Comment(_) | Token::Doctype(_) => {}
                Token::Open(tag) => {
                    events.push(format!("open {}", lower(&tag.name)));
                    for attribute in tag.attributes {
                        let value = decoded(html, &attribute.value, Context::Attribute);
                        events.push(format!("attr {}={value}", lower(&attribute.name)));
                    }
                }
                Token::Close(tag) => events.push(format!("close {}", lower(&tag.name))),
            }
        }
        joined(events)
    }

    /// Neighbouring texts in one.
    fn joined(events: Vec<String>) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for event in events {
            match (event.strip_prefix("text "), out.last_mut()) {
                (Some(text), Some(last)) if last.starts_with("text ") => last.push_str(text),
                _ => out.push(event),
            }
        }
        out
    }

    fn oracle(html: &str) -> Vec<String> {
        let mut events = Vec::new();
        let mut open = false;
        let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            match event {
                CallbackEvent::OpenStartTag { name } => {
                    open = true;
                    events.push(format!("open {}", text(name)));
                }
                CallbackEvent::AttributeName { name } if open => events.push(format!("attr {}=", text(name))),
                CallbackEvent::AttributeValue { value } if open => {
                    if let Some(last) = events.last_mut() {
                        last.push_str(&text(value));
                    }
                }
                CallbackEvent::CloseStartTag { .. } => open = false,
                CallbackEvent::EndTag { name } => events.push(format!("close {}", text(name))),
                CallbackEvent::String { value } => events.push(format!("text {}", text(value))),
                _ => {}
            }
            None::<std::convert::Infallible>
        });
        emitter.naively_switch_states(true);
        let _ = Tokenizer::new_with_emitter(html, emitter).finish();
        joined(events)
    }

    #[test]
    fn tags_attributes_and_text() {
        for html in [
            "<p class=a id='b c' title=\"d&amp;e\" hidden>x &lt; y<br/>z</p>",
            "a < b <3 </> c",
            "<!-- <p> --><p>q<!-->r<!--->s<!--x--!>t",
            "<script>if (a<b) '</p>' </script ><style>p{}</style>u",
            "<script><!-- <script> </script> --></script>v",
            "<title>a &eacute; <b></title><textarea></p></textarea>",
            "<a href=x/y?z=1&copy=2 / b = 'c' =d>",
            "<!doctype html><?xml version='1'?><![CDATA[x]]>",
        ] {
            assert_eq!(ours(html), oracle(html), "{html}");
        }
    }

    #[test]
    fn a_tag_cut_off_is_text() {
        assert_eq!(ours("x<a href='mailto:juan@example.com"), ["text x<a href='mailto:juan@example.com"]);
    }

    #[test]
    fn many_beginnings_of_tags_cost_no_more_than_one() {
        let html = "<a b=\"<c d='".repeat(200_000);
        assert!(Tokens::new(&html).count() < 10);
    }

    proptest! {
        #[test]
        fn every_byte_is_in_one_token(html in "[<>/!?a-cé=\"' &-]{0,60}") {
            let mut at = 0;
            let mut tokens = Tokens::new(&html);
            while tokens.next().is_some() {
                prop_assert!(tokens.at > at);
                at = tokens.at;
            }
            prop_assert_eq!(at, html.len());
        }

        /// Whole tags only: html5gum drops what the end cuts off, as browsers do.
        #[test]
        fn the_oracle_agrees(parts in proptest::collection::vec(
            prop_oneof![
                "<[a-c]( [x-z](=(\"[^\"<>&\r\u{0}]{0,4}\"|'[a-c ]{0,3}'|[a-c]{1,3}))?){0,3} ?/?>",
                "</[a-c] ?>", "[a-z &;é]{1,5}", "<!--[a-c -]{0,4}-->", "<(script|style|title)>", "</(script|style|title)>",
            ], 0..12)
        ) {
            let html = parts.concat();
            prop_assert_eq!(ours(&html), oracle(&html));
        }
    }
}
