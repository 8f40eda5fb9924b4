//! What was judged of a record holds for all with the same evidence: most records of an export lack the same
//! facts and have the same few words, and most rules say the same of all of them.

use std::collections::HashMap;

use super::condition::{findings, is_readable};
use super::judge::{Judgement, RuleIndex, Subject};
use super::rules::RuleSet;
use crate::records::{FactId, FactSet, FactValue, RecordKind};

/// Precedents kept at most; records beyond are judged each by itself, and nothing but speed is lost.
const KEPT: usize = 4096;
/// Words longer than this vary.
const WORD: usize = 32;
/// Numbers from here on vary.
const NUMBER: i64 = 16;

/// What holds for all records with the same evidence.
pub struct Precedent {
    /// What they are.
    pub kind: RecordKind,
    /// Passes, rules that do not apply, evidence that is missing.
    pub settled: Vec<Judgement>,
    /// Rules that must look at each record.
    pub(super) varying: Vec<RuleIndex>,
}

/// The precedents of a worker.
#[derive(Default)]
pub struct Precedents<'r> {
    sets: Vec<&'r RuleSet>,
    by_evidence: HashMap<Box<[u8]>, usize>,
    all: Vec<Precedent>,
    /// The evidence of the record at hand.
    evidence: Vec<u8>,
}

impl<'r> Precedents<'r> {
    /// The number of the precedent a subject follows, which is made where there is none. None where there
    /// are too many.
    pub fn find(&mut self, rules: &'r RuleSet, subject: &Subject<'_>) -> Option<usize> {
        let set = match self.sets.iter().position(|known| std::ptr::eq(*known, rules)) {
            Some(set) => set,
            None => {
                self.sets.push(rules);
                self.sets.len() - 1
            }
        };
        self.evidence.clear();
        self.evidence.push(u8::try_from(set).ok()?);
        let varying = write_evidence(rules.read_of(subject.kind), subject, &mut self.evidence);
        if let Some(known) = self.by_evidence.get(self.evidence.as_slice()) {
            return Some(*known);
        }
        let number = self.all.len();
        if number >= KEPT {
            return None;
        }
        self.all.push(rules.precedent(subject, varying));
        self.by_evidence.insert(self.evidence.as_slice().into(), number);
        Some(number)
    }

    /// A precedent.
    pub fn get(&self, number: usize) -> Option<&Precedent> {
        self.all.get(number)
    }
}

impl Precedent {
    /// What the rules that must look at each record say of one.
    pub fn judge_rest(&self, rules: &RuleSet, subject: &Subject<'_>, out: &mut Vec<Judgement>) {
        rules.judge_by(&self.varying, subject, out);
    }
}

/// Writes which of the facts that rules read a subject has, with the values that are few; gives the facts whose
/// values are left out. Two subjects of one kind of which the same was written differ in those alone.
fn write_evidence(read: FactSet, subject: &Subject<'_>, out: &mut Vec<u8>) -> FactSet {
    let mut varying = FactSet::default();
    out.push(subject.kind as u8);
    out.push(u8::from(subject.detections_known) | u8::from(!subject.detections.is_empty()) << 1);
    if !subject.detections.is_empty() {
        varying = findings();
    }
    let derived = subject.derived.into_iter().flat_map(|facts| facts.iter());
    for (fact, value, _) in subject.facts.iter().chain(derived) {
        if !read.contains(fact) {
            continue;
        }
        out.push(fact.index());
        if !write_value(fact, value, out) {
            varying.insert(fact);
        }
    }
    varying
}

/// Writes a value; false where it varies.
fn write_value(fact: FactId, value: &FactValue, out: &mut Vec<u8>) -> bool {
    const UNREADABLE: u8 = 0;
    const VARYING: u8 = 1;
    const FIRST: u8 = 2;
    let byte = match value {
        value if !is_readable(fact, value) => UNREADABLE,
        FactValue::Bool(value) => FIRST + u8::from(*value),
        FactValue::Int(value) if (0..NUMBER).contains(value) => FIRST + u8::try_from(*value).unwrap_or(0),
        FactValue::Words(words) if words.is_empty() => FIRST,
        FactValue::Word(word) if word.len() <= WORD => {
            out.push(FIRST + u8::try_from(word.len()).unwrap_or(0));
            out.extend_from_slice(word.as_bytes());
            return true;
        }
        FactValue::Int(_)
        | FactValue::Word(_)
        | FactValue::Words(_)
        | FactValue::Stamp(_)
        | FactValue::Text(_) => VARYING,
    };
    out.push(byte);
    byte != VARYING
}
