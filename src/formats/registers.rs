//! Registers written in YAML: a list of entries, a mapping of lists, or one entry.
//!
//! The text of the file is read as text like any other, comments included; what comes here are the entries
//! that a mapping knows, as records with facts and no fields of their own. So nothing is found twice, and
//! what is edited is the text. Only the survey, which edits nothing, is also given who people are.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use super::emit::{Emitter, Spot, root_path};
use super::json::tree_of;
use super::keys::Keys;
use super::mapping::{Element, Met, Plan};
use super::tree::Tree;
use super::values::names_people;
use super::{Piece, Purpose, Reading, Yield};
use crate::problem::read_yaml;
use crate::records::{Extent, Ordinal};

/// Larger files are no register.
const LARGEST: usize = 4 << 20;

/// Whether a name says that the file is YAML.
pub(super) fn is_yaml(name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or("");
    ending.eq_ignore_ascii_case("yaml") || ending.eq_ignore_ascii_case("yml")
}

/// The part of a text between two lines of `---`, and where it begins: what documents say of themselves.
pub(super) fn front_matter(text: &str) -> Option<(usize, &str)> {
    let rest = text.strip_prefix("---\n").or_else(|| text.strip_prefix("---\r\n"))?;
    let begin = text.len() - rest.len();
    let mut end = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((begin, rest.get(..end)?));
        }
        end += line.len();
    }
    None
}

/// Yields the entries of a text a mapping knows. `base` is where the text begins in the item.
pub(super) fn read(piece: &Piece<'_>, reading: &Reading<'_>, text: &str, base: u64, out: &mut dyn Yield) {
    if !piece.first || !piece.last || text.len() > LARGEST {
        return;
    }
    // What is no YAML, or holds more than data, was read as text.
    let Ok(node) = read_yaml::<Node>("register-yaml", "register", text) else { return };
    let mut entries = Entries { reading, text, base, ordinal: piece.first_ordinal + 1, out };
    match node {
        Node::List(rows) => entries.list(None, rows),
        Node::Map(pairs) => entries.map(pairs),
        Node::Leaf(_) => {}
    }
}

/// A value that keeps the places of the entries of lists.
enum Node {
    List(Vec<Spanned<Value>>),
    Map(Vec<(String, Node)>),
    Leaf(Value),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NodeVisitor;
        impl<'de> Visitor<'de> for NodeVisitor {
            type Value = Node;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("data")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Leaf(Value::Bool(value)))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Leaf(value.into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
                Ok(Node::Leaf(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
                Ok(Node::Leaf(value.into()))
            }
            fn visit_str<E>(self, value: &str) -> Result<Node, E> {
                Ok(Node::Leaf(Value::String(value.to_owned())))
            }
            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Leaf(Value::Null))
            }
            fn visit_none<E>(self) -> Result<Node, E> {
                Ok(Node::Leaf(Value::Null))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
                let mut rows = Vec::new();
                while let Some(row) = seq.next_element()? {
                    rows.push(row);
                }
                Ok(Node::List(rows))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Node::Map(pairs))
            }
        }
        deserializer.deserialize_any(NodeVisitor)
    }
}

impl From<Node> for Value {
    fn from(node: Node) -> Value {
        match node {
            Node::List(rows) => Value::Array(rows.into_iter().map(|row| row.value).collect()),
            Node::Map(pairs) => {
                Value::Object(pairs.into_iter().map(|(key, node)| (key, node.into())).collect::<Map<_, _>>())
            }
            Node::Leaf(value) => value,
        }
    }
}

struct Entries<'r, 'o> {
    reading: &'r Reading<'r>,
    text: &'r str,
    base: u64,
    ordinal: u64,
    out: &'o mut dyn Yield,
}

impl Entries<'_, '_> {
    /// Lists of entries under their keys; a mapping without any is one entry.
    fn map(&mut self, pairs: Vec<(String, Node)>) {
        let entries = |node: &Node| match node {
            Node::List(rows) => rows.iter().any(|row| row.value.is_object()),
            _ => false,
        };
        if !pairs.iter().any(|(_, node)| entries(node)) {
            return self.entry(None, Node::Map(pairs).into(), 1);
        }
        for (key, node) in pairs {
            if let Node::List(rows) = node {
                self.list(Some(&key), rows);
            }
        }
    }

    fn list(&mut self, under: Option<&str>, rows: Vec<Spanned<Value>>) {
        for row in rows {
            let line = row.referenced.line();
            self.entry(under, row.value, line);
        }
    }

    /// One entry, as JSON: mappings know trees.
    fn entry(&mut self, under: Option<&str>, value: Value, line: u64) {
        if !value.is_object() {
            return;
        }
        let json = value.to_string();
        let mut keys = Keys::new(self.reading.mappings.keys());
        let mut tree = Tree::default();
        if !tree_of(&json, &mut keys, &mut tree) {
            return;
        }
        let under = under.map(|key| keys.id(key));
        let mappings = self.reading.mappings;
        let Some(shape) = mappings.recognise(&mut Met::default(), &tree, 0, &json, (under, None)) else {
            return;
        };
        let start = self.base + offset_of(self.text, line);
        let element = Element {
            tree: &tree,
            root: 0,
            text: &json,
            quote: b'"',
            keys: &keys,
            ordinal: Ordinal { top: self.ordinal, sub: 0 },
            // Only to tell the line: what is removed is never an entry without its text.
            extent: Some(Extent { lead: start, start, end: start, siblings: 0 }),
            system: &Arc::from("yaml"),
            raw: &|_| start,
            survey: self.reading.purpose == Purpose::Survey,
            apart: false,
            orders: &[],
        };
        let mut plan = Plan::default();
        plan.make(mappings, Some(shape), &element, self.out.block());
        let mut emitter = Emitter::new(self.out);
        emitter.begin(std::mem::take(&mut plan.records));
        if element.survey {
            people(&plan, &element, &mut emitter);
        }
        emitter.end();
        self.ordinal += 1;
    }
}

/// The values that say who somebody is.
fn people(plan: &Plan, element: &Element<'_>, emitter: &mut Emitter<'_>) {
    let spot =
        Spot { layers: &[], raw: element.extent.map_or(0, |extent| extent.start), offset: 0, owned: None };
    for (at, node) in (0u32..).zip(&element.tree.nodes) {
        let Some(plan) = plan.node(at, element.root).filter(|plan| names_people(plan.role)) else { continue };
        let raw = element.text.get(node.start as usize..node.end as usize).unwrap_or("");
        if let Ok(text) = serde_json::from_str::<String>(&format!("\"{raw}\"")) {
            emitter.text(plan.record, plan.role, &text, &spot, &mut root_path);
        }
    }
}

/// Where a line begins, counted from 1.
fn offset_of(text: &str, line: u64) -> u64 {
    let before = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    text.split_inclusive('\n').take(before).map(str::len).sum::<usize>() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_is_what_stands_between_the_marks() {
        assert_eq!(front_matter("---\na: 1\n---\ntext"), Some((4, "a: 1\n")));
        assert_eq!(front_matter("---\r\na: 1\r\n---\r\n"), Some((5, "a: 1\r\n")));
        assert_eq!(front_matter("---\na: 1\n"), None);
        assert_eq!(front_matter("a: 1\n---\n"), None);
        assert_eq!(offset_of("a\nbb\nc", 3), 5);
    }
}
