//! A tree under a mapping: which records it holds, with their facts and links, and what each value is.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::clock::{KnownFacts, set_clocks};
use super::facts::{fact_value, set_mark, set_mark_or_fact, unreadable};
use super::nodes::{key_of, outside, role_by_name, text_of};
use super::{Entry, FactRule, Mappings, Packing, Shape, ShapeId};
use crate::formats::keys::Keys;
use crate::formats::tree::{KeyId, Node, NodeKind, Step, Tree};
use crate::records::{
    Block, DayMonth, Extent, FactId, FactType, FactValue, Link, Ordinal, Record, RecordKind, Relation, Role,
    Supplier, Text,
};

/// Records made of the values of one settings object, at most.
const LEAVES: usize = 4096;

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

/// What a value is to its record.
#[derive(Clone, Copy, Debug)]
pub(in crate::formats) struct NodePlan {
    /// Which of the plan's records it belongs to.
    pub(in crate::formats) record: u32,
    pub(in crate::formats) role: Role,
    pub(in crate::formats) html: bool,
    shape: Option<ShapeId>,
    /// The key the elements of an array stand under.
    entry: Option<(ShapeId, KeyId)>,
    /// Where the last child met so far ends, quotes included; 0 before the first.
    child_end: u32,
    /// An array of objects and nothing else: its elements can go one by one.
    objects: bool,
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
        self.chunk = mappings.chunk(id).and_then(|keys| {
            let member = |key| {
                let at = element.tree.member(element.root, key)?;
                Some((at, element.tree.nodes.get(at as usize)?))
            };
            let (node, _) = member(keys.data)?;
            let value = |key| member(key).map(|(_, node)| text_of(element.text, node, element.quote));
            let position = value(keys.position).and_then(|number| number.trim().parse().ok());
            Some(Chunk { of: value(keys.of)?.trim().to_owned(), position, node })
        });
        if let (Some(chunk), Some(system)) = (&self.chunk, system) {
            let (system, id) = (Arc::clone(&system.name), chunk.of.clone());
            self.described.push(Described { system, id, name: String::new(), media_type: None, here: true });
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

/// Texts that are one text together.
#[derive(Default)]
struct Runs {
    /// Their nodes, in order.
    all: Vec<Vec<u32>>,
    /// The run of each of them.
    of: BTreeMap<u32, usize>,
}

impl Runs {
    fn clear(&mut self) {
        self.all.clear();
        self.of.clear();
    }

    fn push(&mut self, run: Vec<u32>) {
        self.of.extend(run.iter().map(|at| (*at, self.all.len())));
        self.all.push(run);
    }
}

struct Walk<'w, 'a> {
    mappings: &'w Mappings,
    element: &'w Element<'a>,
    records: &'w mut Vec<Record>,
    nodes: &'w mut Vec<NodePlan>,
    marks: &'w [memchr::memmem::Finder<'static>],
    anonymised_as: Option<&'w regex::RegexSet>,
    /// Values that are files, with their records.
    files: Vec<(u32, u32, Packing)>,
    runs: &'w mut Runs,
    /// Names of files, with their records.
    names: Vec<(u32, String)>,
    known: KnownFacts,
    block: &'w mut Block,
}

impl Walk<'_, '_> {
    /// The files attachments are about.
    fn described(&self) -> Vec<Described> {
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
    fn packed(&self) -> Vec<FileNode> {
        let file = |(node, record, packing): &(u32, u32, Packing)| FileNode {
            node: *node,
            packing: *packing,
            name: self.name_of(*record),
            media_type: self.media_type(*record),
        };
        self.files.iter().map(file).collect()
    }

    fn begin_record(&mut self, mut record: Record, shape: &Shape) -> u32 {
        for (fact, value) in shape.set.iter().filter(|(fact, _)| self.wants(*fact)) {
            record.facts.set(*fact, value.clone(), Supplier::Export);
        }
        let at = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        self.records.push(record);
        at
    }

    /// Whether a fact is wanted: in a survey only those that joins are made of.
    fn wants(&self, fact: FactId) -> bool {
        let known = &self.known;
        !self.element.survey
            || [
                known.created_at,
                known.role,
                known.direction,
                known.solved_at,
                known.closed_at,
                known.anonymised,
                known.media_type,
                known.soft_deleted,
                known.status,
                known.status_raw,
                known.status_id,
            ]
            .contains(&Some(fact))
    }

    fn run(&mut self, root_shape: ShapeId) {
        let root = self.element.root;
        let end = self.element.tree.nodes.get(root as usize).map_or(root, |node| node.next);
        let nodes = self.element.tree.nodes.get(root as usize..end as usize).unwrap_or(&[]);
        for (at, node) in (root..).zip(nodes) {
            let plan = if at == root {
                NodePlan {
                    record: 0,
                    role: Role::Other,
                    html: false,
                    shape: Some(root_shape),
                    entry: None,
                    child_end: 0,
                    objects: false,
                }
            } else {
                self.node(at, node)
            };
            self.nodes.push(plan);
        }
    }

    fn node(&mut self, at: u32, node: &Node) -> NodePlan {
        let above =
            match node.parent.checked_sub(self.element.root).and_then(|at| self.nodes.get(at as usize)) {
                Some(above) => *above,
                None => NodePlan {
                    record: 0,
                    role: Role::Other,
                    html: false,
                    shape: None,
                    entry: None,
                    child_end: 0,
                    objects: false,
                },
            };
        let shape = above.shape.and_then(|id| self.mappings.shape(id));
        let entry_ref = match node.step {
            Step::Key(key) => above.shape.map(|id| (id, key)),
            Step::Index(_) | Step::Text | Step::Root => above.entry,
        };
        let mappings = self.mappings;
        let entry = entry_ref.and_then(|(id, key)| mappings.shape(id).and_then(|shape| shape.entry(key)));
        let leaves = shape.is_some_and(|shape| shape.leaves);
        let mut plan = NodePlan {
            record: above.record,
            role: above.role,
            html: entry.is_some_and(|entry| entry.html),
            shape: None,
            entry: entry_ref.filter(|_| entry.is_some()),
            child_end: 0,
            objects: false,
        };
        let named = || self.element.keys.name(key_of(node)?).map(|name| role_by_name(name, node.kind));
        plan.role = match entry.and_then(|entry| entry.role) {
            Some(role) => role,
            None if matches!(node.step, Step::Key(_)) => named().unwrap_or(Role::Other),
            None if entry.is_some() => Role::Other,
            None => above.role,
        };
        if let Some(packing) = entry.and_then(|entry| entry.file) {
            self.files.push((at, plan.record, packing));
        }
        match node.kind {
            NodeKind::Object => {
                plan.shape = entry.and_then(|entry| entry.inner).or(above.shape.filter(|_| leaves));
                if let Some(inner) = plan.shape.and_then(|id| mappings.shape(id)).filter(|_| !leaves) {
                    plan.record = self.inner_record(node, &above, inner);
                }
            }
            NodeKind::Array => {
                plan.shape = above.shape.filter(|_| leaves);
                plan.objects =
                    self.element.tree.children(at).all(|(_, child)| child.kind == NodeKind::Object);
                if let Some(entry) = entry.filter(|_| node.next == at + 1 && !self.element.survey) {
                    self.empty_list(entry, plan.record);
                }
                if let Some(key) = entry.and_then(|entry| entry.runs).filter(|_| !self.element.survey) {
                    self.run_together(at, key);
                }
            }
            _ if leaves => plan.record = self.leaf_record(at, node, above.record),
            _ => {
                if self.stands_for_nobody(node, plan) {
                    plan.role = Role::Identifier;
                }
                // The text of an element that has attributes, too, is its value.
                let parent = (node.step == Step::Text).then_some(()).and(above.entry);
                let around = parent.and_then(|(id, _)| mappings.shape(id)).or(shape);
                self.leaf(node, entry, around, parent.map(|(_, key)| key), plan);
            }
        }
        if let Some(above) =
            node.parent.checked_sub(self.element.root).and_then(|at| self.nodes.get_mut(at as usize))
        {
            above.child_end = u32::try_from(outside(node).1).unwrap_or(u32::MAX);
        }
        plan
    }

    /// Neighbours in an array that have a text under `key` are one text: marks cut it, not who wrote it.
    fn run_together(&mut self, array: u32, key: KeyId) {
        let tree = self.element.tree;
        let text = |at: u32| {
            let at = tree.member(at, key)?;
            let node = tree.nodes.get(at as usize)?;
            (matches!(node.kind, NodeKind::String { .. }) && node.start < node.end).then_some(at)
        };
        let mut run = Vec::new();
        for found in tree.children(array).map(|(at, _)| text(at)).chain([None]) {
            match found {
                Some(at) => run.push(at),
                None if run.len() > 1 => self.runs.push(std::mem::take(&mut run)),
                None => run.clear(),
            }
        }
    }

    /// A list without an element is known to hold none.
    fn empty_list(&mut self, entry: &Entry, record: u32) {
        let Some(record) = self.records.get_mut(record as usize) else { return };
        for rule in entry.facts.iter().filter(|rule| rule.fact.card().fact_type == FactType::Words) {
            let speaks = rule.fact.card().kinds.contains(&record.reference.kind);
            if speaks && record.facts.get(rule.fact).is_none() {
                record.facts.set(rule.fact, FactValue::Words(Vec::new()), Supplier::Export);
            }
        }
    }

    /// The record an object inside another is, if its shape is one; else the record around it.
    fn inner_record(&mut self, node: &Node, above: &NodePlan, shape: &Shape) -> u32 {
        let around = above.record;
        let Some(kind) = shape.kind else { return around };
        let Some(parent) = self.records.get(around as usize) else { return around };
        let sub = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        let system = Arc::clone(&parent.reference.system);
        let mut record = self.block.new_record(system, kind, Ordinal { sub, ..self.element.ordinal });
        record.parent = Some(around);
        record.extent = match self.element.apart {
            true => self.own_extent(node),
            false if above.objects => self.inner_extent(node, above.child_end),
            false => None,
        };
        record.links.extend(link_up(parent));
        self.begin_record(record, shape)
    }

    /// Elements of XML have nothing between them that would have to go, too.
    fn own_extent(&self, node: &Node) -> Option<Extent> {
        let [start, end] = [node.start, node.end].map(|at| (self.element.raw)(at as usize));
        Some(Extent { lead: start, start, end, siblings: u64::MAX })
    }

    /// Whether a name or address is what the vendor puts in the place of somebody made anonymous. Then
    /// the person is, and nothing stands here.
    fn stands_for_nobody(&mut self, node: &Node, plan: NodePlan) -> bool {
        let Some(set) = self.anonymised_as else { return false };
        if !matches!(plan.role, Role::PersonName | Role::NameElsewhere | Role::EmailAddress) {
            return false;
        }
        let value = self.value(node);
        let nobody = set.is_match(value.trim());
        if let (Some(fact), Some(record)) =
            (self.known.anonymised, self.records.get_mut(plan.record as usize))
            && record.reference.kind == RecordKind::Person
        {
            set_mark(record, fact, nobody);
        }
        nobody
    }

    /// Elements of arrays can be removed on their own.
    fn inner_extent(&self, node: &Node, before: u32) -> Option<Extent> {
        if !matches!(node.step, Step::Index(_)) {
            return None;
        }
        let array = self.element.tree.nodes.get(node.parent as usize)?;
        let raw = self.element.raw;
        let start = raw(node.start as usize);
        let lead = if before == 0 { start } else { raw(before as usize) };
        Some(Extent { lead, start, end: raw(node.end as usize), siblings: raw(array.start as usize) + 1 })
    }

    /// A setting: its key is the path from the object of settings.
    fn leaf_record(&mut self, at: u32, node: &Node, around: u32) -> u32 {
        if self.records.len() >= LEAVES || matches!(node.kind, NodeKind::Object | NodeKind::Array) {
            return around;
        }
        let Some(parent) = self.records.get(around as usize) else { return around };
        let (system, kind) = (Arc::clone(&parent.reference.system), parent.reference.kind);
        let sub = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        let mut record = self.block.new_record(system, kind, Ordinal { sub, ..self.element.ordinal });
        record.parent = Some(around);
        if let Some(key) = self.known.key {
            record.facts.set(key, FactValue::Word(self.dotted(at).into()), Supplier::Export);
        }
        if let Some(value) = self.known.value
            && node.kind != NodeKind::Null
        {
            let text = Text::new(self.value(node));
            record.facts.set(value, FactValue::Text(text), Supplier::Export);
        }
        self.records.push(record);
        sub
    }

    /// `security.password_policy.min_length`; positions in arrays are left out.
    fn dotted(&self, at: u32) -> String {
        let tree = self.element.tree;
        let mut names: Vec<&str> = Vec::new();
        let mut at = at;
        while at > self.element.root {
            let Some(node) = tree.nodes.get(at as usize) else { break };
            names.extend(key_of(node).and_then(|key| self.element.keys.name(key)));
            at = node.parent.min(at.saturating_sub(1));
        }
        names.reverse();
        names.join(".")
    }

    fn leaf(
        &mut self,
        node: &Node,
        entry: Option<&Entry>,
        shape: Option<&Shape>,
        parent: Option<KeyId>,
        plan: NodePlan,
    ) {
        let key = key_of(node).or(parent);
        let is_id = key.is_some() && shape.and_then(|shape| shape.id) == key;
        if plan.role == Role::FileName {
            self.names.push((plan.record, self.value(node).into_owned()));
        }
        if is_id && node.kind != NodeKind::Null {
            let id = Text::new(self.value(node).trim());
            let fact = self.known.id;
            if let Some(record) = self.records.get_mut(plan.record as usize).filter(|_| !id.is_empty()) {
                if let Some(fact) = fact.filter(|_| !self.element.survey) {
                    record.facts.set(fact, FactValue::Text(id.clone()), Supplier::Export);
                }
                record.reference.id = Some(id);
            }
        }
        let Some(entry) = entry else { return };
        if !self.element.survey && matches!(plan.role, Role::Body | Role::Subject) {
            self.look_for_marks(node, plan.record);
        }
        if entry.facts.is_empty() && entry.links.is_empty() {
            return;
        }
        let (text, quote) = (self.element.text, self.element.quote);
        let value = text_of(text, node, quote);
        for rule in &entry.facts {
            if self.wants(rule.fact) {
                self.fact(rule, node, &value, plan.record);
            }
        }
        let id = value.trim();
        if id.is_empty() || matches!(node.kind, NodeKind::Null | NodeKind::Bool(_)) {
            return;
        }
        if let Some(record) = self.records.get_mut(plan.record as usize) {
            let links = entry.links.iter().map(|rule| Link {
                relation: rule.relation,
                kind: rule.to,
                id: Text::new(id),
            });
            record.links.extend(links);
        }
    }

    fn look_for_marks(&mut self, node: &Node, record: u32) {
        let Some(fact) = self.known.redacted else { return };
        let Some(record) = self.records.get_mut(record as usize) else { return };
        if !fact.card().kinds.contains(&record.reference.kind) {
            return;
        }
        let raw = self.element.text.get(node.start as usize..node.end as usize).unwrap_or("").as_bytes();
        let marked = self.marks.iter().any(|mark| mark.find(raw).is_some());
        set_mark(record, fact, marked);
    }

    fn fact(&mut self, rule: &FactRule, node: &Node, value: &str, record: u32) {
        let Some(record) = self.records.get_mut(record as usize) else { return };
        if !rule.fact.card().kinds.contains(&record.reference.kind) {
            return;
        }
        let order = match node.step {
            Step::Key(_) if node.parent == self.element.root => {
                let column = self.element.tree.children(self.element.root);
                column.take(self.element.orders.len()).position(|(_, known)| known.start == node.start)
            }
            _ => None,
        };
        let order = order.and_then(|at| self.element.orders.get(at).copied()).flatten();
        let Some(found) = fact_value(rule, node.kind, value, order) else {
            return unreadable(rule, record, node.kind, value);
        };
        match (found, record.facts.get(rule.fact)) {
            // What is known does not give way to a word that stands for anything else, or to a weaker one.
            (FactValue::Word(word), Some(FactValue::Word(known)))
                if known != "unknown" && (rule.weak || word == "unknown") => {}
            (FactValue::Bool(value), _) => set_mark_or_fact(record, rule.fact, value),
            (FactValue::Words(more), Some(FactValue::Words(known))) => {
                let all = known.iter().cloned().chain(more).collect();
                record.facts.set(rule.fact, FactValue::Words(all), Supplier::Export);
            }
            (found, _) => record.facts.set(rule.fact, found, Supplier::Export),
        }
    }

    fn value(&self, node: &Node) -> Cow<'_, str> {
        text_of(self.element.text, node, self.element.quote)
    }
}

/// A record inside another points to it where that has an id already.
fn link_up(parent: &Record) -> Option<Link> {
    let relation = match parent.reference.kind {
        RecordKind::Ticket => Relation::Ticket,
        RecordKind::Comment => Relation::Comment,
        RecordKind::Article => Relation::Article,
        _ => return None,
    };
    Some(Link { relation, kind: parent.reference.kind, id: parent.reference.id.clone()? })
}
