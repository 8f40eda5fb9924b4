//! One top-level record of any structured format as a flat list of nodes: what mappings are applied to.

use crate::records::{Encoding, SqlEscape};

/// A key known to a run of readers: mappings' keys first, then those met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u32);

/// How a node hangs on its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is the record itself.
    Root,
    /// Member of an object, or column of a row.
    Key(KeyId),
    /// Element of an array, from 0.
    Index(u32),
    /// The text of an element of XML that has attributes or elements inside, too: its path is the
    /// element's.
    Text,
}

/// What a node is, and how its bytes decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// `{…}`, or a row of a table.
    Object,
    /// `[…]`
    Array,
    /// A JSON string; the span is inside the quotes.
    String {
        /// Whether there is a backslash in it.
        escaped: bool,
    },
    /// A JSON number, verbatim.
    Number,
    /// `true` or `false`
    Bool(bool),
    /// `null`, or an empty CSV field.
    Null,
    /// A CSV field; the span is inside the quotes if there are any.
    Cell {
        /// Whether it stands in quotes.
        quoted: bool,
        /// Whether a doubled quote is in it.
        escaped: bool,
    },
    /// What stands directly inside an element of XML.
    Content {
        /// Whether there is anything but plain characters in it.
        escaped: bool,
    },
    /// An attribute value of XML; the span is inside the quotes if there are any.
    Attribute {
        /// The quote, 0 without one.
        quote: u8,
        /// Whether there is a reference in it.
        escaped: bool,
    },
    /// A string of SQL; the span is inside the quotes.
    Literal {
        /// Which escapes it may have.
        escape: SqlEscape,
        /// Whether there is one, or a doubled quote.
        escaped: bool,
    },
    /// A number or word of SQL, verbatim.
    Bare,
    /// A cell of a line of `COPY`.
    Copied {
        /// Whether there is a backslash in it.
        escaped: bool,
    },
    /// Hexadecimal digits that stand for bytes of text.
    Hexadecimal,
}

impl NodeKind {
    /// How the bytes of a value are encoded, and whether decoding changes any of them; cells of tables
    /// have a separator and a quote. Text that stands as it is still has its encoding as a layer where the
    /// way back must know it.
    pub(super) fn encoding(self, (separator, quote): (u8, u8)) -> (Encoding, bool) {
        match self {
            Self::String { escaped } => (Encoding::JsonString, escaped),
            Self::Number => (Encoding::JsonNumber, false),
            Self::Cell { quoted: true, escaped } => (Encoding::CsvQuoted { quote }, escaped),
            Self::Cell { quoted: false, .. } => (Encoding::CsvPlain { separator, quote }, false),
            Self::Content { escaped } => (Encoding::XmlText, escaped),
            Self::Attribute { quote, escaped } => (Encoding::XmlAttribute { quote }, escaped),
            Self::Literal { escape, escaped } => (Encoding::SqlString { escape }, escaped),
            Self::Bare => (Encoding::SqlBare, false),
            Self::Copied { escaped } => (Encoding::SqlCopy, escaped),
            Self::Hexadecimal => (Encoding::Hex, true),
            Self::Object | Self::Array | Self::Bool(_) | Self::Null => (Encoding::Verbatim, false),
        }
    }

    /// Whether it has text of its own.
    pub(super) fn is_text(self) -> bool {
        !matches!(self, Self::Object | Self::Array | Self::Bool(_) | Self::Null)
    }
}

/// A value of the record, in the order of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Position of the parent; its own for the root.
    pub parent: u32,
    /// One past the last node of its subtree.
    pub next: u32,
    /// How it hangs on its parent.
    pub step: Step,
    /// What it is.
    pub kind: NodeKind,
    /// First byte in the piece.
    pub start: u32,
    /// One past the last byte in the piece.
    pub end: u32,
    /// The key's bytes in the piece, inside the quotes; empty for elements, cells and the root.
    pub key: (u32, u32),
    /// How many siblings of its name stand before it, where names may be repeated (XML).
    pub nth: u32,
}

/// The nodes of one record. Reused from record to record.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Root first, each subtree in one run.
    pub nodes: Vec<Node>,
}

impl Tree {
    /// The direct children of a node.
    pub fn children(&self, of: u32) -> Children<'_> {
        let end = self.nodes.get(of as usize).map_or(0, |node| node.next);
        Children { tree: self, at: of + 1, end }
    }

    /// The child of an object with this key; the last one where a key is repeated.
    pub fn member(&self, of: u32, key: KeyId) -> Option<u32> {
        self.children(of).filter(|(_, node)| node.step == Step::Key(key)).last().map(|(at, _)| at)
    }
}

/// Iterator over the direct children of a node.
pub struct Children<'a> {
    tree: &'a Tree,
    at: u32,
    end: u32,
}

impl<'a> Iterator for Children<'a> {
    type Item = (u32, &'a Node);

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let at = self.at;
        let node = self.tree.nodes.get(at as usize)?;
        self.at = node.next.max(at + 1);
        Some((at, node))
    }
}
