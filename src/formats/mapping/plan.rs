//! A tree under a mapping: which records it holds, with their facts and links, and what each value is.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;

use super::{Entry, Epoch, FactRule, Mappings, Packing, Shape, ShapeId};
use crate::formats::encoding;
use crate::formats::keys::Keys;
use crate::formats::tree::{KeyId, Node, NodeKind, Step, Tree};
use crate::records::{
    Block, DayMonth, Extent, FactId, FactType, FactValue, Link, OffsetMap, Ordinal, Record, RecordKind,
    Relation, Role, Stamp, Supplier, Text,
};

/// Records made of the values of one settings object, at most.
const LEAVES: usize = 4096;
/// A vendor's word is not longer: what is, is no word.
const WORD: usize = 64;

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

/// What an attachment's record says of its file, which lies elsewhere.
pub(in crate::formats) struct Described {
    /// The record's id.
    pub(in crate::formats) id: String,
    /// The file's name.
    pub(in crate::formats) name: String,
    /// Its declared media type.
    pub(in crate::formats) media_type: Option<String>,
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
    /// The piece of a file the element is, if it is one.
    pub(in crate::formats) chunk: Option<Chunk>,
    /// What the element says of a file elsewhere, if it is an attachment.
    pub(in crate::formats) described: Option<Described>,
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
        self.chunk = None;
        self.described = None;
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
            names: Vec::new(),
            known: self.known,
            block,
        };
        walk.begin_record(record, shape);
        walk.run(id);
        if !element.survey {
            walk.finish();
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
    }

    /// Whether the text of a node is a file, or a piece of one, and no text.
    pub(in crate::formats) fn is_file(&self, at: u32) -> bool {
        self.files.iter().any(|file| file.node == at)
            || self.chunk.as_ref().is_some_and(|chunk| chunk.node == at)
    }

    /// What a node is.
    pub(in crate::formats) fn node(&self, at: u32, root: u32) -> Option<&NodePlan> {
        self.nodes.get(at.checked_sub(root)? as usize)
    }
}

/// The facts this file sets by name.
#[derive(Clone, Copy)]
struct KnownFacts {
    id: Option<FactId>,
    key: Option<FactId>,
    value: Option<FactId>,
    public: Option<FactId>,
    direction: Option<FactId>,
    created_at: Option<FactId>,
    role: Option<FactId>,
    solved_at: Option<FactId>,
    closed_at: Option<FactId>,
    contact: Option<FactId>,
    clock_at: Option<FactId>,
    clock: Option<FactId>,
    redacted: Option<FactId>,
    anonymised: Option<FactId>,
    media_type: Option<FactId>,
}

impl Default for KnownFacts {
    fn default() -> Self {
        Self {
            id: FactId::named("id"),
            key: FactId::named("key"),
            value: FactId::named("value"),
            public: FactId::named("public"),
            direction: FactId::named("direction"),
            created_at: FactId::named("created_at"),
            role: FactId::named("role"),
            solved_at: FactId::named("solved_at"),
            closed_at: FactId::named("closed_at"),
            contact: FactId::named("last_subject_contact_at"),
            clock_at: FactId::named("retention_clock_at"),
            clock: FactId::named("retention_clock"),
            redacted: FactId::named("redacted"),
            anonymised: FactId::named("anonymised"),
            media_type: FactId::named("media_type"),
        }
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
    /// Names of files, with their records.
    names: Vec<(u32, String)>,
    known: KnownFacts,
    block: &'w mut Block,
}

impl Walk<'_, '_> {
    /// The file an attachment is about.
    fn described(&self) -> Option<Described> {
        let record = self.records.first().filter(|record| record.reference.kind == RecordKind::Attachment)?;
        let media_type = match self.known.media_type.and_then(|fact| record.facts.get(fact)) {
            Some(FactValue::Word(word)) => Some(word.to_string()),
            _ => None,
        };
        let (_, name) = self.names.iter().find(|(of, _)| *of == 0)?;
        let id = record.reference.id.as_ref()?.expose().to_owned();
        Some(Described { id, name: name.clone(), media_type })
    }

    /// The files of the element, with the names and types their records give them.
    fn packed(&self) -> Vec<FileNode> {
        let media_type =
            |record: u32| match self.records.get(record as usize)?.facts.get(self.known.media_type?) {
                Some(FactValue::Word(word)) => Some(word.to_string()),
                _ => None,
            };
        let file = |(node, record, packing): &(u32, u32, Packing)| FileNode {
            node: *node,
            packing: *packing,
            name: self
                .names
                .iter()
                .find(|(of, _)| of == record)
                .map_or_else(String::new, |(_, name)| name.clone()),
            media_type: media_type(*record),
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
        if plan.role == Role::FileName && !self.element.survey {
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

    /// What follows from several values together: who wrote to whom, and the clock of retention.
    fn finish(&mut self) {
        for at in 0..self.records.len() {
            if self.records.get(at).is_some_and(|record| record.reference.kind == RecordKind::Ticket) {
                self.ticket(at);
            }
        }
    }

    fn ticket(&mut self, at: usize) {
        let Some(ticket) = self.records.get(at) else { return };
        let requester = linked(ticket, Relation::Requester).cloned();
        let assignee = linked(ticket, Relation::Assignee).cloned();
        let submitter =
            ticket.links.iter().find(|link| link.relation == Relation::Author).map(|link| link.id.clone());
        let mut contact: Option<Stamp> = None;
        let mut comments = 0;
        let mut certain = true;
        let known = self.known;
        let own = u32::try_from(at).ok();
        for comment in self
            .records
            .iter_mut()
            .filter(|record| record.reference.kind == RecordKind::Comment && record.parent == own)
        {
            comments += 1;
            let author = linked(comment, Relation::Author).cloned();
            let by_requester = author.is_some() && author == requester;
            let at = stamp(comment, known.created_at);
            // An act of the requester that has no date, or one that may be the requester's, makes the
            // last contact unknown: a guess would be too early, and too early deletes.
            certain &= author.is_some() && (!by_requester || at.is_some());
            if by_requester {
                contact = contact.max(at);
            }
            let by_assignee = author.is_some() && author == assignee;
            let public = known.public.and_then(|fact| comment.facts.get(fact).cloned());
            let direction = match public {
                Some(FactValue::Bool(false)) => Some("internal"),
                Some(FactValue::Bool(true)) if by_requester => Some("in"),
                Some(FactValue::Bool(true)) if by_assignee => Some("out"),
                _ => None,
            };
            if let (Some(fact), Some(direction)) = (known.direction, direction) {
                comment.facts.set(fact, FactValue::Word(direction.into()), Supplier::Export);
            }
        }
        let Some(ticket) = self.records.get_mut(at) else { return };
        if comments > 0 && requester.is_some() && submitter == requester {
            contact = contact.max(stamp(ticket, known.created_at));
        }
        retention(ticket, contact.filter(|_| certain), &known);
    }
}

/// The last act of the data subject, else closed, else solved.
fn retention(ticket: &mut Record, contact: Option<Stamp>, known: &KnownFacts) {
    if let (Some(fact), Some(at)) = (known.contact, contact) {
        ticket.facts.set(fact, FactValue::Stamp(at), Supplier::Export);
    }
    let clock = contact
        .map(|at| ("last-subject-contact", at))
        .or_else(|| stamp(ticket, known.closed_at).map(|at| ("closed", at)))
        .or_else(|| stamp(ticket, known.solved_at).map(|at| ("solved", at)));
    if let (Some((name, at)), Some(clock_at), Some(clock)) = (clock, known.clock_at, known.clock) {
        ticket.facts.set(clock_at, FactValue::Stamp(at), Supplier::Export);
        ticket.facts.set(clock, FactValue::Word(name.into()), Supplier::Export);
    }
}

fn linked(record: &Record, relation: Relation) -> Option<&Text> {
    record.links.iter().find(|link| link.relation == relation).map(|link| &link.id)
}

fn stamp(record: &Record, fact: Option<FactId>) -> Option<Stamp> {
    match record.facts.get(fact?) {
        Some(FactValue::Stamp(stamp)) => Some(*stamp),
        _ => None,
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

/// Marks that several keys can set: one that says yes is not taken back by another that does not.
fn set_mark(record: &mut Record, fact: FactId, value: bool) {
    let known = matches!(record.facts.get(fact), Some(FactValue::Bool(true)));
    record.facts.set(fact, FactValue::Bool(value || known), Supplier::Export);
}

fn set_mark_or_fact(record: &mut Record, fact: FactId, value: bool) {
    if matches!(fact.card().name, "soft_deleted" | "redacted" | "anonymised") {
        set_mark(record, fact, value);
    } else {
        record.facts.set(fact, FactValue::Bool(value), Supplier::Export);
    }
}

/// Remembers that a date, number or truth value is there and cannot be read: to rules that is not the
/// same as nothing being there.
fn unreadable(rule: &FactRule, record: &mut Record, kind: NodeKind, value: &str) {
    let said =
        rule.words.is_none() && rule.forms.is_empty() && kind != NodeKind::Null && !value.trim().is_empty();
    let typed = matches!(rule.fact.card().fact_type, FactType::Bool | FactType::Int | FactType::Stamp);
    if said && typed && record.facts.get(rule.fact).is_none() {
        record.facts.set(rule.fact, FactValue::Word("unknown".into()), Supplier::Export);
    }
}

/// What a value says of a fact; none where it says nothing or cannot be read.
fn fact_value(rule: &FactRule, kind: NodeKind, value: &str, order: Option<DayMonth>) -> Option<FactValue> {
    let null = kind == NodeKind::Null || value.trim().is_empty();
    let formed = || rule.forms.iter().find(|(form, _)| form.is_match(value.trim())).map(|(_, word)| word);
    if let Some(words) = &rule.words {
        let word = word_of(words, null, value);
        let word = word.or_else(|| formed().map(String::as_str).filter(|_| !null));
        let word = word.or_else(|| words.get("*").filter(|_| !null).map(String::as_str));
        return word.and_then(|word| super::load::constant(rule.fact, word));
    }
    if null {
        return None;
    }
    if !rule.forms.is_empty() {
        return formed().and_then(|word| super::load::constant(rule.fact, word));
    }
    let value = value.trim();
    match rule.fact.card().fact_type {
        FactType::Bool => match value.to_ascii_lowercase().as_str() {
            "true" | "yes" | "t" => Some(FactValue::Bool(true)),
            "false" | "no" | "f" => Some(FactValue::Bool(false)),
            // Tables write truth values as numbers; in JSON a number is none.
            "1" if kind != NodeKind::Number => Some(FactValue::Bool(true)),
            "0" if kind != NodeKind::Number => Some(FactValue::Bool(false)),
            _ => None,
        },
        FactType::Int => value.parse().ok().map(FactValue::Int),
        FactType::Stamp => match rule.epoch {
            Some(Epoch::Seconds) => epoch_seconds(value).and_then(Stamp::from_epoch),
            Some(Epoch::Milliseconds) => {
                epoch_seconds(value).and_then(|at| Stamp::from_epoch(at.div_euclid(1000)))
            }
            None => Stamp::parse(value).or_else(|| Stamp::parse_local(value, order)),
        }
        .map(FactValue::Stamp),
        FactType::Word => {
            (value.len() <= WORD).then(|| FactValue::Word(CompactString::from_str_to_lowercase(value)))
        }
        FactType::Words => Some(FactValue::Words(words(kind, value))),
        FactType::Text => Some(FactValue::Text(Text::new(value))),
        FactType::Detections => None,
    }
}

fn word_of<'w>(words: &'w BTreeMap<String, String>, null: bool, value: &str) -> Option<&'w str> {
    let plain = value.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase());
    let lower = || match plain {
        true => None,
        false => words.get(CompactString::from_str_to_lowercase(value.trim()).as_str()),
    };
    let word = if null { words.get("null") } else { words.get(value.trim()).or_else(lower) };
    word.map(String::as_str)
}

/// The whole seconds of a number that may have a fraction, which Slack writes as a string.
fn epoch_seconds(value: &str) -> Option<i64> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    fraction.bytes().all(|byte| byte.is_ascii_digit()).then(|| whole.parse().ok())?
}

/// A table writes a list in one cell.
fn words(kind: NodeKind, value: &str) -> Vec<String> {
    if !matches!(kind, NodeKind::Cell { .. }) {
        return vec![value.to_owned()];
    }
    let inside = value.trim_start_matches('[').trim_end_matches(']');
    inside
        .split([',', ' ', ';'])
        .map(|word| word.trim_matches(['"', '\'']))
        .filter(|w| !w.is_empty())
        .map(String::from)
        .collect()
}

/// Where a node begins and ends with the quotes around it.
pub(in crate::formats) fn outside(node: &Node) -> (usize, usize) {
    let (start, end) = (node.start as usize, node.end as usize);
    match node.kind {
        NodeKind::String { .. } | NodeKind::Cell { quoted: true, .. } => (start.saturating_sub(1), end + 1),
        _ => (start, end),
    }
}

fn key_of(node: &Node) -> Option<KeyId> {
    match node.step {
        Step::Key(key) => Some(key),
        Step::Root | Step::Index(_) | Step::Text => None,
    }
}

/// The decoded text of a value.
fn text_of<'t>(text: &'t str, node: &Node, quote: u8) -> Cow<'t, str> {
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
