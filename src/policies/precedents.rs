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

#[cfg(test)]
mod tests {
    use super::super::builtin;
    use super::super::condition::vocabulary;
    use super::super::settings::Selection;
    use super::*;
    use crate::policies::Observed;
    use crate::records::{
        Category, Confidence, FactType, Facts, RecordKind, Stamp, Supplier, Text, ValueClass,
    };

    /// Numbers from a seed, xorshift.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, most: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % most
        }
    }

    fn rules() -> RuleSet {
        let names = builtin::PACKS.iter().map(|(file, _)| {
            file.rsplit('/').next().and_then(|name| name.strip_suffix(".yaml")).unwrap().to_owned()
        });
        let selection =
            Selection { packs: names.collect(), ..Selection::new(Stamp::parse("2026-11-22").unwrap()) };
        RuleSet::load_selected(builtin::RULES, builtin::PACKS, &selection).unwrap_or_else(|_| panic!("rules"))
    }

    fn value(fact: FactId, numbers: &mut Numbers) -> FactValue {
        let day = |numbers: &mut Numbers| {
            Stamp::from_epoch(1_795_000_000 - 86_400 * i64::try_from(numbers.below(4000)).unwrap() * 2)
                .unwrap()
        };
        if numbers.below(24) == 0 {
            // What nobody can read.
            return FactValue::Word("unknown".into());
        }
        match fact.card().fact_type {
            FactType::Bool => FactValue::Bool(numbers.below(2) == 0),
            FactType::Int => FactValue::Int(i64::try_from(numbers.below(40)).unwrap() - 2),
            FactType::Stamp => FactValue::Stamp(day(numbers)),
            FactType::Text => FactValue::Text(Text::new(format!("t{}", numbers.below(3)))),
            FactType::Word | FactType::Detections => {
                let known = vocabulary(fact.card().name).unwrap_or(&[
                    "erased",
                    "x",
                    "a word of more bytes than are kept",
                ]);
                FactValue::Word(known[usize::try_from(numbers.below(known.len() as u64)).unwrap()].into())
            }
            FactType::Words => {
                let count = numbers.below(3);
                FactValue::Words(
                    (0..count)
                        .map(|_| {
                            ["vip", "urgent", "child"][usize::try_from(numbers.below(3)).unwrap()].to_owned()
                        })
                        .collect(),
                )
            }
        }
    }

    fn detections(numbers: &mut Numbers) -> Vec<Observed> {
        let all: Vec<Category> = Category::all().collect();
        (0..numbers.below(3))
            .map(|_| Observed {
                category: all[usize::try_from(numbers.below(all.len() as u64)).unwrap()],
                confidence: Confidence::new([0.2, 0.6, 0.9][usize::try_from(numbers.below(3)).unwrap()]),
                value_class: ValueClass::Real,
            })
            .collect()
    }

    /// A rule that is settled by the wrong facts, or by none where it reads one, says something else here of a
    /// later record with the same evidence.
    #[test]
    fn a_precedent_says_what_each_rule_says_of_each_record() {
        let rules = rules();
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
        let (mut followed, mut settled) = (0, 0);
        for kind in RecordKind::ALL.into_iter().filter(|kind| *kind != RecordKind::Detection) {
            let read: Vec<FactId> = rules.read_of(kind).iter().collect();
            let mut precedents = Precedents::default();
            for _ in 0..1500 {
                let (mut facts, mut derived) = (Facts::default(), Facts::default());
                // Most facts are there or not together, so that evidence repeats.
                let rare = numbers.below(4);
                for fact in read.iter().filter(|fact| fact.card().is_of(kind)) {
                    if (u64::from(fact.index()) + rare).is_multiple_of(3) || numbers.below(40) == 0 {
                        let of = if fact.index().is_multiple_of(7) { &mut derived } else { &mut facts };
                        of.set(*fact, value(*fact, &mut numbers), Supplier::Export);
                    }
                }
                let found = detections(&mut numbers);
                let subject = Subject {
                    kind,
                    facts: &facts,
                    derived: (numbers.below(8) > 0).then_some(&derived),
                    detections: &found,
                    detections_known: numbers.below(8) > 0,
                };
                let (mut wanted, mut got) = (Vec::new(), Vec::new());
                rules.judge(&subject, &mut wanted);
                let before = precedents.all.len();
                let Some(number) = precedents.find(&rules, &subject) else { continue };
                let precedent = precedents.get(number).unwrap();
                precedent.judge_rest(&rules, &subject, &mut got);
                got.extend_from_slice(&precedent.settled);
                got.sort_by_key(|judgement| judgement.rule);
                assert_eq!(got.len(), wanted.len(), "{}", kind.name());
                let odd = got.iter().zip(&wanted).find(|(got, wanted)| got != wanted);
                assert_eq!(odd, None, "{}", kind.name());
                followed += usize::from(before > number);
                settled += if before > number { precedent.settled.len() } else { 0 };
            }
        }
        assert!(followed > 5_000 && settled > 20_000, "{followed} {settled}");
    }
}
