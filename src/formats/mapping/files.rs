//! Files of attachments: what records say of them, and those that lie in values.

use std::sync::Arc;

use super::Packing;
use super::nodes::text_of;
use super::plan::Element;
use super::shape::ChunkKeys;
use super::walk::Walk;
use crate::formats::tree::{KeyId, Step};
use crate::records::{FactValue, Record, RecordKind, Stamp};

/// A file that lies in the text of a value.
pub(in crate::formats) struct FileNode {
    /// The value.
    pub(in crate::formats) node: u32,
    /// How it stands there.
    pub(in crate::formats) packing: Packing,
    /// Its name, empty where the record has none.
    pub(in crate::formats) name: String,
    /// Its declared media type.
    pub(in crate::formats) media_type: Option<String>,
}

/// What a record says of an attachment's file.
pub struct Described {
    /// The helpdesk.
    pub system: Arc<str>,
    /// The attachment's id; empty where it has none.
    pub id: String,
    /// The file's name; empty where the record says none.
    pub name: String,
    /// Its declared media type.
    pub media_type: Option<String>,
    /// When it was sent.
    pub at: Option<Stamp>,
    /// Whether bytes of it stand here, or the vendor marked it deleted: nobody misses it.
    pub here: bool,
}

/// A piece of a file.
pub(in crate::formats) struct Chunk {
    /// The file's id.
    pub(in crate::formats) of: String,
    /// Its position, if it is a number.
    pub(in crate::formats) position: Option<u64>,
    /// The value that holds its bytes.
    pub(in crate::formats) node: u32,
}

impl Chunk {
    /// The piece of a file an element is.
    pub(super) fn of(element: &Element<'_>, keys: ChunkKeys) -> Option<Chunk> {
        let member = |key: KeyId| {
            let at = element.tree.member(element.root, key)?;
            Some((at, element.tree.nodes.get(at as usize)?))
        };
        let (node, _) = member(keys.data)?;
        // An element of XML that has attributes, too, has its value as a text inside.
        let inside = |(at, node)| {
            let mut children = element.tree.children(at);
            children.find(|(_, child)| child.step == Step::Text).map_or(node, |(_, text)| text)
        };
        let value = |key| member(key).map(|found| text_of(element.text, inside(found), element.quote));
        let position = value(keys.position).and_then(|number| number.trim().parse().ok());
        Some(Chunk { of: value(keys.of)?.trim().to_owned(), position, node })
    }
}

impl Walk<'_, '_> {
    /// The files attachments are about.
    pub(super) fn described(&self) -> Vec<Described> {
        let told = |(at, record): (u32, &Record)| {
            let marked = self.known.soft_deleted.and_then(|fact| record.facts.get(fact));
            let filled = |node: u32| {
                self.element.tree.nodes.get(node as usize).is_some_and(|node| node.start < node.end)
            };
            Described {
                system: Arc::clone(&record.reference.system),
                id: record.reference.id.as_ref().map_or_else(String::new, |id| id.expose().to_owned()),
                name: self.name_of(at),
                media_type: self.media_type(at),
                at: self.known.created_at.and_then(|fact| match record.facts.get(fact) {
                    Some(FactValue::Stamp(at)) => Some(*at),
                    _ => None,
                }),
                here: matches!(marked, Some(FactValue::Bool(true)))
                    || self.files.iter().any(|(node, of, _)| *of == at && filled(*node)),
            }
        };
        let attachments = (0u32..).zip(self.records.iter());
        attachments.filter(|(_, record)| record.reference.kind == RecordKind::Attachment).map(told).collect()
    }

    fn name_of(&self, record: u32) -> String {
        self.names.iter().find(|(of, _)| *of == record).map_or_else(String::new, |(_, name)| name.clone())
    }

    fn media_type(&self, record: u32) -> Option<String> {
        match self.records.get(record as usize)?.facts.get(self.known.media_type?) {
            Some(FactValue::Word(word)) => Some(word.to_string()),
            _ => None,
        }
    }

    /// The files of the element, with the names and types their records give them.
    pub(super) fn packed(&self) -> Vec<FileNode> {
        let file = |(node, record, packing): &(u32, u32, Packing)| FileNode {
            node: *node,
            packing: *packing,
            name: self.name_of(*record),
            media_type: self.media_type(*record),
        };
        self.files.iter().map(file).collect()
    }
}
