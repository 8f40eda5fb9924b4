//! What ids of statuses mean, as the export's own tables of statuses say.

use compact_str::CompactString;

use super::context::Context;
use super::hashed::ByHash;
use super::survey::{RecordHash, SurveyFacts};
use crate::records::{FactId, FactValue, Record, RecordKind, Supplier, Text};

/// Statuses remembered at most: sites have tens of them.
const BOUND: usize = 10_000;

/// A row of a table of statuses: a setting that has an id and a status.
pub(crate) struct StatusRow {
    id: RecordHash,
    word: Option<CompactString>,
    name: Option<CompactString>,
}

impl StatusRow {
    /// The row a setting is, if it is one.
    pub(crate) fn of(setting: &Record, facts: &SurveyFacts) -> Option<StatusRow> {
        let word = |fact: Option<FactId>| match setting.facts.get(fact?) {
            Some(FactValue::Word(word)) => Some(word.clone()),
            _ => None,
        };
        let known = word(facts.status).filter(|word| word != "unknown");
        let name = word(facts.status_raw);
        if known.is_none() && name.is_none() {
            return None;
        }
        let system = &setting.reference.system;
        let id = RecordHash::of(facts.key(), system, RecordKind::Setting, setting.reference.id.as_ref()?);
        Some(StatusRow { id, word: known, name })
    }
}

/// Meanings by the ids of statuses.
#[derive(Default)]
pub(crate) struct Statuses(ByHash<RecordHash, (Option<CompactString>, Option<CompactString>)>);

impl Statuses {
    /// Takes rows, in the order of the walk; of two that speak of one status the first holds.
    pub(crate) fn add(&mut self, rows: Vec<StatusRow>) {
        for row in rows {
            if self.0.len() < BOUND {
                self.0.entry(row.id).or_insert((row.word, row.name));
            }
        }
    }

    /// Whether a status means that a ticket is closed.
    pub(super) fn is_closed(&self, id: RecordHash) -> bool {
        self.0.get(&id).and_then(|(word, _)| word.as_deref()).is_some_and(|word| word == "closed")
    }

    /// Takes what a context file says.
    pub(super) fn insert(&mut self, id: RecordHash, word: Option<String>, name: Option<String>) {
        self.0.insert(id, (word.map(CompactString::from), name.map(CompactString::from)));
    }

    /// All of them, by id.
    pub(super) fn sorted(&self) -> Vec<(RecordHash, Option<String>, Option<String>)> {
        let text = |word: &Option<CompactString>| word.as_ref().map(CompactString::to_string);
        let mut all: Vec<_> = self.0.iter().map(|(id, (word, name))| (*id, text(word), text(name))).collect();
        all.sort_unstable();
        all
    }
}

/// The facts of a ticket's status, looked up once.
pub(super) struct StatusFacts {
    id: Option<FactId>,
    word: Option<FactId>,
    raw: Option<FactId>,
}

impl StatusFacts {
    pub(super) fn new() -> Self {
        Self {
            id: FactId::named("status_id"),
            word: FactId::named("status"),
            raw: FactId::named("status_raw"),
        }
    }
}

impl Context {
    /// Gives a ticket the status its id stands for in the export's own table: sites name and number statuses
    /// as they like, so their table goes before what the mapping supposes.
    pub(super) fn join_status(&self, ticket: &mut Record) {
        let StatusFacts { id, word, raw } = &self.status_facts;
        let Some(FactValue::Word(own)) = id.and_then(|fact| ticket.facts.get(fact)) else { return };
        let system = &ticket.reference.system;
        let hash = RecordHash::of(self.hash_key(), system, RecordKind::Setting, &Text::new(own.clone()));
        let Some((known, name)) = self.statuses.0.get(&hash) else { return };
        for (fact, value) in [(word, known), (raw, name)] {
            if let (Some(fact), Some(value)) = (fact, value) {
                ticket.facts.set(*fact, FactValue::Word(value.clone()), Supplier::Join);
            }
        }
    }
}
