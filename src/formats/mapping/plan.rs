//! A tree under a mapping: which records it holds, with their facts and links, and what each value is.

use std::sync::Arc;

use super::clock::{KnownFacts, set_clocks};
use super::files::{Chunk, Described, FileNode};
use super::runs::Runs;
use super::walk::Walk;
use super::{Mappings, ShapeId};
use crate::formats::keys::Keys;
use crate::formats::tree::{KeyId, Tree};
use crate::records::{Block, DayMonth, Extent, Ordinal, Record, RecordKind, Role};

/// A top-level element as a reader hands it over.
pub(in crate::formats) struct Element<'a> {
    pub(in crate::formats) tree: &'a Tree,
    /// The node the element is.
    pub(in crate::formats) root: u32,
    /// The text the tree's spans point into.
    pub(in crate::formats) text: &'a str,
    /// Quote of table cells.
    pub(in crate::formats) quote: u8,
    pub(in crate::formats) keys: &'a Keys,
    pub(in crate::formats) ordinal: Ordinal,
    pub(in crate::formats) extent: Option<Extent>,
    /// Name of the format, the system of what no mapping knows.
    pub(in crate::formats) system: &'a Arc<str>,
    /// Where a byte of the text stands in the item.
    pub(in crate::formats) raw: &'a dyn Fn(usize) -> u64,
    /// Only ids, links and the dates of acts are wanted, not what rules read.
    pub(in crate::formats) survey: bool,
    /// Whether any object inside can be removed without its neighbours (elements of XML).
    pub(in crate::formats) apart: bool,
    /// In which order day and month stand in the dates of a column, by its position; none where that
    /// is not known.
    pub(in crate::formats) orders: &'a [Option<DayMonth>],
}

/// What a value is to its record.
#[derive(Clone, Copy, Debug)]
pub(in crate::formats) struct NodePlan {
    /// Which of the plan's records it belongs to.
    pub(in crate::formats) record: u32,
    pub(in crate::formats) role: Role,
    pub(in crate::formats) html: bool,
    pub(super) shape: Option<ShapeId>,
    /// The key the elements of an array stand under.
    pub(super) entry: Option<(ShapeId, KeyId)>,
    /// Where the last child met so far ends, quotes included; 0 before the first.
    pub(super) child_end: u32,
    /// An array of objects and nothing else: its elements can go one by one.
    pub(super) objects: bool,
}

impl NodePlan {
    /// Of a value nothing is known of.
    pub(super) const NONE: NodePlan = NodePlan {
        record: 0,
        role: Role::Other,
        html: false,
        shape: None,
        entry: None,
        child_end: 0,
        objects: false,
    };
}

/// The records of an element, the one it is first, and what its values are.
#[derive(Default)]
pub(in crate::formats) struct Plan {
    pub(in crate::formats) records: Vec<Record>,
    /// One a node from the root on; empty where no mapping knows the element.
    pub(in crate::formats) nodes: Vec<NodePlan>,
    /// Values that are files.
    pub(in crate::formats) files: Vec<FileNode>,
    /// Values that are one text together, run after run, each sorted by its place.
    runs: Runs,
    /// The piece of a file the element is, if it is one.
    pub(in crate::formats) chunk: Option<Chunk>,
    /// What attachments in the element say of their files.
    pub(in crate::formats) described: Vec<Described>,
    known: KnownFacts,
}

impl Plan {
    /// Makes the plan of an element, in the memory of the one before.
    pub(in crate::formats) fn make(
        &mut self,
        mappings: &Mappings,
        shape: Option<ShapeId>,
        element: &Element<'_>,
        block: &mut Block,
    ) {
        self.records.clear();
        self.nodes.clear();
        self.files.clear();
        self.runs.clear();
        self.chunk = None;
        self.described.clear();
        let shape_of = shape.and_then(|id| mappings.shape(id));
        let system = shape_of.and_then(|shape| mappings.systems.get(shape.system));
        let name = system.map_or_else(|| Arc::clone(element.system), |system| Arc::clone(&system.name));
        let kind = shape_of.and_then(|shape| shape.kind).unwrap_or(RecordKind::Other);
        let mut record = block.new_record(name, kind, element.ordinal);
        record.extent = element.extent;
        let (Some(id), Some(shape)) = (shape, shape_of) else {
            self.records.push(record);
            return;
        };
        let mut walk = Walk {
            mappings,
            element,
            records: &mut self.records,
            nodes: &mut self.nodes,
            marks: system.map_or(&[], |system| &system.marks),
            nothing: system.map_or(&[], |system| &system.nothing),
            anonymised_as: system.and_then(|system| system.anonymised_as.as_ref()),
            files: Vec::new(),
            runs: &mut self.runs,
            names: Vec::new(),
            known: self.known,
            block,
        };
        walk.begin_record(record, shape);
        walk.run(id);
        if !element.survey {
            set_clocks(walk.records, &walk.known);
        }
        let (files, described) = (walk.packed(), walk.described());
        self.files = files;
        self.described = described;
        self.chunk = mappings.chunk(id).and_then(|keys| Chunk::of(element, keys));
        if let (Some(chunk), Some(system)) = (&self.chunk, system) {
            let (system, id) = (Arc::clone(&system.name), chunk.of.clone());
            let (name, media_type, at) = (String::new(), None, None);
            self.described.push(Described { system, id, name, media_type, at, here: true });
        }
    }

    /// Whether the text of a node is a file, or a piece of one, and no text.
    pub(in crate::formats) fn is_file(&self, at: u32) -> bool {
        self.files.iter().any(|file| file.node == at)
            || self.chunk.as_ref().is_some_and(|chunk| chunk.node == at)
    }

    /// The run of texts a node belongs to.
    pub(in crate::formats) fn run(&self, at: u32) -> Option<&[u32]> {
        self.runs.of.get(&at).and_then(|run| self.runs.all.get(*run)).map(Vec::as_slice)
    }

    /// Forgets what was said of values: those that come next are no mapping's.
    pub(in crate::formats) fn forget_values(&mut self) {
        self.nodes.clear();
        self.files.clear();
        self.runs.clear();
    }

    /// What a node is.
    pub(in crate::formats) fn node(&self, at: u32, root: u32) -> Option<&NodePlan> {
        self.nodes.get(at.checked_sub(root)? as usize)
    }
}
