//! Facts that follow from what was found in a record: how many people its texts name, how often the same
//! value stands there, what stands in its heading, which kinds of secret are in it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::detectors::Catalogue;
use crate::policies::{Observed, RuleSet};
use crate::records::{
    Category, Confidence, DetectorIndex, FactId, FactValue, Facts, Record, RecordKind, Role, Supplier,
    ValueClass,
};

/// Values of one record that are told apart: a list of more people is a list all the same.
const VALUES: usize = 10_000;

/// What was found in one record.
#[derive(Default)]
pub(super) struct Derived {
    values: BTreeMap<(Category, u64), u64>,
    heading: u64,
    hidden: u64,
    secrets: Vec<DetectorIndex>,
    /// Positions of the signals heard, ascending.
    signals: Vec<u16>,
    /// Whether a register of requests and one of breaches name its ticket; none where none was looked up.
    registered: Option<[bool; 2]>,
}

impl Derived {
    /// Takes a signal heard in it.
    pub(super) fn signal(&mut self, signal: u16) {
        if let Err(at) = self.signals.binary_search(&signal) {
            self.signals.insert(at, signal);
        }
    }

    /// Whether no signal was heard in it.
    pub(super) fn is_silent(&self) -> bool {
        self.signals.is_empty()
    }

    /// Whether nothing at all was found in it.
    fn is_nothing(&self) -> bool {
        let Self { values, heading, hidden, secrets, signals, registered } = self;
        values.is_empty()
            && *heading + *hidden == 0
            && secrets.is_empty()
            && signals.is_empty()
            && registered.is_none()
    }

    /// Takes the signals of another part of the record.
    pub(super) fn hear(&mut self, part: Derived) {
        part.signals.into_iter().for_each(|signal| self.signal(signal));
        part.registered.into_iter().for_each(|named| self.register(named));
    }

    /// Takes whether a register of requests and one of breaches name its ticket.
    pub(super) fn register(&mut self, [request, breach]: [bool; 2]) {
        let [known_request, known_breach] = self.registered.unwrap_or_default();
        self.registered = Some([known_request || request, known_breach || breach]);
    }

    /// Takes a detection with its detector, the role of its field, whether it is a tag, and a hash of its
    /// normal value.
    pub(super) fn datum(
        &mut self,
        seen: &Observed,
        (detector, role, tag): (DetectorIndex, Role, bool),
        value: u64,
    ) {
        if seen.confidence < Confidence::JUDGED || seen.value_class != ValueClass::Real {
            return;
        }
        if seen.category == Category::SECRET && !self.secrets.contains(&detector) {
            self.secrets.push(detector);
        }
        if !seen.category.card().identifies {
            return;
        }
        let heading = [Role::Subject, Role::FileName, Role::ItemPath];
        self.heading += u64::from(tag || heading.contains(&role));
        self.hidden += u64::from(role == Role::Hidden);
        let full = self.values.len() >= VALUES;
        match self.values.get_mut(&(seen.category, value)) {
            Some(count) => *count += 1,
            None if full => {}
            None => drop(self.values.insert((seen.category, value), 1)),
        }
    }

    /// The largest number of different values of one category: a person has several categories, and mostly
    /// one value of each.
    fn subjects(&self) -> u64 {
        let mut by_category: BTreeMap<Category, u64> = BTreeMap::new();
        for (category, _) in self.values.keys() {
            *by_category.entry(*category).or_default() += 1;
        }
        by_category.values().copied().max().unwrap_or(0)
    }
}

/// The derived facts that rules of the run read, looked up once.
pub(super) struct DerivedFacts {
    subjects: Option<FactId>,
    repeats: Option<FactId>,
    heading: Option<FactId>,
    hidden: Option<FactId>,
    secrets: Option<FactId>,
    speaks_of: Option<FactId>,
    registered: [Option<FactId>; 2],
    direction: Option<FactId>,
    tags: Option<FactId>,
    /// The facts of records in which nothing was found, which most are, by kind.
    of_nothing: Vec<Option<Facts>>,
}

impl DerivedFacts {
    pub(super) fn new(rules: &RuleSet, detectors: &Catalogue) -> Self {
        let mut facts = Self::read(rules);
        let nothing = Derived::default();
        facts.of_nothing = RecordKind::ALL.map(|kind| facts.made(kind, &nothing, detectors)).into();
        facts
    }

    fn read(rules: &RuleSet) -> Self {
        let read = |name: &str| FactId::named(name).filter(|_| rules.reads(name));
        Self {
            subjects: read("subjects"),
            repeats: read("repeats"),
            heading: read("heading_data"),
            hidden: read("hidden_data"),
            secrets: read("secret_kinds"),
            speaks_of: read("speaks_of"),
            // No rule needs it: without a register no ticket is in one.
            registered: ["request_registered", "incident_registered"]
                .map(|name| FactId::named(name).filter(|_| rules.reads("speaks_of"))),
            direction: FactId::named("direction"),
            tags: FactId::named("tags").filter(|_| rules.reads("heading_data")),
            of_nothing: Vec::new(),
        }
    }

    /// Whether a rule asks what the texts of a record speak of: not those the organisation wrote.
    pub(super) fn listens_to(&self, record: &Record) -> bool {
        let direction = self.direction.and_then(|fact| record.facts.get(fact));
        self.speaks_of.is_some() && !matches!(direction, Some(FactValue::Word(word)) if word == "out")
    }

    /// Whether a value stands in a tag of its record.
    pub(super) fn is_tag(&self, record: &Record, value: &str) -> bool {
        match self.tags.and_then(|fact| record.facts.get(fact)) {
            Some(FactValue::Words(tags)) => tags.iter().any(|tag| tag.contains(value)),
            _ => false,
        }
    }

    /// The facts of one record; none where no rule reads any of its kind.
    pub(super) fn facts(
        &self,
        kind: RecordKind,
        found: &Derived,
        detectors: &Catalogue,
    ) -> Option<Cow<'_, Facts>> {
        match found.is_nothing() {
            true => self.of_nothing.get(kind as usize)?.as_ref().map(Cow::Borrowed),
            false => self.made(kind, found, detectors).map(Cow::Owned),
        }
    }

    fn made(&self, kind: RecordKind, found: &Derived, detectors: &Catalogue) -> Option<Facts> {
        let fits = |fact: Option<FactId>| fact.filter(|fact| fact.card().is_of(kind));
        let read = [self.subjects, self.repeats, self.heading, self.hidden, self.secrets, self.speaks_of];
        read.into_iter().find_map(fits)?;
        let mut facts = Facts::default();
        let int = |count: u64| FactValue::Int(i64::try_from(count).unwrap_or(i64::MAX));
        let mut set = |fact: Option<FactId>, value: FactValue| {
            if let Some(fact) = fits(fact) {
                facts.set(fact, value, Supplier::Join);
            }
        };
        set(self.subjects, int(found.subjects()));
        set(self.repeats, int(found.values.values().copied().max().unwrap_or(0)));
        set(self.heading, int(found.heading));
        set(self.hidden, int(found.hidden));
        let mut secrets: Vec<String> =
            found.secrets.iter().filter_map(|at| Some(detectors.get(*at)?.id.clone())).collect();
        secrets.sort_unstable();
        set(self.secrets, FactValue::Words(secrets));
        let signal = |at: &u16| Some(detectors.signals().get(usize::from(*at))?.id.clone());
        set(self.speaks_of, FactValue::Words(found.signals.iter().filter_map(signal).collect()));
        for (fact, named) in self.registered.into_iter().zip(found.registered.into_iter().flatten()) {
            set(fact, FactValue::Bool(named));
        }
        Some(facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(category: Category, value_class: ValueClass) -> Observed {
        Observed { category, confidence: Confidence::new(0.9), value_class }
    }

    #[test]
    fn people_are_counted_once_and_own_values_not_at_all() {
        let mut found = Derived::default();
        let mail = observed(Category::EMAIL_ADDRESS, ValueClass::Real);
        for value in [1, 1, 1, 2] {
            found.datum(&mail, (DetectorIndex(0), Role::Body, false), value);
        }
        found.datum(&mail, (DetectorIndex(0), Role::Subject, false), 2);
        found.datum(
            &observed(Category::EMAIL_ADDRESS, ValueClass::Own),
            (DetectorIndex(0), Role::Subject, false),
            4,
        );
        let unlikely = Observed { confidence: Confidence::new(0.2), ..mail };
        found.datum(&unlikely, (DetectorIndex(0), Role::Body, false), 5);
        assert_eq!((found.subjects(), found.heading), (2, 1));
        assert_eq!(found.values.values().copied().max(), Some(3));
        assert!(found.secrets.is_empty());
        found.datum(&observed(Category::SECRET, ValueClass::Real), (DetectorIndex(7), Role::Body, false), 6);
        assert_eq!(found.secrets, [DetectorIndex(7)]);
    }
}
