//! What the values of an element tell of its records: ids, facts, links, marks.

use std::borrow::Cow;

use super::facts::{fact_value, set_mark, unreadable};
use super::nodes::{key_of, text_of};
use super::plan::NodePlan;
use super::shape::{Entry, FactRule, Shape};
use super::walk::Walk;
use crate::formats::tree::{KeyId, Node, NodeKind, Step};
use crate::records::{FactId, FactType, FactValue, Link, RecordKind, Role, Supplier, Text};

impl Walk<'_, '_> {
    /// Whether a fact is wanted: in a survey only those that joins are made of.
    pub(super) fn wants(&self, fact: FactId) -> bool {
        !self.element.survey || self.known.surveyed.contains(fact)
    }

    pub(super) fn leaf(
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
        let nothing = node.kind == NodeKind::Null || self.is_nothing(node);
        if is_id && !nothing {
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
        if !nothing && entry.longest_word.is_some_and(|longest| self.is_longer(node, longest)) {
            return;
        }
        let (text, quote) = (self.element.text, self.element.quote);
        let value = text_of(text, node, quote);
        for rule in &entry.facts {
            if self.wants(rule.fact) {
                let kind = if nothing { NodeKind::Null } else { node.kind };
                self.fact(rule, node, kind, &value, plan.record);
            }
        }
        let id = value.trim();
        if nothing || id.is_empty() || matches!(node.kind, NodeKind::Bool(_)) {
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

    fn fact(&mut self, rule: &FactRule, node: &Node, kind: NodeKind, value: &str, record: u32) {
        let Some(record) = self.records.get_mut(record as usize) else { return };
        if !rule.fact.card().is_of(record.reference.kind) {
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
        let Some(found) = fact_value(rule, kind, value, order) else {
            return unreadable(rule, record, kind, value);
        };
        match (found, record.facts.get(rule.fact)) {
            // What is known does not give way to a word that stands for anything else, or to a weaker one.
            (FactValue::Word(word), Some(FactValue::Word(known)))
                if known != "unknown" && (rule.weak || word == "unknown") => {}
            // Of two keys that tell one date the later holds, in whatever order they stand: a clock that
            // runs from the earlier one would run out too early.
            (FactValue::Stamp(found), Some(FactValue::Stamp(known))) if *known >= found => {}
            (FactValue::Bool(value), _) if rule.mark => set_mark(record, rule.fact, value),
            (FactValue::Words(more), Some(FactValue::Words(known))) => {
                let all = known.iter().cloned().chain(more).collect();
                record.facts.set(rule.fact, FactValue::Words(all), Supplier::Export);
            }
            (found, _) => record.facts.set(rule.fact, found, Supplier::Export),
        }
    }

    /// Whether a string of JSON is longer than any word of so many bytes, told without decoding it: letters
    /// that stand in no escape are characters of their own, and no white space that would be cut off.
    fn is_longer(&self, node: &Node, word: usize) -> bool {
        let raw = self.element.text.get(node.start as usize..node.end as usize).unwrap_or("");
        let own =
            |byte: &u8| byte.is_ascii_lowercase() && !matches!(byte, b'a'..=b'f' | b'n' | b'r' | b't' | b'u');
        raw.len() > word
            && matches!(node.kind, NodeKind::String { .. })
            && raw.bytes().filter(own).take(word + 1).count() > word
    }

    /// Whether a value is one the vendor writes where there is none.
    fn is_nothing(&self, node: &Node) -> bool {
        !self.nothing.is_empty() && {
            let value = self.value(node);
            self.nothing.iter().any(|nothing| *nothing == *value.trim())
        }
    }

    fn look_for_marks(&mut self, node: &Node, record: u32) {
        let Some(fact) = self.known.redacted else { return };
        let Some(record) = self.records.get_mut(record as usize) else { return };
        if !fact.card().is_of(record.reference.kind) {
            return;
        }
        let raw = self.element.text.get(node.start as usize..node.end as usize).unwrap_or("").as_bytes();
        let marked = self.marks.iter().any(|mark| mark.find(raw).is_some());
        set_mark(record, fact, marked);
    }

    /// Whether a name or address is what the vendor puts in the place of somebody made anonymous. Then
    /// the person is, and nothing stands here.
    pub(super) fn stands_for_nobody(&mut self, node: &Node, plan: NodePlan) -> bool {
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

    /// A list without an element is known to hold none.
    pub(super) fn empty_list(&mut self, entry: &Entry, record: u32) {
        let Some(record) = self.records.get_mut(record as usize) else { return };
        for rule in entry.facts.iter().filter(|rule| rule.fact.card().fact_type == FactType::Words) {
            let speaks = rule.fact.card().is_of(record.reference.kind);
            if speaks && record.facts.get(rule.fact).is_none() {
                record.facts.set(rule.fact, FactValue::Words(Vec::new()), Supplier::Export);
            }
        }
    }

    pub(super) fn value(&self, node: &Node) -> Cow<'_, str> {
        text_of(self.element.text, node, self.element.quote)
    }
}
