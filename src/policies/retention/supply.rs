//! A decision as facts that rules read.

use super::decision::{Decision, Keep};
use super::schedule::Schedule;
use crate::records::{FactId, FactValue, Facts, RecordKind, Supplier};

/// The facts a schedule supplies, looked up once.
pub(super) struct Supplied {
    state: Option<FactId>,
    classified: Option<FactId>,
    conflict: Option<FactId>,
    due: Option<FactId>,
    period: Option<FactId>,
    clock_at: Option<FactId>,
    clock: Option<FactId>,
}

impl Supplied {
    pub(super) fn new() -> Self {
        Self {
            state: FactId::named("retention_state"),
            classified: FactId::named("retention_classified"),
            conflict: FactId::named("retention_conflict"),
            due: FactId::named("retention_due_at"),
            period: FactId::named("retention_period"),
            clock_at: FactId::named("retention_clock_at"),
            clock: FactId::named("retention_clock"),
        }
    }
}

impl Schedule {
    /// Decides, and adds the answer to the facts of the record. Kinds without periods are left alone. Holds are
    /// no matter here: what is held and past its period is told, with the hold as its excuse.
    pub fn supply(&self, on: RecordKind, facts: &mut Facts, now: i64) {
        if !Self::governs(on) {
            return;
        }
        let found = self.decide(on, facts, None, now);
        let values = self.values(on, &found);
        for (fact, value) in values.into_iter().flatten() {
            facts.set(fact, value, Supplier::Join);
        }
    }

    fn values(&self, on: RecordKind, found: &Decision<'_>) -> [Option<(FactId, FactValue)>; 7] {
        let known = &self.supplied;
        let fits = |fact: Option<FactId>| fact.filter(|fact| fact.card().is_of(on));
        let word = |text: &str| FactValue::Word(text.into());
        // What cannot be decided is missing evidence, and rules say so of a word they cannot read.
        let state = match &found.keep {
            Keep::Undecidable { .. } => "unknown",
            keep => keep.name(),
        };
        [
            known.state.map(|fact| (fact, word(state))),
            known.classified.map(|fact| (fact, FactValue::Bool(found.keep != Keep::Unclassified))),
            known.conflict.map(|fact| (fact, FactValue::Bool(found.conflict))),
            fits(known.due).zip(found.due.map(FactValue::Stamp)),
            fits(known.period).zip(found.period.map(word)),
            fits(known.clock_at).zip(found.clock.map(|clock| FactValue::Stamp(clock.at))),
            fits(known.clock).zip(found.clock.map(|clock| word(clock.start.name()))),
        ]
    }
}
