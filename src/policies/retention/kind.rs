//! One kind of data: which records are of it, and how long they are kept.

use super::edges::Edges;
use super::start::Start;
use crate::records::{FactId, FactValue, Facts, RecordKind};

/// One row of a schedule.
pub(super) struct Kind {
    pub id: String,
    pub on: RecordKind,
    pub select: Vec<Choice>,
    /// Dates in the order in which they are tried.
    pub clock: Vec<Start>,
    /// One for each jurisdiction declared; one where none is.
    pub edges: Vec<Edges>,
    pub source: String,
    /// `file:line`.
    pub place: String,
}

/// One thing a row chooses records by: any of the words.
pub(super) struct Choice {
    pub fact: FactId,
    /// In lower case.
    pub words: Vec<String>,
}

impl Kind {
    /// Whether a record is of this kind: everything the row chooses by holds.
    pub(super) fn takes(&self, on: RecordKind, facts: &Facts) -> bool {
        self.on == on && self.select.iter().all(|choice| choice.holds(facts))
    }

    /// A row that chooses by something speaks before one that takes every record.
    pub(super) fn is_specific(&self) -> bool {
        !self.select.is_empty()
    }
}

impl Choice {
    fn holds(&self, facts: &Facts) -> bool {
        let is = |said: &str| self.words.iter().any(|word| *word == said.trim().to_lowercase());
        match facts.get(self.fact) {
            Some(FactValue::Word(word)) => is(word),
            Some(FactValue::Text(text)) => is(text.expose()),
            Some(FactValue::Words(words)) => words.iter().any(|word| is(word)),
            Some(FactValue::Bool(value)) => is(if *value { "true" } else { "false" }),
            _ => false,
        }
    }
}
