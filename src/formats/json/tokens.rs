//! One JSON value to a flat tree, RFC 8259, without recursion.

use super::super::encoding::json_string;
use super::super::keys::Keys;
use super::super::tree::{KeyId, Node, NodeKind, Step, Tree};
use crate::records::OffsetMap;

/// Nodes of one record: more would take more memory than the record itself by far.
const NODES: usize = 2_000_000;

/// Why a value could not be read as a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Not JSON from about here on, or it ends too early.
    Malformed,
    /// Nested deeper than the limit.
    TooDeep,
    /// More values than are held at once.
    TooMany,
}

/// Offset of the first byte at or behind `at` that is no JSON white space.
pub(super) fn skip_blank(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// Reads the value that begins at `at` into `tree` and gives the offset behind it.
pub(super) fn parse(
    text: &str,
    at: usize,
    keys: &mut Keys,
    nesting: u32,
    tree: &mut Tree,
) -> Result<usize, Failure> {
    tree.nodes.clear();
    Parser { bytes: text.as_bytes(), text, at, keys, nesting, depth: 0, open: NONE, nodes: &mut tree.nodes }
        .run()
}

/// No container is open.
const NONE: u32 = u32::MAX;

struct Parser<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
    keys: &'a mut Keys,
    nesting: u32,
    depth: u32,
    /// The innermost open container; while open, its `next` counts its children.
    open: u32,
    nodes: &'a mut Vec<Node>,
}

impl Parser<'_> {
    fn run(mut self) -> Result<usize, Failure> {
        let mut step = Step::Root;
        let mut key = (0, 0);
        loop {
            self.value(step, key)?;
            loop {
                if self.open == NONE {
                    return Ok(self.at);
                }
                self.blank();
                let (kind, children) = self.open_container();
                let object = kind == NodeKind::Object;
                match self.bytes.get(self.at) {
                    Some(b']') if !object => self.close(),
                    Some(b'}') if object => self.close(),
                    Some(b',') if children > 0 => {
                        self.at += 1;
                        self.blank();
                        break;
                    }
                    Some(_) if children == 0 => break,
                    _ => return Err(Failure::Malformed),
                }
            }
            let (kind, children) = self.open_container();
            if kind == NodeKind::Object {
                (step, key) = self.key()?;
            } else {
                (step, key) = (Step::Index(children), (0, 0));
            }
            if let Some(container) = self.nodes.get_mut(self.open as usize) {
                container.next += 1;
            }
        }
    }

    fn open_container(&self) -> (NodeKind, u32) {
        self.nodes.get(self.open as usize).map_or((NodeKind::Null, 0), |node| (node.kind, node.next))
    }

    fn blank(&mut self) {
        self.at = skip_blank(self.bytes, self.at);
    }

    /// Closes the innermost container behind its bracket.
    fn close(&mut self) {
        self.at += 1;
        self.depth = self.depth.saturating_sub(1);
        let end = narrow(self.at);
        let next = narrow(self.nodes.len());
        if let Some(node) = self.nodes.get_mut(self.open as usize) {
            node.end = end;
            node.next = next;
            self.open = if node.step == Step::Root { NONE } else { node.parent };
        }
    }

    fn value(&mut self, step: Step, key: (u32, u32)) -> Result<(), Failure> {
        let start = self.at;
        match self.bytes.get(start) {
            Some(b'"') => {
                let (end, escaped) = self.string()?;
                self.leaf(step, key, NodeKind::String { escaped }, start + 1, end);
                Ok(())
            }
            Some(b'{') => self.container(step, key, NodeKind::Object),
            Some(b'[') => self.container(step, key, NodeKind::Array),
            Some(b't') => self.word(step, key, b"true", NodeKind::Bool(true)),
            Some(b'f') => self.word(step, key, b"false", NodeKind::Bool(false)),
            Some(b'n') => self.word(step, key, b"null", NodeKind::Null),
            Some(b'-' | b'0'..=b'9') => {
                while let Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E') = self.bytes.get(self.at) {
                    self.at += 1;
                }
                self.leaf(step, key, NodeKind::Number, start, self.at);
                Ok(())
            }
            _ => Err(Failure::Malformed),
        }?;
        if self.nodes.len() > NODES { Err(Failure::TooMany) } else { Ok(()) }
    }

    fn word(&mut self, step: Step, key: (u32, u32), word: &[u8], kind: NodeKind) -> Result<(), Failure> {
        if !self.bytes.get(self.at..).unwrap_or(&[]).starts_with(word) {
            return Err(Failure::Malformed);
        }
        let start = self.at;
        self.at += word.len();
        self.leaf(step, key, kind, start, self.at);
        Ok(())
    }

    fn container(&mut self, step: Step, key: (u32, u32), kind: NodeKind) -> Result<(), Failure> {
        if self.depth >= self.nesting {
            return Err(Failure::TooDeep);
        }
        self.depth += 1;
        let at = narrow(self.nodes.len());
        self.push(Node {
            parent: self.parent(at),
            next: 0,
            step,
            kind,
            start: narrow(self.at),
            end: 0,
            key,
            nth: 0,
        });
        self.open = at;
        self.at += 1;
        Ok(())
    }

    fn leaf(&mut self, step: Step, key: (u32, u32), kind: NodeKind, start: usize, end: usize) {
        let at = narrow(self.nodes.len());
        let node = Node {
            parent: self.parent(at),
            next: at + 1,
            step,
            kind,
            start: narrow(start),
            end: narrow(end),
            key,
            nth: 0,
        };
        self.push(node);
    }

    fn parent(&self, own: u32) -> u32 {
        if self.open == NONE { own } else { self.open }
    }

    fn push(&mut self, node: Node) {
        self.nodes.push(node);
    }

    /// A string whose opening quote stands at `at`: (its closing quote, whether it has escapes). Goes
    /// on behind it.
    fn string(&mut self) -> Result<(usize, bool), Failure> {
        let (end, escaped) = string_end(self.bytes, self.at + 1).ok_or(Failure::Malformed)?;
        self.at = end + 1;
        Ok((end, escaped))
    }

    fn key(&mut self) -> Result<(Step, (u32, u32)), Failure> {
        if self.bytes.get(self.at) != Some(&b'"') {
            return Err(Failure::Malformed);
        }
        let start = self.at + 1;
        let (id, end) = match self.keys.follows(self.bytes.get(start..).unwrap_or(&[])) {
            Some((id, len)) => {
                self.at = start + len + 1;
                (id, start + len)
            }
            None => {
                let (end, escaped) = self.string()?;
                let name = self.text.get(start..end).ok_or(Failure::Malformed)?;
                (if escaped { self.escaped_key(name) } else { self.keys.id(name) }, end)
            }
        };
        self.blank();
        if self.bytes.get(self.at) != Some(&b':') {
            return Err(Failure::Malformed);
        }
        self.at += 1;
        self.blank();
        Ok((Step::Key(id), (narrow(start), narrow(end))))
    }

    fn escaped_key(&mut self, raw: &str) -> KeyId {
        let mut decoded = Vec::with_capacity(raw.len());
        json_string::decode(raw.as_bytes(), &mut decoded, &mut OffsetMap::new());
        self.keys.id(&String::from_utf8_lossy(&decoded))
    }
}

/// The closing quote of a string whose text begins at `at`, and whether it holds a backslash.
pub(super) fn string_end(bytes: &[u8], mut at: usize) -> Option<(usize, bool)> {
    // Most strings are short: a few words at a time beat the vector search's set-up for them.
    for _ in 0..4 {
        let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) else { break };
        match first_mark(u64::from_le_bytes(*word)) {
            None => at += 8,
            Some(inside) => {
                at += inside;
                if bytes.get(at) == Some(&b'"') {
                    return Some((at, false));
                }
                break;
            }
        }
    }
    let mut escaped = false;
    loop {
        let found = memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        at += found;
        if bytes.get(at) == Some(&b'"') {
            return Some((at, escaped));
        }
        escaped = true;
        at += 2;
    }
}

/// Where the first quote or backslash stands among eight bytes, the first of which is the lowest.
fn first_mark(word: u64) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    // The high bit of each byte that is zero, and of some above it: the lowest is always right.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let found = zeros(word ^ (ONES * b'"' as u64)) | zeros(word ^ (ONES * b'\\' as u64));
    (found != 0).then_some(found.trailing_zeros() as usize / 8)
}

/// The offset behind the value at `at`, found by brackets and quotes alone, at any depth.
pub(super) fn skip_value(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0u64;
    loop {
        match bytes.get(at)? {
            b'"' => at = string_end(bytes, at + 1)?.0 + 1,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::super::keys::KeyTable;
    use super::*;

    fn tree(text: &str) -> Result<(Tree, usize), Failure> {
        let mut keys = Keys::new(Arc::new(KeyTable::default()));
        let mut tree = Tree::default();
        let end = parse(text, 0, &mut keys, 16, &mut tree)?;
        Ok((tree, end))
    }

    #[test]
    fn spans_are_exact() {
        let text = r#"{"a":"x\n","b":[1,-2.5e3,true,null,{}],"é":""} rest"#;
        let (tree, end) = tree(text).unwrap();
        assert_eq!(&text[end..], " rest");
        let spans: Vec<&str> = tree.nodes.iter().map(|n| &text[n.start as usize..n.end as usize]).collect();
        assert_eq!(
            spans,
            [&text[..end], r"x\n", "[1,-2.5e3,true,null,{}]", "1", "-2.5e3", "true", "null", "{}", ""]
        );
        let next: Vec<u32> = tree.nodes.iter().map(|n| n.next).collect();
        assert_eq!(next, [9, 2, 8, 4, 5, 6, 7, 8, 9]);
        let steps: Vec<Step> = tree.children(2).map(|(_, n)| n.step).collect();
        assert_eq!(steps, (0..5).map(Step::Index).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            "{",
            "[",
            "[1",
            "[1,]",
            "[,1]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "\"x",
            "tru",
            "[1 2]",
            "{\"a\":1]",
            "[1}",
            "'a'",
            "\"a\\\"",
            "{\"a\" 1}",
            "{,}",
        ] {
            assert_eq!(tree(text).map(|(_, end)| end), Err(Failure::Malformed), "{text}");
        }
    }

    #[test]
    fn strings_end_at_their_quote_wherever_it_stands() {
        for len in 0..80 {
            let text =
                format!("{}\" \\", "x!#[]é\u{1}\u{7f}".repeat(10).chars().take(len).collect::<String>());
            let end = text.find('"').unwrap();
            assert_eq!(string_end(text.as_bytes(), 0), Some((end, false)), "{text}");
            let escaped = format!("{}\\\"{text}", "x".repeat(len));
            assert_eq!(string_end(escaped.as_bytes(), 0), Some((len + 2 + end, true)), "{escaped}");
        }
    }

    #[test]
    fn keys_are_told_apart_in_whatever_order_they_come() {
        let text = r#"[{"a":1,"b":2},{"a":1,"bc":2},{"a":1,"b\"":2},{"a":1,"b\"c":2},{"a":1,"b":2}]"#;
        let mut keys = Keys::new(Arc::new(KeyTable::default()));
        let mut tree = Tree::default();
        parse(text, 0, &mut keys, 16, &mut tree).unwrap();
        let names: Vec<&str> = tree
            .nodes
            .iter()
            .filter_map(|node| match node.step {
                Step::Key(key) => keys.name(key),
                _ => None,
            })
            .collect();
        assert_eq!(names, ["a", "b", "a", "bc", "a", "b\"", "a", "b\"c", "a", "b"]);
    }

    #[test]
    fn depth_is_bounded() {
        assert!(tree(&format!("{}{}", "[".repeat(16), "]".repeat(16))).is_ok());
        assert_eq!(tree(&format!("{}{}", "[".repeat(17), "]".repeat(17))).map(|_| ()), Err(Failure::TooDeep));
        assert_eq!(skip_value(format!("{}{} x", "[".repeat(17), "]".repeat(17)).as_bytes(), 0), Some(34));
    }

    proptest! {
        /// serde_json is the oracle: what it takes, the tokenizer takes, with as many values.
        #[test]
        fn what_serde_takes_is_taken(text in r#"[\[\]{}:, "a1\\n0-]{0,24}"#) {
            let oracle = serde_json::from_str::<serde_json::Value>(&text);
            let ours = tree(text.trim_start());
            if oracle.is_ok() {
                prop_assert!(ours.is_ok_and(|(_, end)| text.trim_start()[end..].trim().is_empty()), "{}", text);
            }
        }

        #[test]
        fn nothing_panics(text in any::<String>()) {
            let _ = tree(&text);
            let _ = skip_value(text.as_bytes(), 0);
        }
    }
}
