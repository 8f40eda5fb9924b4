//! Running the tree on the evidence of one record.

use std::sync::OnceLock;

use super::tree::{Comparison, List, Num, Number, Quantifier, Source, Time, Truth, Word};
use crate::policies::judge::Observed;
use crate::records::{FactId, FactSet, FactValue, Facts, ValueClass};

/// What an expression is run on.
#[derive(Clone, Copy)]
pub(in crate::policies) struct Evidence<'a> {
    /// Facts of the record.
    pub facts: &'a Facts,
    /// Facts that follow from what was found in it; the record's own go before them.
    derived: Option<&'a Facts>,
    /// Detections in it; none where not all of it was read.
    pub detections: Option<&'a [Observed]>,
    /// The detection itself, for rules on detections.
    pub own: Option<Observed>,
    /// Seconds since the epoch.
    pub now: i64,
    /// Facts that are there and can be read.
    known: FactSet,
    /// Facts that are there and cannot.
    unreadable: FactSet,
}

impl<'a> Evidence<'a> {
    /// Of a record; no detections where not all of it was read.
    pub(crate) fn of_record(facts: &'a Facts, detections: Option<&'a [Observed]>, now: i64) -> Self {
        Self::with_derived(facts, None, detections, now)
    }

    /// The same with facts that follow from what was found in it.
    pub(crate) fn with_derived(
        facts: &'a Facts,
        derived: Option<&'a Facts>,
        detections: Option<&'a [Observed]>,
        now: i64,
    ) -> Self {
        let (mut known, mut unreadable) = (FactSet::default(), FactSet::default());
        for (fact, value, _) in facts.iter().chain(derived.into_iter().flat_map(Facts::iter)) {
            if is_readable(fact, value) {
                known.insert(fact);
            } else {
                unreadable.insert(fact);
            }
        }
        if detections.is_some() {
            known = known.or(findings());
        }
        Self { facts, derived, detections, own: None, now, known, unreadable }
    }

    /// With the detection itself, for rules on detections.
    pub(crate) fn with_own(mut self, own: Option<Observed>) -> Self {
        self.own = own;
        if own.is_some() {
            self.known = self.known.or(special().own);
        }
        self
    }

    /// Whether a fact is there. The word `unknown`, which normal forms use for what a vendor wrote
    /// and nobody could map, and a value of another type than the fact's are missing evidence.
    pub(crate) fn has(&self, fact: FactId) -> bool {
        self.known.contains(fact)
    }

    /// Of these facts the ones that are not there.
    pub(crate) fn lacks(&self, facts: FactSet) -> FactSet {
        facts.without(self.known)
    }

    /// Of these facts those of which the source says something and nobody can read it: a date in
    /// words, a word nobody could map. That is not the same as saying nothing.
    pub(crate) fn unreadable(&self, facts: FactSet) -> FactSet {
        facts.and(self.unreadable)
    }

    /// The value of a fact.
    pub(crate) fn fact(&self, fact: FactId) -> Option<&'a FactValue> {
        self.facts.get(fact).or_else(|| self.derived?.get(fact))
    }
}

/// Whether rules can read a value.
pub(in crate::policies) fn is_readable(fact: FactId, value: &FactValue) -> bool {
    value.fact_type() == fact.card().fact_type && !matches!(value, FactValue::Word(word) if word == "unknown")
}

/// The fact that stands for the detections in a record.
pub(in crate::policies) fn findings() -> FactSet {
    special().findings
}

/// Facts that are no fact of the record's own.
struct Special {
    findings: FactSet,
    own: FactSet,
}

fn special() -> &'static Special {
    static SPECIAL: OnceLock<Special> = OnceLock::new();
    let named = |names: &[&str]| names.iter().filter_map(|name| FactId::named(name)).collect();
    SPECIAL.get_or_init(|| Special {
        findings: named(&["findings"]),
        own: named(&["category", "confidence", "value_class"]),
    })
}

/// What a bound variable stands for.
#[derive(Clone, Copy)]
enum Bound<'a> {
    Detection(Observed),
    Word(&'a str),
}

/// The bound variables, innermost first.
struct Frame<'a> {
    bound: Bound<'a>,
    outer: Option<&'a Frame<'a>>,
}

/// One run of an expression.
#[derive(Clone, Copy)]
struct Run<'a> {
    evidence: &'a Evidence<'a>,
    frame: Option<&'a Frame<'a>>,
}

impl Truth {
    /// The truth; none where evidence is missing. As in CEL, `false && missing` is false and
    /// `true || missing` is true, in either order.
    pub(crate) fn holds(&self, evidence: &Evidence<'_>) -> Option<bool> {
        Run { evidence, frame: None }.truth(self)
    }

    /// How many detections satisfy a predicate of an `exists` over the record's findings.
    pub(crate) fn hits(&self, evidence: &Evidence<'_>) -> Option<u64> {
        let mut predicates = Vec::new();
        self.predicates(&mut predicates);
        if predicates.is_empty() {
            return None;
        }
        let run = Run { evidence, frame: None };
        let hit = |detection: &&Observed| {
            let frame = Frame { bound: Bound::Detection(**detection), outer: None };
            predicates.iter().any(|predicate| run.with(&frame).truth(predicate) == Some(true))
        };
        Some(evidence.detections?.iter().filter(hit).count() as u64)
    }

    /// The predicates of every `exists` over findings that stands outside of other lists.
    pub(crate) fn predicates<'t>(&'t self, into: &mut Vec<&'t Truth>) {
        match self {
            Self::Each(Quantifier::Exists, List::Findings, predicate) => into.push(predicate),
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.predicates(into);
                }
            }
            Self::If(parts) => {
                for part in parts.iter() {
                    part.predicates(into);
                }
            }
            _ => {}
        }
    }
}

impl<'a> Run<'a> {
    fn with<'b>(&self, frame: &'b Frame<'b>) -> Run<'b>
    where
        'a: 'b,
    {
        Run { evidence: self.evidence, frame: Some(frame) }
    }

    // Recursion is bounded: the parser refuses expressions nested deeper than `MAX_DEPTH`.
    fn truth(&self, truth: &Truth) -> Option<bool> {
        match truth {
            Truth::Const(value) => Some(*value),
            Truth::Fact(fact) => match self.evidence.fact(*fact)? {
                FactValue::Bool(value) => Some(*value),
                _ => None,
            },
            Truth::Has(fact) => Some(self.evidence.has(*fact)),
            Truth::Not(inner) => self.truth(inner).map(|value| !value),
            Truth::All(parts) => self.decided(parts, false),
            Truth::Any(parts) => self.decided(parts, true),
            Truth::If(parts) => {
                let [condition, then, otherwise] = parts.as_ref();
                self.truth(if self.truth(condition)? { then } else { otherwise })
            }
            Truth::Same(parts) => {
                let [a, b] = parts.as_ref();
                Some(self.truth(a)? == self.truth(b)?)
            }
            Truth::Words(a, b) => Some(self.word(a)? == self.word(b)?),
            Truth::Among(word, list) => self.among(self.word(word)?, list),
            Truth::Categories(source, set) => {
                Some(set.get(self.detection(*source)?.category.index()).copied().unwrap_or(false))
            }
            Truth::Classes(source, set) => {
                let class = self.detection(*source)?.value_class;
                Some(ValueClass::ALL.iter().zip(set).any(|(known, within)| *within && *known == class))
            }
            Truth::Numbers(a, comparison, b) => {
                compare_numbers(self.number(a)?, *comparison, self.number(b)?)
            }
            Truth::Times(a, comparison, b) => Some(comparison.holds(self.time(a)?.cmp(&self.time(b)?))),
            Truth::Elapsed(from, period, now) => Some(period.elapsed(self.time(from)?, self.time(now)?)),
            Truth::Strings(a, test, b) => Some(test.holds(self.word(a)?, self.word(b)?)),
            Truth::Each(quantifier, list, predicate) => self.each(*quantifier, list, predicate),
        }
    }

    /// `||` and `&&`: one part with the deciding value decides, whatever is missing elsewhere.
    fn decided(&self, parts: &[Truth], deciding: bool) -> Option<bool> {
        let mut missing = false;
        for part in parts {
            match self.truth(part) {
                Some(value) if value == deciding => return Some(deciding),
                Some(_) => {}
                None => missing = true,
            }
        }
        if missing { None } else { Some(!deciding) }
    }

    fn each(&self, quantifier: Quantifier, list: &List, predicate: &Truth) -> Option<bool> {
        let mut count = Count { quantifier, found: 0, missing: false };
        let one = |bound: Bound<'_>| {
            let frame = Frame { bound, outer: self.frame };
            Run { evidence: self.evidence, frame: Some(&frame) }.truth(predicate)
        };
        match list {
            List::Findings => {
                for detection in self.evidence.detections? {
                    if let Some(decided) = count.next(one(Bound::Detection(*detection))) {
                        return Some(decided);
                    }
                }
            }
            List::Fact(_) | List::Words(_) => {
                for word in self.words(list)? {
                    if let Some(decided) = count.next(one(Bound::Word(word))) {
                        return Some(decided);
                    }
                }
            }
        }
        count.end()
    }

    fn detection(&self, source: Source) -> Option<Observed> {
        match source {
            Source::Own => self.evidence.own,
            Source::Bound(level) => match self.bound(level)? {
                Bound::Detection(detection) => Some(detection),
                Bound::Word(_) => None,
            },
        }
    }

    fn bound(&self, level: usize) -> Option<Bound<'a>> {
        let mut frame = self.frame?;
        for _ in 0..level {
            frame = frame.outer?;
        }
        Some(frame.bound)
    }

    fn word<'w>(&self, word: &'w Word) -> Option<&'w str>
    where
        'a: 'w,
    {
        match word {
            Word::Const(text) => Some(text),
            Word::Fact(fact) => match self.evidence.fact(*fact)? {
                FactValue::Word(word) => Some(word),
                FactValue::Text(text) => Some(text.expose()),
                _ => None,
            },
            Word::Category(source) => Some(self.detection(*source)?.category.name()),
            Word::Class(source) => Some(self.detection(*source)?.value_class.name()),
            Word::Bound(level) => match self.bound(*level)? {
                Bound::Word(word) => Some(word),
                Bound::Detection(_) => None,
            },
        }
    }

    fn words<'w>(&self, list: &'w List) -> Option<&'w [String]>
    where
        'a: 'w,
    {
        match list {
            List::Words(words) => Some(words),
            List::Fact(fact) => match self.evidence.fact(*fact)? {
                FactValue::Words(words) => Some(words),
                _ => None,
            },
            List::Findings => None,
        }
    }

    fn among(&self, word: &str, list: &List) -> Option<bool> {
        Some(self.words(list)?.iter().any(|known| known == word))
    }

    fn number(&self, number: &Number) -> Option<Num> {
        Some(match number {
            Number::Const(value) => *value,
            Number::Fact(fact) => match self.evidence.fact(*fact)? {
                FactValue::Int(value) => Num::Int(*value),
                _ => return None,
            },
            Number::Confidence(source) => Num::Float(self.detection(*source)?.confidence.probability()),
            Number::Length(List::Findings) => whole(self.evidence.detections?.len()),
            Number::Length(list) => whole(self.words(list)?.len()),
            // CEL counts characters, not bytes.
            Number::Characters(word) => whole(self.word(word)?.chars().count()),
        })
    }

    fn time(&self, time: &Time) -> Option<i64> {
        match time {
            Time::Const(seconds) => Some(*seconds),
            Time::Now => Some(self.evidence.now),
            Time::Fact(fact) => match self.evidence.fact(*fact)? {
                FactValue::Stamp(stamp) => Some(stamp.seconds),
                _ => None,
            },
        }
    }
}

fn whole(count: usize) -> Num {
    Num::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Counts elements a predicate holds for.
struct Count {
    quantifier: Quantifier,
    found: u64,
    missing: bool,
}

impl Count {
    /// The next element; the answer where it is decided.
    fn next(&mut self, held: Option<bool>) -> Option<bool> {
        match (self.quantifier, held) {
            (Quantifier::Exists, Some(true)) => return Some(true),
            (Quantifier::All, Some(false)) => return Some(false),
            (_, Some(held)) => self.found += u64::from(held),
            (_, None) => self.missing = true,
        }
        None
    }

    fn end(&self) -> Option<bool> {
        if self.missing {
            return None;
        }
        Some(match self.quantifier {
            Quantifier::Exists => false,
            Quantifier::All => true,
            Quantifier::ExistsOne => self.found == 1,
        })
    }
}

fn compare_numbers(a: Num, comparison: Comparison, b: Num) -> Option<bool> {
    let order = match (a, b) {
        (Num::Int(a), Num::Int(b)) => a.cmp(&b),
        _ => a.float().partial_cmp(&b.float())?,
    };
    Some(comparison.holds(order))
}
