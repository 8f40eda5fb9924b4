//! Fields of markup: visible text, hidden text, titles, attributes, comments, scripts.

use std::collections::BTreeMap;
use std::ops::Range;

use super::elements::{self, Value};
use super::tokens::{Attribute, Tag, Token, Tokens};
use super::visibility::{Looks, WHITE};
use crate::formats::encoding::html::{Context, decode_into};
use crate::formats::encoding::{offset, percent, push_unit};
use crate::formats::layered::Found;
use crate::formats::peeled::Layered;
use crate::records::{Encoding, OffsetMap, Role};

/// Open elements that are remembered; deeper ones count as part of the one around.
const DEPTH: usize = 4096;
/// How far up an end tag looks for its element.
const LOOK_UP: usize = 256;

/// What a document holds.
#[derive(Default)]
pub(super) struct Document {
    /// Its fields; the visible text is the first.
    pub(super) fields: Vec<Found>,
    /// `data:` addresses whose contents are not text and were not decoded: how many, and their bytes.
    pub(super) embedded: (u64, u64),
    /// The charset a `meta` element declares.
    pub(super) charset: Option<String>,
}

/// Reads markup. `role` is what the visible text is to its record; `prefix` stands before every path.
pub(super) fn read(html: &str, base: u64, role: Role, prefix: &str) -> Document {
    let mut reader = Reader::new(html, base, prefix);
    for token in Tokens::new(html) {
        reader.token(token);
    }
    reader.finish(role)
}

/// Text as it comes together.
#[derive(Default)]
struct Flow {
    text: String,
    map: OffsetMap,
}

impl Flow {
    /// Whether white space would begin a line.
    fn at_line_start(&self) -> bool {
        self.text.is_empty() || self.text.ends_with('\n')
    }

    /// Text with references; white space runs count as one space, as pages show them (CSS Text §4.1.1),
    /// unless they are kept.
    fn push(&mut self, html: &str, range: Range<usize>, keep_space: bool) {
        if keep_space {
            self.decode(html, range);
            return;
        }
        let bytes = html.as_bytes();
        let mut run = range.start;
        let mut at = range.start;
        while at < range.end {
            let next = bytes.get(at..range.end).unwrap_or(&[]);
            let Some(found) =
                next.iter().position(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0C))
            else {
                break;
            };
            let space = at + found;
            let len = bytes.get(space..range.end).unwrap_or(&[]).iter();
            let len = len.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0C)).count();
            at = space + len;
            if len == 1 && bytes.get(space) == Some(&b' ') {
                continue;
            }
            self.decode(html, run..space);
            if !self.at_line_start() {
                self.text.push(' ');
                push_unit(&mut self.map, space, at, 1);
            }
            run = at;
        }
        self.decode(html, run..range.end);
    }

    fn decode(&mut self, html: &str, range: Range<usize>) {
        let raw = html.get(range.clone()).unwrap_or("");
        decode_into(raw, range.start, Context::Text, &mut self.text, &mut self.map);
    }

    fn verbatim(&mut self, html: &str, range: Range<usize>) {
        if let Some(raw) = html.get(range.clone()) {
            self.text.push_str(raw);
            self.map.push_verbatim(offset(range.start), offset(raw.len()));
        }
    }

    /// A line end the reader puts in, which stands on no raw byte.
    fn line_end(&mut self, at: usize) {
        if !self.at_line_start() {
            self.text.push('\n');
            self.map.push(offset(at), 1, 0, 1);
        }
    }
}

/// An open element.
struct Open {
    name: String,
    hidden: bool,
    keeps_space: bool,
    background: Option<String>,
}

struct Reader<'a> {
    html: &'a str,
    base: u64,
    prefix: &'a str,
    visible: Flow,
    hidden: Flow,
    open: Vec<Open>,
    counts: BTreeMap<String, u32>,
    /// Name of the element whose contents come next as they are.
    contents: Option<String>,
    document: Document,
}

impl<'a> Reader<'a> {
    fn new(html: &'a str, base: u64, prefix: &'a str) -> Self {
        Self {
            html,
            base,
            prefix,
            visible: Flow::default(),
            hidden: Flow::default(),
            open: Vec::new(),
            counts: BTreeMap::new(),
            contents: None,
            document: Document::default(),
        }
    }

    fn slice(&self, range: &Range<usize>) -> &'a str {
        self.html.get(range.clone()).unwrap_or("")
    }

    fn token(&mut self, token: Token) {
        let contents = self.contents.take();
        match token {
            Token::Text(range) => match contents.as_deref() {
                Some("title") => self.title(range),
                Some("textarea") => self.text(range, true),
                _ => self.text(range, false),
            },
            Token::Raw(range) => self.raw(contents.as_deref().unwrap_or("raw"), range),
            Token::Comment(range) => self.raw("comment", range),
            Token::Doctype(_) => {}
            Token::Open(tag) => self.open_tag(&tag),
            Token::Close(tag) => self.close_tag(&tag),
        }
    }

    fn text(&mut self, range: Range<usize>, keep_space: bool) {
        let keep_space = keep_space || self.open.last().is_some_and(|open| open.keeps_space);
        let html = self.html;
        self.flow().push(html, range, keep_space);
    }

    /// Where text goes now.
    fn flow(&mut self) -> &mut Flow {
        if self.open.last().is_some_and(|open| open.hidden) { &mut self.hidden } else { &mut self.visible }
    }

    fn open_tag(&mut self, tag: &Tag) {
        let name = self.slice(&tag.name).to_ascii_lowercase();
        if !elements::is_markup(&name) {
            let html = self.html;
            self.flow().verbatim(html, tag.whole.clone());
            return;
        }
        let block = elements::is_block(&name);
        if block && name != "br" {
            self.close_implied(&name, tag.whole.start);
        }
        if block {
            self.flow().line_end(tag.whole.start);
        }
        let looks = self.attributes(tag, &name);
        if elements::is_void(&name) || self.open.len() >= DEPTH {
            return;
        }
        if matches!(
            name.as_str(),
            "title" | "textarea" | "script" | "style" | "xmp" | "iframe" | "noembed" | "noframes"
        ) {
            self.contents = Some(name.clone());
        }
        let around = self.open.last();
        let around_hidden = around.is_some_and(|open| open.hidden);
        let background = looks.background.or_else(|| around.and_then(|open| open.background.clone()));
        let unseen = looks.colour.is_some_and(|colour| colour == background.as_deref().unwrap_or(WHITE));
        let keeps_space = around.is_some_and(|open| open.keeps_space)
            || matches!(name.as_str(), "pre" | "listing" | "xmp" | "plaintext");
        let hidden = around_hidden || looks.hidden || unseen || name == "template";
        self.open.push(Open { name, hidden, keeps_space, background });
    }

    fn close_tag(&mut self, tag: &Tag) {
        let name = self.slice(&tag.name).to_ascii_lowercase();
        if !elements::is_markup(&name) {
            let html = self.html;
            self.flow().verbatim(html, tag.whole.clone());
            return;
        }
        self.attributes(tag, &name);
        if elements::is_block(&name) {
            self.flow().line_end(tag.whole.start);
        }
        let from = self.open.len().saturating_sub(LOOK_UP);
        let found = self.open.iter().enumerate().skip(from).rev().find(|(_, open)| open.name == name);
        if let Some(at) = found.map(|(at, _)| at) {
            self.close_down_to(at);
        }
    }

    /// Elements whose end tag may be left out (WHATWG HTML §13.1.2.4) and that end where a like one or a
    /// block begins.
    fn close_implied(&mut self, name: &str, at: usize) {
        let ends = self.open.last().is_some_and(|open| match open.name.as_str() {
            "p" => !matches!(name, "button" | "object" | "video" | "audio" | "input" | "map" | "template"),
            "li" | "tr" | "option" => open.name == name,
            "dt" | "dd" => matches!(name, "dt" | "dd"),
            "td" | "th" => matches!(name, "td" | "th" | "tr"),
            _ => false,
        });
        if ends {
            self.flow().line_end(at);
            self.close_down_to(self.open.len() - 1);
        }
    }

    fn close_down_to(&mut self, depth: usize) {
        let was_hidden = self.open.last().is_some_and(|open| open.hidden);
        self.open.truncate(depth);
        if was_hidden && !self.open.last().is_some_and(|open| open.hidden) {
            self.end_hidden();
        }
    }

    /// One hidden element is one field.
    fn end_hidden(&mut self) {
        let flow = std::mem::take(&mut self.hidden);
        if !flow.text.trim().is_empty() {
            let path = self.path("hidden");
            self.push_flow(path, Role::Hidden, flow);
        }
    }

    fn push_flow(&mut self, path: String, role: Role, flow: Flow) {
        let raw_len = offset(self.html.len());
        let layer = Layered { encoding: Encoding::HtmlText, base: self.base, raw_len, map: flow.map };
        self.document.fields.push(Found { path, role, text: flow.text, inner: vec![layer], raw: 0 });
    }

    fn title(&mut self, range: Range<usize>) {
        let mut flow = Flow::default();
        flow.push(self.html, range, false);
        if !flow.text.trim().is_empty() {
            let path = self.path("title");
            self.push_flow(path, Role::Subject, flow);
        }
    }

    /// Text without references: comments, scripts, styles.
    fn raw(&mut self, name: &str, range: Range<usize>) {
        let text = self.slice(&range);
        if text.trim().is_empty() {
            return;
        }
        let path = self.path(name);
        let raw = self.base + range.start as u64;
        self.document.fields.push(Found {
            path,
            role: Role::Hidden,
            text: text.to_owned(),
            inner: Vec::new(),
            raw,
        });
    }

    /// `name`, then `name[2]`, and so on.
    fn path(&mut self, name: &str) -> String {
        let count = self.counts.entry(name.to_owned()).or_insert(0);
        *count += 1;
        match *count {
            1 => format!("{}{name}", self.prefix),
            count => format!("{}{name}[{count}]", self.prefix),
        }
    }

    fn attributes(&mut self, tag: &Tag, element: &str) -> Looks {
        let mut looks = Looks::default();
        for attribute in &tag.attributes {
            let name = self.slice(&attribute.name).to_ascii_lowercase();
            let value = self.slice(&attribute.value);
            looks.read(&name, value);
            if element == "meta" && self.document.charset.is_none() {
                self.document.charset = declared_charset(&name, value);
            }
            if name.bytes().any(|byte| byte.is_ascii_digit() || byte == b'@' || !byte.is_ascii()) {
                // A name no standard knows: somebody's text in angle brackets.
                let path = self.path("attr-name");
                let raw = self.base + attribute.name.start as u64;
                let text = self.slice(&attribute.name).to_owned();
                self.document.fields.push(Found { path, role: Role::Other, text, inner: Vec::new(), raw });
            }
            self.attribute(&name, attribute);
        }
        looks
    }

    fn attribute(&mut self, name: &str, attribute: &Attribute) {
        let raw = self.slice(&attribute.value);
        let role = match elements::value_of(name, raw) {
            Value::Nothing => return,
            Value::Url => Role::Url,
            Value::Text => Role::Body,
            Value::Other => Role::Other,
        };
        if role == Role::Url && is_embedded(raw) {
            self.document.embedded.0 += 1;
            self.document.embedded.1 += raw.len() as u64;
            return;
        }
        let (mut text, mut map) = (String::new(), OffsetMap::new());
        decode_into(raw, 0, Context::Attribute, &mut text, &mut map);
        let value = Layered {
            encoding: Encoding::HtmlAttribute { quote: attribute.quote },
            base: self.base + attribute.value.start as u64,
            raw_len: offset(raw.len()),
            map,
        };
        let mut inner = vec![value];
        if role == Role::Url {
            let (mut decoded, mut map) = (String::new(), OffsetMap::new());
            percent::decode(&text, &mut decoded, &mut map);
            inner.push(Layered { encoding: Encoding::Percent, base: 0, raw_len: offset(text.len()), map });
            text = decoded;
        }
        let path = self.path(&format!("attr:{name}"));
        self.document.fields.push(Found { path, role, text, inner, raw: 0 });
    }

    fn finish(mut self, role: Role) -> Document {
        self.end_hidden();
        let visible = std::mem::take(&mut self.visible);
        if !visible.text.trim().is_empty() {
            let path = format!("{}text", self.prefix);
            self.push_flow(path, role, visible);
            self.document.fields.rotate_right(1);
        }
        self.document
    }
}

/// Whether an address holds something in base64 that is no text (an image, a font).
fn is_embedded(url: &str) -> bool {
    let Some((head, _)) = url.split_once(',') else { return false };
    let head = head.trim_start().to_ascii_lowercase();
    head.starts_with("data:") && head.contains(";base64") && !head.starts_with("data:text")
}

/// `charset=…` of `meta`, alone or in the `content` of a `http-equiv`.
fn declared_charset(name: &str, value: &str) -> Option<String> {
    match name {
        "charset" => Some(value.trim().to_owned()),
        "content" => {
            let at = value.to_ascii_lowercase().find("charset=")?;
            let label = value.get(at + "charset=".len()..)?;
            Some(label.split([';', ' ', '"']).next().unwrap_or("").trim().to_owned())
        }
        _ => None,
    }
}
