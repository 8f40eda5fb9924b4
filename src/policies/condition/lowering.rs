//! From a checked expression to the tree that runs. What is not lowered runs in the `cel` crate.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators as op};

use super::tree::{Comparison, List, Num, Number, Quantifier, Source, StringTest, Time, Truth, Word};
use super::{Names, name_of, selected};
use crate::policies::params::ParamValue;
use crate::policies::period::Period;
use crate::records::{FactId, FactType, Stamp};

/// What a bound variable is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Detection,
    Word,
}

/// Lowers an expression that the checker has accepted; none where it uses arithmetic, `matches` or
/// `filter`.
pub(super) fn lowered(expression: &IdedExpr, names: &Names<'_>) -> Option<Truth> {
    Lowering { names, bound: Vec::new() }.truth(expression)
}

struct Lowering<'a> {
    names: &'a Names<'a>,
    bound: Vec<(String, Element)>,
}

impl Lowering<'_> {
    fn truth(&mut self, e: &IdedExpr) -> Option<Truth> {
        match &e.expr {
            Expr::Literal(LiteralValue::Boolean(value)) => Some(Truth::Const(*value.inner())),
            Expr::Select(_) => match self.param(e) {
                Some(ParamValue::Bool(value)) => Some(Truth::Const(*value)),
                Some(_) => None,
                None => self.fact(e, FactType::Bool).map(Truth::Fact),
            },
            Expr::Call(call) => self.call(call),
            _ => None,
        }
    }

    fn call(&mut self, call: &CallExpr) -> Option<Truth> {
        match (call.func_name.as_str(), call.args.as_slice()) {
            (op::LOGICAL_AND | op::LOGICAL_OR, _) => self.chain(call),
            (op::LOGICAL_NOT, [a]) => Some(Truth::Not(Box::new(self.truth(a)?))),
            (op::CONDITIONAL, [a, b, c]) => {
                Some(Truth::If(Box::new([self.truth(a)?, self.truth(b)?, self.truth(c)?])))
            }
            (op::EQUALS, [a, b]) => self.equal(a, b),
            (op::NOT_EQUALS, [a, b]) => Some(Truth::Not(Box::new(self.equal(a, b)?))),
            (op::LESS, [a, b]) => self.compare(a, Comparison::Less, b),
            (op::LESS_EQUALS, [a, b]) => self.compare(a, Comparison::LessOrEqual, b),
            (op::GREATER, [a, b]) => self.compare(a, Comparison::Greater, b),
            (op::GREATER_EQUALS, [a, b]) => self.compare(a, Comparison::GreaterOrEqual, b),
            (op::IN, [a, b]) => self.among(a, b),
            (op::HAS, [a]) => FactId::named(selected(a, "rec")?).map(Truth::Has),
            ("elapsed", [from, period, now]) => {
                Some(Truth::Elapsed(self.time(from)?, self.period(period)?, self.time(now)?))
            }
            (name, args) => self.member(name, call.target.as_deref()?, args),
        }
    }

    fn member(&mut self, name: &str, target: &IdedExpr, args: &[IdedExpr]) -> Option<Truth> {
        let quantifier = match name {
            op::EXISTS => Quantifier::Exists,
            op::ALL => Quantifier::All,
            op::EXISTS_ONE => Quantifier::ExistsOne,
            _ => return self.strings(name, target, args),
        };
        let [variable, predicate] = args else { return None };
        let list = self.list(target)?;
        let element = if matches!(list, List::Findings) { Element::Detection } else { Element::Word };
        self.bound.push((name_of(variable)?.to_owned(), element));
        let predicate = self.truth(predicate);
        self.bound.pop();
        Some(Truth::Each(quantifier, list, Box::new(predicate?)))
    }

    fn strings(&mut self, name: &str, target: &IdedExpr, args: &[IdedExpr]) -> Option<Truth> {
        let test = match name {
            "contains" => StringTest::Contains,
            "startsWith" => StringTest::StartsWith,
            "endsWith" => StringTest::EndsWith,
            _ => return None,
        };
        let [part] = args else { return None };
        Some(Truth::Strings(self.word(target)?, test, self.word(part)?))
    }

    /// Chains of one operator become one list.
    fn chain(&mut self, call: &CallExpr) -> Option<Truth> {
        let mut parts = Vec::new();
        for arg in &call.args {
            match (self.truth(arg)?, call.func_name.as_str()) {
                (Truth::All(inner), op::LOGICAL_AND) | (Truth::Any(inner), op::LOGICAL_OR) => {
                    parts.extend(inner)
                }
                (part, _) => parts.push(part),
            }
        }
        Some(if call.func_name == op::LOGICAL_AND { Truth::All(parts) } else { Truth::Any(parts) })
    }

    fn equal(&mut self, a: &IdedExpr, b: &IdedExpr) -> Option<Truth> {
        if let (Some(a), Some(b)) = (self.word(a), self.word(b)) {
            return Some(match (a, b) {
                (Word::Const(constant), other) | (other, Word::Const(constant)) => match other {
                    Word::Category(_) | Word::Class(_) => other.within(vec![constant]),
                    other => Truth::Words(other, Word::Const(constant)),
                },
                (a, b) => Truth::Words(a, b),
            });
        }
        if let Some(compared) = self.compare(a, Comparison::Equal, b) {
            return Some(compared);
        }
        Some(Truth::Same(Box::new([self.truth(a)?, self.truth(b)?])))
    }

    fn compare(&mut self, a: &IdedExpr, comparison: Comparison, b: &IdedExpr) -> Option<Truth> {
        if let (Some(a), Some(b)) = (self.number(a), self.number(b)) {
            return Some(Truth::Numbers(a, comparison, b));
        }
        Some(Truth::Times(self.time(a)?, comparison, self.time(b)?))
    }

    fn among(&mut self, a: &IdedExpr, b: &IdedExpr) -> Option<Truth> {
        let word = self.word(a)?;
        Some(match self.list(b)? {
            List::Words(words) => word.within(words),
            list => Truth::Among(word, list),
        })
    }

    fn list(&self, e: &IdedExpr) -> Option<List> {
        match &e.expr {
            Expr::List(list) => list.elements.iter().map(literal).collect::<Option<_>>().map(List::Words),
            Expr::Select(_) => match self.param(e) {
                Some(ParamValue::Words(words)) => Some(List::Words(words.clone())),
                Some(_) => None,
                None => match self.fact(e, FactType::Detections) {
                    Some(_) => Some(List::Findings),
                    None => self.fact(e, FactType::Words).map(List::Fact),
                },
            },
            _ => None,
        }
    }

    fn word(&self, e: &IdedExpr) -> Option<Word> {
        match &e.expr {
            Expr::Literal(_) => literal(e).map(Word::Const),
            Expr::Ident(name) => match self.level(name)? {
                (level, Element::Word) => Some(Word::Bound(level)),
                _ => None,
            },
            Expr::Select(_) => match (self.param(e), self.detection(e)) {
                (Some(ParamValue::Word(word)), _) => Some(Word::Const(word.clone())),
                (None, Some((source, "category"))) => Some(Word::Category(source)),
                (None, Some((source, "value_class"))) => Some(Word::Class(source)),
                (None, None) => {
                    self.fact(e, FactType::Word).or_else(|| self.fact(e, FactType::Text)).map(Word::Fact)
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn number(&self, e: &IdedExpr) -> Option<Number> {
        match &e.expr {
            Expr::Literal(LiteralValue::Int(value)) => Some(Number::Const(Num::Int(*value.inner()))),
            Expr::Literal(LiteralValue::Double(value)) => Some(Number::Const(Num::Float(*value.inner()))),
            Expr::Select(_) => match (self.param(e), self.detection(e)) {
                (Some(ParamValue::Int(value)), _) => Some(Number::Const(Num::Int(*value))),
                (Some(ParamValue::Number(value)), _) => Some(Number::Const(Num::Float(*value))),
                (None, Some((source, "confidence"))) => Some(Number::Confidence(source)),
                (None, None) => self.fact(e, FactType::Int).map(Number::Fact),
                _ => None,
            },
            Expr::Call(call) if call.func_name == "size" => {
                let of = call.target.as_deref().or(call.args.first())?;
                match self.list(of) {
                    Some(list) => Some(Number::Length(list)),
                    None => self.word(of).map(Number::Characters),
                }
            }
            _ => None,
        }
    }

    fn time(&self, e: &IdedExpr) -> Option<Time> {
        match &e.expr {
            Expr::Ident(name) if name == "now" => Some(Time::Now),
            Expr::Select(_) => self.fact(e, FactType::Stamp).map(Time::Fact),
            Expr::Call(call) if call.func_name == "timestamp" => {
                Stamp::parse(&literal(call.args.first()?)?).map(|stamp| Time::Const(stamp.seconds))
            }
            _ => None,
        }
    }

    fn period(&self, e: &IdedExpr) -> Option<Period> {
        match self.param(e) {
            Some(ParamValue::Period(period)) => Some(period.clone()),
            Some(_) => None,
            None => Period::parse(&literal(e)?),
        }
    }

    fn param(&self, e: &IdedExpr) -> Option<&ParamValue> {
        self.names.param(selected(e, "params")?)
    }

    /// The fact of this type that `rec.x` names. A detection's own facts are read elsewhere.
    fn fact(&self, e: &IdedExpr, fact_type: FactType) -> Option<FactId> {
        FactId::named(selected(e, "rec")?).filter(|fact| fact.card().fact_type == fact_type)
    }

    /// `f.category`, or `rec.category` in a rule on detections.
    fn detection<'e>(&self, e: &'e IdedExpr) -> Option<(Source, &'e str)> {
        let Expr::Select(select) = &e.expr else { return None };
        let name = name_of(&select.operand)?;
        if let Some((level, Element::Detection)) = self.level(name) {
            return Some((Source::Bound(level), &select.field));
        }
        let own = name == "rec" && matches!(select.field.as_str(), "category" | "confidence" | "value_class");
        own.then_some((Source::Own, select.field.as_str()))
    }

    /// How far out a bound variable is, and what it is.
    fn level(&self, name: &str) -> Option<(usize, Element)> {
        let found = self.bound.iter().rev().position(|(bound, _)| bound == name)?;
        let (_, element) = self.bound.iter().rev().nth(found)?;
        Some((found, *element))
    }
}

fn literal(e: &IdedExpr) -> Option<String> {
    match &e.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner().to_owned()),
        _ => None,
    }
}
