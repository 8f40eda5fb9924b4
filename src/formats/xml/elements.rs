//! One element of XML to a flat tree, without recursion.
//!
//! An attribute and an element inside are members of the same kind, so that a mapping's key stands for
//! either. An element with nothing but text is a value; one with attributes or elements inside is an
//! object, whose own text is a value of its own.

use super::tokens::{Attribute, Kind, Open, Tag, attribute, token};
use crate::formats::keys::Keys;
use crate::formats::peeled::narrow;
use crate::formats::tree::{KeyId, Node, NodeKind, Step, Tree};

/// Nodes of one record: more would take more memory than the record itself by far.
const NODES: usize = 2_000_000;
/// Names of one element's members that are counted apart; repeated ones beyond share a path.
const NAMES: usize = 64;

/// Why an element could not be read as a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Nested deeper than the limit.
    TooDeep,
    /// More values than are held at once.
    TooMany,
}

/// An element that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Read {
    /// One past its last byte.
    pub(super) end: usize,
    /// Where the first thing that is not well formed stands, if anything is.
    pub(super) fault: Option<usize>,
}

/// What stands around an element and how its inside is read.
pub(super) struct Setting<'a> {
    /// Elements around it: an end tag of one of them ends it.
    pub(super) around: &'a Open,
    /// The attribute whose value elements inside are known by, where the document names them so.
    pub(super) named_by: Option<&'a str>,
    /// Elements inside each other, at most.
    pub(super) nesting: u32,
}

/// Reads the element that begins at `at` into `tree`.
pub(super) fn parse(
    text: &str,
    at: usize,
    keys: &mut Keys,
    setting: &Setting<'_>,
    tree: &mut Tree,
) -> Result<Read, Failure> {
    tree.nodes.clear();
    let Setting { around, named_by, nesting } = *setting;
    let parser = Parser {
        text,
        keys,
        around,
        named_by,
        nesting: nesting as usize,
        nodes: &mut tree.nodes,
        frames: Vec::new(),
        open: Open::default(),
        fault: None,
    };
    parser.run(at)
}

/// An open element.
struct Frame {
    node: u32,
    /// Where its content begins.
    content: usize,
    /// Whether something that is not blank stands directly inside.
    text: bool,
    /// Whether anything but plain characters stands inside.
    mixed: bool,
    /// How often each name was met.
    names: Vec<(KeyId, u32)>,
}

struct Parser<'a> {
    text: &'a str,
    keys: &'a mut Keys,
    around: &'a Open,
    named_by: Option<&'a str>,
    nesting: usize,
    nodes: &'a mut Vec<Node>,
    frames: Vec<Frame>,
    open: Open,
    fault: Option<usize>,
}

impl Parser<'_> {
    fn run(mut self, mut at: usize) -> Result<Read, Failure> {
        let bytes = self.text.as_bytes();
        while at < bytes.len() {
            let token = token(bytes, at);
            if token.cut && !matches!(token.kind, Kind::Text) {
                self.fault = self.fault.or(Some(at));
            }
            match token.kind {
                Kind::Open(tag) => self.open(&tag, at, token.end)?,
                Kind::Close(name) => {
                    let name = bytes.get(name).unwrap_or(&[]);
                    let count = self.open.closed_by(name);
                    if count == 0 && self.around.closed_by(name) > 0 {
                        return Ok(self.end_early(at));
                    }
                    if count != 1 {
                        self.fault = self.fault.or(Some(at));
                    }
                    // An end tag that ends nothing is no text.
                    self.note(false, count == 0);
                    for inner in (0..count).rev() {
                        self.close(at, if inner == 0 { token.end } else { at });
                    }
                }
                Kind::Text => self.content(at, token.end),
                Kind::Verbatim(inside) => self.note(!inside.is_empty(), true),
                Kind::Comment(_) | Kind::Instruction(_) | Kind::Doctype => self.note(false, true),
            }
            at = token.end.max(at + 1);
            if self.frames.is_empty() {
                return Ok(Read { end: at, fault: self.fault });
            }
            if self.nodes.len() > NODES {
                return Err(Failure::TooMany);
            }
        }
        Ok(self.end_early(bytes.len()))
    }

    /// Ends an element whose end tag is missing.
    fn end_early(&mut self, at: usize) -> Read {
        self.fault = self.fault.or(Some(at));
        while !self.frames.is_empty() {
            self.close(at, at);
        }
        Read { end: at, fault: self.fault }
    }

    fn note(&mut self, text: bool, mixed: bool) {
        if let Some(frame) = self.frames.last_mut() {
            frame.text |= text;
            frame.mixed |= mixed;
        }
    }

    fn content(&mut self, from: usize, to: usize) {
        let bytes = self.text.as_bytes().get(from..to).unwrap_or(&[]);
        let blank = bytes.iter().all(u8::is_ascii_whitespace);
        self.note(!blank, !blank && memchr::memchr(b'&', bytes).is_some());
    }

    fn open(&mut self, tag: &Tag, at: usize, end: usize) -> Result<(), Failure> {
        if self.frames.len() >= self.nesting {
            return Err(Failure::TooDeep);
        }
        let name = self.text.get(tag.name.clone()).unwrap_or("");
        let attributes = self.attributes(tag);
        let own = self.named_by.filter(|_| !self.frames.is_empty()).and_then(|key| {
            attributes.iter().position(|found| self.text.get(found.name.clone()) == Some(key))
        });
        let known_by =
            own.and_then(|at| attributes.get(at)).and_then(|found| self.text.get(found.value.clone()));
        let key = self.keys.id(known_by.unwrap_or(name));
        let step = if self.frames.is_empty() { Step::Root } else { Step::Key(key) };
        let nth = self.nth(key);
        self.note(false, true);
        let parent = self.frames.last().map_or(0, |frame| frame.node);
        let node = narrow(self.nodes.len());
        self.nodes.push(Node {
            parent,
            next: node + 1,
            step,
            kind: NodeKind::Object,
            start: narrow(at),
            end: narrow(end),
            key: (0, 0),
            nth,
        });
        for (number, found) in attributes.iter().enumerate() {
            if own != Some(number) && !is_namespace(self.text.get(found.name.clone()).unwrap_or("")) {
                self.attribute(node, found);
            }
        }
        self.open.push(name.as_bytes());
        self.frames.push(Frame { node, content: end, text: false, mixed: false, names: Vec::new() });
        if tag.empty {
            self.close(end, end);
        }
        Ok(())
    }

    fn attributes(&self, tag: &Tag) -> Vec<Attribute> {
        let (mut at, mut all) = (tag.attributes.start, Vec::new());
        while let Some(found) = attribute(self.text.as_bytes(), at, tag.attributes.end) {
            at = found.value.end + usize::from(found.quote != 0);
            all.push(found);
        }
        all
    }

    fn attribute(&mut self, parent: u32, found: &Attribute) {
        let key = self.keys.id(self.text.get(found.name.clone()).unwrap_or(""));
        let value = self.text.get(found.value.clone()).unwrap_or("");
        let kind = match value.is_empty() {
            true => NodeKind::Null,
            false => NodeKind::Attribute {
                quote: found.quote,
                escaped: memchr::memchr(b'&', value.as_bytes()).is_some(),
            },
        };
        let next = narrow(self.nodes.len()) + 1;
        self.nodes.push(Node {
            parent,
            next,
            step: Step::Key(key),
            kind,
            start: narrow(found.value.start),
            end: narrow(found.value.end),
            key: (0, 0),
            nth: 0,
        });
    }

    /// How many siblings of this name stand before.
    fn nth(&mut self, key: KeyId) -> u32 {
        let Some(frame) = self.frames.last_mut() else { return 0 };
        match frame.names.iter_mut().find(|(known, _)| *known == key) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                if frame.names.len() < NAMES {
                    frame.names.push((key, 0));
                }
                0
            }
        }
    }

    /// Closes the innermost element, whose content ends at `content` and which itself ends at `end`.
    fn close(&mut self, content: usize, end: usize) {
        self.open.pop(1);
        let Some(frame) = self.frames.pop() else { return };
        let own = narrow(self.nodes.len());
        let root = self.frames.is_empty();
        let object = root || own > frame.node + 1;
        let kind = NodeKind::Content { escaped: frame.mixed };
        let (start, inside_end) = (narrow(frame.content), narrow(content.max(frame.content)));
        if object && frame.text {
            let step = Step::Text;
            let (parent, next, key) = (frame.node, own + 1, (0, 0));
            self.nodes.push(Node { parent, next, step, kind, start, end: inside_end, key, nth: 0 });
        }
        let next = narrow(self.nodes.len());
        let Some(node) = self.nodes.get_mut(frame.node as usize) else { return };
        node.next = next;
        node.end = narrow(end);
        if !object {
            (node.start, node.end) = (start, inside_end);
            node.kind = if frame.text { kind } else { NodeKind::Null };
        }
    }
}

/// Declarations of namespaces say nothing of a record.
fn is_namespace(name: &str) -> bool {
    name == "xmlns" || name.starts_with("xmlns:")
}
