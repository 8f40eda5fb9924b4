//! The compared part of the language as a tree of its own.

use std::cmp::Ordering;

use crate::policies::period::Period;
use crate::records::{Category, FactId, ValueClass};

/// Which detection a word or number is read from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// The detection the rule is on.
    Own,
    /// The element of a list, counted from the innermost `exists`.
    Bound(usize),
}

/// A list.
#[derive(Debug)]
pub(super) enum List {
    Findings,
    Fact(FactId),
    Words(Vec<String>),
}

/// A string.
#[derive(Debug)]
pub(super) enum Word {
    Const(String),
    Fact(FactId),
    Category(Source),
    Class(Source),
    Bound(usize),
}

/// A number; whole ones are compared as such.
#[derive(Clone, Copy, Debug)]
pub(super) enum Num {
    Int(i64),
    Float(f64),
}

/// A number to be read.
#[derive(Debug)]
pub(super) enum Number {
    Const(Num),
    Fact(FactId),
    Confidence(Source),
    Length(List),
    Characters(Word),
}

/// A point in time.
#[derive(Debug)]
pub(super) enum Time {
    Const(i64),
    Fact(FactId),
    Now,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A test of two strings.
#[derive(Clone, Copy, Debug)]
pub(super) enum StringTest {
    Contains,
    StartsWith,
    EndsWith,
}

/// How many elements a predicate must hold for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantifier {
    Exists,
    All,
    ExistsOne,
}

/// A truth value to be found.
#[derive(Debug)]
pub(super) enum Truth {
    Const(bool),
    Fact(FactId),
    Has(FactId),
    Not(Box<Truth>),
    All(Vec<Truth>),
    Any(Vec<Truth>),
    If(Box<[Truth; 3]>),
    Same(Box<[Truth; 2]>),
    Words(Word, Word),
    Among(Word, List),
    /// Whether a detection's category is in a set, by position.
    Categories(Source, Box<[bool]>),
    /// Whether a detection's value class is in a set.
    Classes(Source, [bool; ValueClass::ALL.len()]),
    Numbers(Number, Comparison, Number),
    Times(Time, Comparison, Time),
    Elapsed(Time, Period, Time),
    Strings(Word, StringTest, Word),
    Each(Quantifier, List, Box<Truth>),
}

impl Truth {
    /// Adds the numbers that confidences are compared with.
    pub(crate) fn thresholds(&self, into: &mut Vec<f64>) {
        match self {
            Self::Numbers(Number::Confidence(_), _, Number::Const(at))
            | Self::Numbers(Number::Const(at), _, Number::Confidence(_)) => into.push(at.float()),
            Self::Not(inner) | Self::Each(_, _, inner) => inner.thresholds(into),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.thresholds(into)),
            Self::If(parts) => parts.iter().for_each(|part| part.thresholds(into)),
            Self::Same(parts) => parts.iter().for_each(|part| part.thresholds(into)),
            _ => {}
        }
    }
}

impl Num {
    pub(super) fn float(self) -> f64 {
        match self {
            Num::Int(value) => value as f64,
            Num::Float(value) => value,
        }
    }
}

impl Comparison {
    pub(super) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl StringTest {
    pub(super) fn holds(self, text: &str, part: &str) -> bool {
        match self {
            Self::Contains => text.contains(part),
            Self::StartsWith => text.starts_with(part),
            Self::EndsWith => text.ends_with(part),
        }
    }
}

impl Word {
    /// Membership of a detection's category or value class in constant words, as sets.
    pub(crate) fn within(self, words: Vec<String>) -> Truth {
        match self {
            Word::Category(source) => {
                let held = |category: Category| words.iter().any(|word| word == category.name());
                Truth::Categories(source, Category::all().map(held).collect())
            }
            Word::Class(source) => Truth::Classes(
                source,
                ValueClass::ALL.map(|class| words.iter().any(|word| word == class.name())),
            ),
            word => Truth::Among(word, List::Words(words)),
        }
    }
}
