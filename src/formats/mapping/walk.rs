//! The walk over the values of an element that finds its records.

use std::sync::Arc;

use super::Mappings;
use super::clock::KnownFacts;
use super::nodes::{key_of, outside, role_by_name};
use super::plan::{Element, NodePlan};
use super::runs::Runs;
use super::shape::{Entry, Packing, Shape, ShapeId};
use crate::formats::tree::{Node, NodeKind, Step};
use crate::records::{
    Block, Extent, FactValue, Link, Ordinal, Record, RecordKind, Relation, Role, Supplier, Text,
};

/// Records made of the values of one settings object, at most.
const LEAVES: usize = 4096;

pub(super) struct Walk<'w, 'a> {
    pub(super) mappings: &'w Mappings,
    pub(super) element: &'w Element<'a>,
    pub(super) records: &'w mut Vec<Record>,
    pub(super) nodes: &'w mut Vec<NodePlan>,
    pub(super) marks: &'w [memchr::memmem::Finder<'static>],
    pub(super) nothing: &'w [String],
    pub(super) anonymised_as: Option<&'w regex::RegexSet>,
    /// Values that are files, with their records.
    pub(super) files: Vec<(u32, u32, Packing)>,
    pub(super) runs: &'w mut Runs,
    /// Names of files, with their records.
    pub(super) names: Vec<(u32, String)>,
    pub(super) known: KnownFacts,
    pub(super) block: &'w mut Block,
}

impl Walk<'_, '_> {
    pub(super) fn begin_record(&mut self, mut record: Record, shape: &Shape) -> u32 {
        for (fact, value) in shape.set.iter().filter(|(fact, _)| self.wants(*fact)) {
            record.facts.set(*fact, value.clone(), Supplier::Export);
        }
        let at = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        self.records.push(record);
        at
    }

    pub(super) fn run(&mut self, root_shape: ShapeId) {
        let root = self.element.root;
        let end = self.element.tree.nodes.get(root as usize).map_or(root, |node| node.next);
        let nodes = self.element.tree.nodes.get(root as usize..end as usize).unwrap_or(&[]);
        for (at, node) in (root..).zip(nodes) {
            let plan = match at == root {
                true => NodePlan { shape: Some(root_shape), ..NodePlan::NONE },
                false => self.node(at, node),
            };
            self.nodes.push(plan);
        }
    }

    fn node(&mut self, at: u32, node: &Node) -> NodePlan {
        let end = u32::try_from(outside(node).1).unwrap_or(u32::MAX);
        let above = match self.plan_above(node) {
            Some(above) => NodePlan { child_end: std::mem::replace(&mut above.child_end, end), ..*above },
            None => NodePlan::NONE,
        };
        let mappings = self.mappings;
        let shape = above.shape.and_then(|id| mappings.shape(id));
        let (entry_ref, entry) = match node.step {
            Step::Key(key) => (above.shape.map(|id| (id, key)), shape.and_then(|shape| shape.entry(key))),
            Step::Index(_) | Step::Text | Step::Root => {
                let entry = above.entry.and_then(|(id, key)| mappings.shape(id)?.entry(key));
                (above.entry, entry)
            }
        };
        let leaves = shape.is_some_and(|shape| shape.leaves);
        if self.element.survey && !leaves && is_passed_over(node, shape, entry) {
            return NodePlan { record: above.record, ..NodePlan::NONE };
        }
        let mut plan = NodePlan {
            record: above.record,
            role: above.role,
            html: entry.is_some_and(|entry| entry.html),
            shape: None,
            entry: entry_ref.filter(|_| entry.is_some()),
            ..NodePlan::NONE
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
        plan
    }

    fn plan_above(&mut self, node: &Node) -> Option<&mut NodePlan> {
        self.nodes.get_mut(node.parent.checked_sub(self.element.root)? as usize)
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
}

/// Whether a value tells a survey nothing: it is of no use to joins, and not the id of its record.
fn is_passed_over(node: &Node, shape: Option<&Shape>, entry: Option<&Entry>) -> bool {
    let Step::Key(key) = node.step else { return false };
    !matches!(node.kind, NodeKind::Object | NodeKind::Array)
        && entry.is_none_or(|entry| !entry.surveyed)
        && shape.is_none_or(|shape| shape.id != Some(key))
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
