//! Nodes of a tree: where they stand, what their keys and texts are.

use std::borrow::Cow;

use crate::formats::encoding;
use crate::formats::tree::{KeyId, Node, NodeKind, Step};
use crate::records::{OffsetMap, Role};

/// Where a node begins and ends with the quotes around it.
pub(super) fn outside(node: &Node) -> (usize, usize) {
    let (start, end) = (node.start as usize, node.end as usize);
    match node.kind {
        NodeKind::String { .. } | NodeKind::Cell { quoted: true, .. } => (start.saturating_sub(1), end + 1),
        _ => (start, end),
    }
}

pub(super) fn key_of(node: &Node) -> Option<KeyId> {
    match node.step {
        Step::Key(key) => Some(key),
        Step::Root | Step::Index(_) | Step::Text => None,
    }
}

/// The decoded text of a value.
pub(super) fn text_of<'t>(text: &'t str, node: &Node, quote: u8) -> Cow<'t, str> {
    let raw = text.get(node.start as usize..node.end as usize).unwrap_or("");
    let (encoding, changes) = node.kind.encoding((b',', quote));
    if !changes {
        return Cow::Borrowed(raw);
    }
    let mut decoded = Vec::new();
    encoding::decode(encoding, raw.as_bytes(), &mut decoded, &mut OffsetMap::new());
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}

/// The role the name of a key suggests where no mapping speaks. Only numbers are taken for ids and
/// measures: a string under `customer_id` may well be somebody's national number.
pub(in crate::formats) fn role_by_name(key: &str, kind: NodeKind) -> Role {
    if !matches!(kind, NodeKind::Number) {
        return Role::Other;
    }
    let is = |words: &[&str]| words.iter().any(|word| key.eq_ignore_ascii_case(word));
    if is(&["id", "ids", "ordinal", "index"]) || key.ends_with("_id") || key.ends_with("_ids") {
        Role::Identifier
    } else if is(&["timestamp", "time", "ts"]) || key.ends_with("_at") || key.ends_with("_time") {
        Role::TimeStamp
    } else if is(&[
        "size", "count", "version", "width", "height", "duration", "position", "page", "per_page", "total",
    ]) {
        Role::Measure
    } else {
        Role::Other
    }
}
