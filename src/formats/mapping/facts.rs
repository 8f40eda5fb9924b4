//! What a value says of a fact.

use super::shape::{Epoch, FactRule};
use super::words::lowered;
use crate::formats::tree::NodeKind;
use crate::records::{DayMonth, FactId, FactType, FactValue, Record, Stamp, Supplier, Text};

/// A vendor's word is not longer: what is, is no word.
const WORD: usize = 64;

/// Marks that several keys can set: one that says yes is not taken back by another that does not.
pub(super) fn set_mark(record: &mut Record, fact: FactId, value: bool) {
    let known = matches!(record.facts.get(fact), Some(FactValue::Bool(true)));
    record.facts.set(fact, FactValue::Bool(value || known), Supplier::Export);
}

/// Whether a fact is such a mark.
pub(super) fn is_mark(fact: FactId) -> bool {
    matches!(fact.card().name, "soft_deleted" | "redacted" | "anonymised")
}

/// Remembers that a date, number or truth value is there and cannot be read: to rules that is not the
/// same as nothing being there.
pub(super) fn unreadable(rule: &FactRule, record: &mut Record, kind: NodeKind, value: &str) {
    let said =
        rule.words.is_none() && rule.forms.is_empty() && kind != NodeKind::Null && !value.trim().is_empty();
    let typed = matches!(rule.fact.card().fact_type, FactType::Bool | FactType::Int | FactType::Stamp);
    if said && typed && record.facts.get(rule.fact).is_none() {
        record.facts.set(rule.fact, FactValue::Word("unknown".into()), Supplier::Export);
    }
}

/// What a value says of a fact; none where it says nothing or cannot be read.
pub(super) fn fact_value(
    rule: &FactRule,
    kind: NodeKind,
    value: &str,
    order: Option<DayMonth>,
) -> Option<FactValue> {
    let value = value.trim();
    let null = kind == NodeKind::Null || value.is_empty();
    let formed = || rule.forms.iter().find(|(form, _)| form.is_match(value)).map(|(_, word)| word);
    if let Some(words) = &rule.words {
        return match null {
            true => words.null()?.clone(),
            false => match (words.of(value), formed()) {
                (Some(value), _) => value.clone(),
                (None, Some(word)) => super::load::constant(rule.fact, word),
                (None, None) => words.other()?.clone(),
            },
        };
    }
    if null {
        return None;
    }
    if !rule.forms.is_empty() {
        return formed().and_then(|word| super::load::constant(rule.fact, word));
    }
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
        FactType::Word => (value.len() <= WORD).then(|| FactValue::Word(lowered(value))),
        FactType::Words => Some(FactValue::Words(words(rule.list, kind, value))),
        FactType::Text => Some(FactValue::Text(Text::new(value))),
        FactType::Detections => None,
    }
}

/// The whole seconds of a number that may have a fraction, which Slack writes as a string.
fn epoch_seconds(value: &str) -> Option<i64> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    fraction.bytes().all(|byte| byte.is_ascii_digit()).then(|| whole.parse().ok())?
}

/// A table writes a list in one cell, and a register wherever it likes.
fn words(list: bool, kind: NodeKind, value: &str) -> Vec<String> {
    if !list && !matches!(kind, NodeKind::Cell { .. }) {
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
