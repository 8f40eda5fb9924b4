//! The dry run: an expression is run on generated records before it may judge real ones.
//!
//! Values are made from what the expression compares with: for each number and period those just
//! below, at and just above it, for words those it names and one it does not, lists empty and filled,
//! optional facts present and absent. On each record the `cel` crate must give a bool, and the lowered
//! tree the same one.

use cel::common::ast::{Expr, IdedExpr, LiteralValue};
use cel::{Program, Value};

use super::evaluation::Evidence;
use super::tree::Truth;
use super::{Fault, Names, language, vocabulary};
use crate::policies::judge::Observed;
use crate::policies::params::ParamValue;
use crate::policies::period::Period;
use crate::records::{
    Category, Confidence, FactId, FactType, FactValue, Facts, Precision, Stamp, Supplier, Text, ValueClass,
};

/// 22 November 2026, 00:00 UTC: `now` of dry runs and, unless they say otherwise, of rules' own tests.
pub(in crate::policies) const NOW: i64 = 1_795_305_600;
const DAY: i64 = 86_400;
/// Longest list of values of one fact.
const MAX_VALUES: usize = 48;

/// A word no rule names.
const STRANGER: &str = "some-other-word";

/// Runs an expression on generated records.
pub(super) fn dry_run(
    program: &Program,
    params: &Value,
    lowered: Option<&Truth>,
    expression: &IdedExpr,
    names: &Names<'_>,
    uses: &[FactId],
    count: usize,
) -> Result<(), Fault> {
    let constants = Constants::of(expression, names);
    let columns: Vec<Column> = uses
        .iter()
        .map(|fact| Column { fact: *fact, values: constants.values(*fact, names.optional.contains(fact)) })
        .collect();
    for row in rows(&columns, count) {
        let record = Witness::new(&columns, &row);
        let evidence = record.evidence();
        match language::execute(program, params, uses, &evidence) {
            Ok(Value::Bool(found)) => {
                if lowered.is_some_and(|truth| truth.holds(&evidence) != Some(found)) {
                    return Err(fault(
                        "its two engines disagree",
                        "report this expression to olvido's authors",
                    ));
                }
            }
            Ok(_) => return Err(fault("it does not give a bool", "compare its value with something")),
            // What the error says may quote generated values: not shown.
            Err(_) => {
                return Err(fault("it fails on a generated record", "simplify it to comparisons of facts"));
            }
        }
    }
    Ok(())
}

fn fault(what: &str, advice: &str) -> Fault {
    Fault {
        offset: 0,
        code: "policy-condition",
        what: format!("the condition cannot be run: {what}"),
        advice: advice.to_owned(),
    }
}

/// One value of a fact in a generated record.
#[derive(Clone)]
enum Generated {
    Absent,
    Fact(FactValue),
    Findings(Vec<Observed>),
    Own(Observed),
}

struct Column {
    fact: FactId,
    values: Vec<Generated>,
}

/// A generated record.
#[derive(Default)]
struct Witness {
    facts: Facts,
    detections: Option<Vec<Observed>>,
    own: Option<Observed>,
}

impl Witness {
    fn new(columns: &[Column], row: &[usize]) -> Witness {
        let mut witness = Witness::default();
        for (column, at) in columns.iter().zip(row) {
            match column.values.get(*at) {
                Some(Generated::Fact(value)) => {
                    witness.facts.set(column.fact, value.clone(), Supplier::Export);
                }
                Some(Generated::Findings(list)) => witness.detections = Some(list.clone()),
                Some(Generated::Own(own)) => witness.take(column.fact, *own),
                Some(Generated::Absent) | None => {}
            }
        }
        witness
    }

    /// Sets one member of the detection the record is.
    fn take(&mut self, fact: FactId, from: Observed) {
        let own = self.own.get_or_insert(from);
        match fact.card().name {
            "category" => own.category = from.category,
            "confidence" => own.confidence = from.confidence,
            _ => own.value_class = from.value_class,
        }
    }

    fn evidence(&self) -> Evidence<'_> {
        Evidence::of_record(&self.facts, self.detections.as_deref(), NOW).with_own(self.own)
    }
}

/// Rows of positions: all combinations where they are few, else every value at least once and the
/// rest by a fixed sequence, so that a rule passes or fails loading the same way on every machine.
fn rows(columns: &[Column], count: usize) -> Vec<Vec<usize>> {
    let product = columns.iter().try_fold(1_usize, |all, column| all.checked_mul(column.values.len()));
    if let Some(product) = product.filter(|product| *product <= count) {
        let row = |mut number: usize| {
            let digit = |column: &Column| {
                let digit = number % column.values.len().max(1);
                number /= column.values.len().max(1);
                digit
            };
            columns.iter().map(digit).collect()
        };
        return (0..product).map(row).collect();
    }
    let longest = columns.iter().map(|column| column.values.len()).max().unwrap_or(1);
    // Knuth's MMIX multiplier: no secret, only a fixed sequence.
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or(0) % below.max(1)
    };
    (0..count.max(longest))
        .map(|number| {
            let straight = number < longest;
            let pick = |column: &Column| if straight { number } else { next(column.values.len()) };
            columns
                .iter()
                .map(pick)
                .zip(columns)
                .map(|(at, column)| at % column.values.len().max(1))
                .collect()
        })
        .collect()
}

/// What an expression compares with.
#[derive(Default)]
struct Constants {
    words: Vec<String>,
    numbers: Vec<f64>,
    periods: Vec<Period>,
    stamps: Vec<i64>,
}

impl Constants {
    fn of(expression: &IdedExpr, names: &Names<'_>) -> Constants {
        let mut constants = Constants::default();
        let mut pending = vec![expression];
        while let Some(e) = pending.pop() {
            match &e.expr {
                Expr::Literal(literal) => constants.literal(literal),
                Expr::Select(select) => pending.push(&select.operand),
                Expr::Call(call) => pending.extend(call.target.as_deref().into_iter().chain(&call.args)),
                Expr::List(list) => pending.extend(&list.elements),
                _ => {}
            }
        }
        for (.., value) in names.params {
            constants.param(value);
        }
        constants
    }

    fn literal(&mut self, literal: &LiteralValue) {
        match literal {
            LiteralValue::String(text) => self.text(text.inner()),
            LiteralValue::Int(value) => self.numbers.push(*value.inner() as f64),
            LiteralValue::Double(value) => self.numbers.push(*value.inner()),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(period) = Period::parse(text) {
            self.periods.push(period);
        } else if let Some(stamp) = Stamp::parse(text) {
            self.stamps.push(stamp.seconds);
        }
        self.words.push(text.to_owned());
    }

    fn param(&mut self, value: &ParamValue) {
        match value {
            ParamValue::Period(period) => self.periods.push(period.clone()),
            ParamValue::Bool(_) => {}
            ParamValue::Int(value) => self.numbers.push(*value as f64),
            ParamValue::Number(value) => self.numbers.push(*value),
            ParamValue::Word(word) => self.text(word),
            ParamValue::Words(words) => self.words.extend(words.iter().cloned()),
        }
    }

    /// Values of a fact, different ones, as many as the bound allows.
    fn values(&self, fact: FactId, optional: bool) -> Vec<Generated> {
        let mut values = match fact.card().name {
            "category" | "confidence" | "value_class" => {
                self.observed().into_iter().map(Generated::Own).collect()
            }
            _ => self.typed(fact),
        };
        values.truncate(MAX_VALUES);
        if optional {
            values.insert(0, Generated::Absent);
        }
        values
    }

    fn typed(&self, fact: FactId) -> Vec<Generated> {
        let fact_value = |value: FactValue| Generated::Fact(value);
        match fact.card().fact_type {
            FactType::Bool => [false, true].map(FactValue::Bool).map(fact_value).to_vec(),
            FactType::Int => self.ints().into_iter().map(FactValue::Int).map(fact_value).collect(),
            FactType::Word => self
                .words_of(fact)
                .into_iter()
                .map(|word| FactValue::Word(word.into()))
                .map(fact_value)
                .collect(),
            FactType::Text => self
                .words_of(fact)
                .into_iter()
                .map(|word| fact_value(FactValue::Text(Text::new(word))))
                .collect(),
            FactType::Stamp => self.instants().into_iter().map(|at| fact_value(stamp(at))).collect(),
            FactType::Words => {
                let words = self.words_of(fact);
                let single = words.iter().map(|word| vec![word.clone()]);
                let lists = [Vec::new(), words.clone()].into_iter().chain(single);
                lists.map(|list| fact_value(FactValue::Words(list))).collect()
            }
            FactType::Detections => {
                let observed = self.observed();
                let single = observed.iter().map(|one| vec![*one]);
                let lists = [Vec::new(), observed.clone()].into_iter().chain(single);
                lists.map(Generated::Findings).collect()
            }
        }
    }

    fn ints(&self) -> Vec<i64> {
        let near = self.numbers.iter().flat_map(|number| {
            let whole = *number as i64;
            [whole.saturating_sub(1), whole, whole.saturating_add(1)]
        });
        let mut ints: Vec<i64> = near.chain([0, 1, 1_000_000]).collect();
        ints.sort_unstable();
        ints.dedup();
        ints
    }

    fn words_of(&self, fact: FactId) -> Vec<String> {
        let known = vocabulary(fact.card().name);
        let mut words = vec![STRANGER.to_owned()];
        words.extend(
            self.words
                .iter()
                .filter(|word| known.is_none_or(|known| known.contains(&word.as_str())))
                .cloned(),
        );
        words.dedup();
        words
    }

    fn instants(&self) -> Vec<i64> {
        let mut instants = vec![NOW - 40 * 366 * DAY, NOW - 1, NOW, NOW + DAY];
        // 29 February 2024, where a year later is a day earlier in the month.
        instants.push(1_709_164_800);
        for at in &self.stamps {
            instants.extend([at - 1, *at, at + 1]);
        }
        for period in &self.periods {
            // About one period ago: exact but for month ends, hence the days around it.
            let length = period.end(NOW).map_or(0, |end| end - NOW);
            instants.extend([-2 * DAY, -1, 0, 1, 2 * DAY].map(|near| NOW - length + near));
        }
        instants.sort_unstable();
        instants.dedup();
        instants
    }

    /// Detections of named and other categories and classes, at, below and above each threshold.
    fn observed(&self) -> Vec<Observed> {
        let named: Vec<Category> = self.words.iter().filter_map(|word| Category::named(word)).collect();
        let other = Category::all().find(|category| !named.contains(category));
        let categories: Vec<Category> =
            named.first().into_iter().chain(named.last()).copied().chain(other).collect();
        let mut levels: Vec<f64> = vec![0.02, 0.999];
        levels.extend(self.numbers.iter().flat_map(|number| [number - 0.001, *number, number + 0.001]));
        levels.retain(|level| (0.0..=1.0).contains(level));
        let mut observed = Vec::new();
        for (at, level) in levels.iter().enumerate() {
            for (shift, class) in ValueClass::ALL.into_iter().enumerate() {
                let category = categories.get((at + shift) % categories.len().max(1));
                let category = category.copied().unwrap_or(Category::PERSON_NAME);
                observed.push(Observed { category, confidence: Confidence::new(*level), value_class: class });
            }
        }
        observed
    }
}

fn stamp(seconds: i64) -> FactValue {
    FactValue::Stamp(Stamp { seconds, precision: Precision::Instant, zone_known: true })
}
