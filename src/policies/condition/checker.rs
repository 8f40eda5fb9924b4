//! Types and names of expressions: what the `cel` crate would only notice while running, or never.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators as op};

use super::vocabulary::vocabulary;
use super::{Fault, Names, name_of, selected};
use crate::policies::params::ParamType;
use crate::policies::period::Period;
use crate::policies::suggest;
use crate::records::{FactId, FactType, Stamp};

/// Type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Bool,
    Int,
    Number,
    Word,
    Stamp,
    Period,
    Words,
    Detections,
    Detection,
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Number => "number",
            Self::Word => "string",
            Self::Stamp => "timestamp",
            Self::Period => "period",
            Self::Words => "list of strings",
            Self::Detections => "list of detections",
            Self::Detection => "detection",
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Number)
    }

    /// Type of a fact as expressions see it: confidence is a probability there.
    fn of(fact: FactId) -> Type {
        match fact.card().fact_type {
            FactType::Bool => Self::Bool,
            FactType::Int if fact.card().name == "confidence" => Self::Number,
            FactType::Int => Self::Int,
            FactType::Word | FactType::Text => Self::Word,
            FactType::Stamp => Self::Stamp,
            FactType::Words => Self::Words,
            FactType::Detections => Self::Detections,
        }
    }
}

/// Functions and macros a condition may use.
const FUNCTIONS: [&str; 13] = [
    "all",
    "contains",
    "elapsed",
    "endsWith",
    "exists",
    "exists_one",
    "filter",
    "has",
    "in",
    "matches",
    "size",
    "startsWith",
    "timestamp",
];

/// Facts of a detection in `findings`.
const DETECTION_FACTS: [&str; 3] = ["category", "confidence", "value_class"];

/// What the checker learned.
pub(super) struct Checked {
    /// Facts the expression reads or asks for.
    pub uses: Vec<FactId>,
}

/// Checks that an expression is of type bool and reads only what it may.
pub(super) fn check(e: &IdedExpr, info: &SourceInfo, names: &Names<'_>) -> Result<Checked, Fault> {
    let mut checker = Checker { names, info, bound: Vec::new(), uses: Vec::new() };
    let found = checker.type_of(e, &[])?;
    if found != Type::Bool {
        let what = format!("the condition is a {}, not a bool", found.name());
        return Err(checker.fault(e, "policy-type", what, "compare it with something: `… == …`, `… in [...]`"));
    }
    Ok(Checked { uses: checker.uses })
}

struct Checker<'a> {
    names: &'a Names<'a>,
    info: &'a SourceInfo,
    bound: Vec<(String, Type)>,
    uses: Vec<FactId>,
}

impl Checker<'_> {
    fn fault(
        &self,
        e: &IdedExpr,
        code: &'static str,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Fault {
        let offset = first_offset(e, self.info);
        Fault { offset, code, what: what.into(), advice: advice.into() }
    }

    fn type_of(&mut self, e: &IdedExpr, present: &[FactId]) -> Result<Type, Fault> {
        match &e.expr {
            Expr::Literal(literal) => match literal {
                LiteralValue::Boolean(_) => Ok(Type::Bool),
                LiteralValue::Int(_) => Ok(Type::Int),
                LiteralValue::Double(_) => Ok(Type::Number),
                LiteralValue::String(_) => Ok(Type::Word),
                _ => Err(self.fault(e, "policy-type", "conditions have no such values", "write a bool, number or string")),
            },
            Expr::Ident(name) => self.identifier(e, name),
            Expr::Select(select) if !select.test => self.select(e, &select.operand, &select.field, present),
            Expr::List(list) => {
                for element in &list.elements {
                    self.expect(element, Type::Word, present)?;
                }
                Ok(Type::Words)
            }
            Expr::Call(call) => self.call(e, call, present),
            _ => Err(self.fault(
                e,
                "policy-function",
                "conditions have no maps and messages",
                "write comparisons of facts, parameters and `now`",
            )),
        }
    }

    fn expect(&mut self, e: &IdedExpr, wanted: Type, present: &[FactId]) -> Result<(), Fault> {
        let found = self.type_of(e, present)?;
        if found == wanted {
            return Ok(());
        }
        let what = format!("this is a {}, where a {} belongs", found.name(), wanted.name());
        Err(self.fault(e, "policy-type", what, format!("write an expression of type {}", wanted.name())))
    }

    fn identifier(&self, e: &IdedExpr, name: &str) -> Result<Type, Fault> {
        if let Some((_, bound)) = self.bound.iter().rev().find(|(known, _)| known == name) {
            return Ok(*bound);
        }
        match name {
            "now" => Ok(Type::Stamp),
            "rec" | "params" => Err(self.fault(
                e,
                "policy-type",
                format!("`{name}` alone has no value"),
                format!("name one of its members: `{name}.…`"),
            )),
            _ => {
                let known = self.bound.iter().map(|(known, _)| known.as_str()).chain(["now", "rec", "params"]);
                Err(self.fault(
                    e,
                    "policy-name",
                    format!("there is no variable `{name}`"),
                    suggest::instead(name, known),
                ))
            }
        }
    }

    fn select(
        &mut self,
        e: &IdedExpr,
        operand: &IdedExpr,
        field: &str,
        present: &[FactId],
    ) -> Result<Type, Fault> {
        let root = name_of(operand).filter(|name| !self.bound.iter().any(|(bound, _)| bound == name));
        match root {
            Some("rec") => self.fact(e, field, present),
            Some("params") => self.param(e, field),
            _ => {
                self.expect(operand, Type::Detection, present)?;
                match field {
                    "category" | "value_class" => Ok(Type::Word),
                    "confidence" => Ok(Type::Number),
                    _ => Err(self.fault(
                        e,
                        "policy-fact",
                        format!("a detection has no `{field}`"),
                        suggest::instead(field, DETECTION_FACTS),
                    )),
                }
            }
        }
    }

    fn fact(&mut self, e: &IdedExpr, name: &str, present: &[FactId]) -> Result<Type, Fault> {
        let fact = self.declared(e, name)?;
        if self.names.optional.contains(&fact) && !present.contains(&fact) {
            return Err(self.fault(
                e,
                "policy-optional",
                format!("`rec.{name}` is optional and may be absent here"),
                format!("write `has(rec.{name}) && …` before it, or list it under `needs`"),
            ));
        }
        Ok(Type::of(fact))
    }

    /// A fact the rule declares.
    fn declared(&mut self, e: &IdedExpr, name: &str) -> Result<FactId, Fault> {
        match FactId::named(name) {
            Some(fact) if self.names.needs.contains(&fact) || self.names.optional.contains(&fact) => {
                if !self.uses.contains(&fact) {
                    self.uses.push(fact);
                }
                Ok(fact)
            }
            known => {
                let all: Vec<FactId> = FactId::all()
                    .filter(|fact| self.names.kinds.iter().any(|kind| fact.card().kinds.contains(kind)))
                    .collect();
                let kinds: Vec<&str> = self.names.kinds.iter().map(|kind| kind.name()).collect();
                let exists = known.is_some_and(|fact| all.contains(&fact));
                let (what, advice) = if exists {
                    (
                        format!("the rule does not declare `{name}`"),
                        format!("list `{name}` under `needs`, or under `optional` and ask `has(rec.{name})`"),
                    )
                } else {
                    (
                        format!("there is no fact `{name}` of {}", kinds.join(", ")),
                        suggest::instead(name, all.iter().map(|fact| fact.card().name)),
                    )
                };
                Err(self.fault(e, "policy-fact", what, advice))
            }
        }
    }

    fn param(&self, e: &IdedExpr, name: &str) -> Result<Type, Fault> {
        match self.names.param_type(name) {
            Some(ParamType::Period) => Ok(Type::Period),
            Some(ParamType::Bool) => Ok(Type::Bool),
            Some(ParamType::Int) => Ok(Type::Int),
            Some(ParamType::Number) => Ok(Type::Number),
            Some(ParamType::Word) => Ok(Type::Word),
            Some(ParamType::Words | ParamType::Categories | ParamType::ValueClasses) => Ok(Type::Words),
            None => Err(self.fault(
                e,
                "policy-param",
                format!("the rule has no parameter `{name}`"),
                suggest::instead(name, self.names.params.iter().map(|(known, ..)| known.as_str())),
            )),
        }
    }

    fn call(&mut self, e: &IdedExpr, call: &CallExpr, present: &[FactId]) -> Result<Type, Fault> {
        match (call.func_name.as_str(), call.args.as_slice()) {
            (op::LOGICAL_AND, [a, b]) => self.logical(a, b, facts_if(a, true), present),
            (op::LOGICAL_OR, [a, b]) => self.logical(a, b, facts_if(a, false), present),
            (op::LOGICAL_NOT, [a]) => self.expect(a, Type::Bool, present).map(|()| Type::Bool),
            (op::CONDITIONAL, [condition, then, otherwise]) => {
                self.expect(condition, Type::Bool, present)?;
                let found = self.type_of(then, &joined(present, facts_if(condition, true)))?;
                self.expect(otherwise, found, &joined(present, facts_if(condition, false)))?;
                Ok(found)
            }
            (op::EQUALS | op::NOT_EQUALS, [a, b]) => self.equality(e, a, b, present),
            (op::LESS | op::LESS_EQUALS | op::GREATER | op::GREATER_EQUALS, [a, b]) => {
                self.order(e, a, b, present)
            }
            (op::IN, [a, b]) => {
                self.expect(a, Type::Word, present)?;
                self.expect(b, Type::Words, present)?;
                self.words_of(a, b)?;
                Ok(Type::Bool)
            }
            (op::ADD | op::SUBSTRACT | op::MULTIPLY, [a, b]) => {
                let found = self.number(a, present)?;
                self.expect(b, found, present).map(|()| found)
            }
            (op::NEGATE, [a]) => self.number(a, present),
            (op::HAS, args) if call.target.is_none() => self.has(e, args),
            ("elapsed", [from, period, now]) if call.target.is_none() => {
                self.expect(from, Type::Stamp, present)?;
                self.period(period, present)?;
                self.expect(now, Type::Stamp, present).map(|()| Type::Bool)
            }
            ("timestamp", [text]) if call.target.is_none() => self.timestamp(text),
            ("size", [of]) if call.target.is_none() => self.size(of, present),
            (name, args) => match (&call.target, args) {
                (Some(target), args) => self.member(e, name, target, args, present),
                (None, _) => Err(self.unknown(e, name)),
            },
        }
    }

    fn unknown(&self, e: &IdedExpr, name: &str) -> Fault {
        let shown = name.trim_matches(['_', '@']);
        let (what, advice) = if FUNCTIONS.contains(&shown) {
            (
                format!("`{shown}` is not called like this"),
                match shown {
                    "elapsed" => String::from("write elapsed(rec.fact, params.period, now)"),
                    "has" => String::from("write has(rec.fact)"),
                    "timestamp" => String::from("write timestamp('2026-01-31T00:00:00Z')"),
                    "size" => String::from("write size(list) or list.size()"),
                    "exists" | "all" | "exists_one" | "filter" => format!("write list.{shown}(x, condition)"),
                    other => format!("write text.{other}('…')"),
                },
            )
        } else {
            (
                format!("conditions have no function or operator `{shown}`"),
                suggest::instead(shown, FUNCTIONS),
            )
        };
        self.fault(e, "policy-function", what, advice)
    }

    fn logical(
        &mut self,
        a: &IdedExpr,
        b: &IdedExpr,
        learned: Vec<FactId>,
        present: &[FactId],
    ) -> Result<Type, Fault> {
        self.expect(a, Type::Bool, present)?;
        self.expect(b, Type::Bool, &joined(present, learned))?;
        Ok(Type::Bool)
    }

    fn number(&mut self, e: &IdedExpr, present: &[FactId]) -> Result<Type, Fault> {
        let found = self.type_of(e, present)?;
        if found.is_number() {
            return Ok(found);
        }
        let what = format!("this is a {}, where a number belongs", found.name());
        Err(self.fault(e, "policy-type", what, "write a number"))
    }

    fn equality(&mut self, e: &IdedExpr, a: &IdedExpr, b: &IdedExpr, present: &[FactId]) -> Result<Type, Fault> {
        let (left, right) = (self.type_of(a, present)?, self.type_of(b, present)?);
        let comparable = matches!(left, Type::Bool | Type::Int | Type::Number | Type::Word | Type::Stamp);
        if !comparable || !(left == right || left.is_number() && right.is_number()) {
            return Err(self.incomparable(e, left, right));
        }
        self.words_of(a, b)?;
        self.words_of(b, a)?;
        Ok(Type::Bool)
    }

    fn order(&mut self, e: &IdedExpr, a: &IdedExpr, b: &IdedExpr, present: &[FactId]) -> Result<Type, Fault> {
        let (left, right) = (self.type_of(a, present)?, self.type_of(b, present)?);
        let both = left.is_number() && right.is_number() || left == Type::Stamp && right == Type::Stamp;
        if both { Ok(Type::Bool) } else { Err(self.incomparable(e, left, right)) }
    }

    fn incomparable(&self, e: &IdedExpr, left: Type, right: Type) -> Fault {
        let advice = match (left, right) {
            (Type::Period, _) | (_, Type::Period) => "a period is used as elapsed(rec.fact, params.period, now)",
            _ => "compare values of one type",
        };
        let what = format!("a {} cannot be compared with a {} here", left.name(), right.name());
        self.fault(e, "policy-type", what, advice)
    }

    /// Words with a closed vocabulary are compared with words of that vocabulary only: a misspelt one
    /// would never match, and the rule would never fail.
    fn words_of(&self, subject: &IdedExpr, words: &IdedExpr) -> Result<(), Fault> {
        let Expr::Select(select) = &subject.expr else { return Ok(()) };
        let Some(known) = vocabulary(&select.field).filter(|_| selected(subject, "params").is_none()) else {
            return Ok(());
        };
        let elements = match &words.expr {
            Expr::List(list) => list.elements.as_slice(),
            _ => std::slice::from_ref(words),
        };
        for element in elements {
            if let Expr::Literal(LiteralValue::String(word)) = &element.expr
                && !known.contains(&word.inner())
            {
                return Err(self.fault(
                    element,
                    "policy-word",
                    format!("`{}` is never a `{}`", word.inner(), select.field),
                    suggest::instead(word.inner(), known.iter().copied()),
                ));
            }
        }
        if let Some(param) = selected(words, "params") {
            let given = self.names.param(param).map(|value| value.words()).unwrap_or_default();
            if let Some(word) = given.split(", ").find(|word| !word.is_empty() && !known.contains(word)) {
                return Err(self.fault(
                    words,
                    "policy-word",
                    format!("`{word}` in `params.{param}` is never a `{}`", select.field),
                    suggest::instead(word, known.iter().copied()),
                ));
            }
        }
        Ok(())
    }

    fn has(&mut self, e: &IdedExpr, args: &[IdedExpr]) -> Result<Type, Fault> {
        let Some(name) = args.first().filter(|_| args.len() == 1).and_then(|arg| selected(arg, "rec")) else {
            return Err(self.fault(e, "policy-has", "has() asks for a fact of the record", "write has(rec.fact)"));
        };
        let fact = self.declared(e, name)?;
        if !self.names.optional.contains(&fact) {
            return Err(self.fault(
                e,
                "policy-has",
                format!("has(rec.{name}) on a fact the rule needs is always true"),
                format!("drop it, or list `{name}` under `optional` instead of `needs`"),
            ));
        }
        Ok(Type::Bool)
    }

    fn period(&mut self, e: &IdedExpr, present: &[FactId]) -> Result<(), Fault> {
        if let Expr::Literal(LiteralValue::String(text)) = &e.expr {
            return match Period::parse(text.inner()) {
                Some(_) => Ok(()),
                None => Err(self.fault(
                    e,
                    "policy-period",
                    format!("`{}` is no period", text.inner()),
                    "write an ISO 8601 duration above zero in whole units: P3Y, P18M, P30D, PT72H",
                )),
            };
        }
        self.expect(e, Type::Period, present)
    }

    fn timestamp(&self, e: &IdedExpr) -> Result<Type, Fault> {
        match &e.expr {
            // What both this program and the CEL specification read: RFC 3339.
            Expr::Literal(LiteralValue::String(text))
                if text.inner().len() >= 20
                    && Stamp::parse(text.inner()).is_some_and(|stamp| stamp.zone_known) =>
            {
                Ok(Type::Stamp)
            }
            _ => Err(self.fault(
                e,
                "policy-type",
                "timestamp() takes a point in time as text",
                "write timestamp('2026-01-31T00:00:00Z')",
            )),
        }
    }

    fn size(&mut self, of: &IdedExpr, present: &[FactId]) -> Result<Type, Fault> {
        match self.type_of(of, present)? {
            Type::Word | Type::Words | Type::Detections => Ok(Type::Int),
            found => Err(self.fault(
                of,
                "policy-type",
                format!("a {} has no size", found.name()),
                "size() counts the elements of a list or the characters of a string",
            )),
        }
    }

    fn member(
        &mut self,
        e: &IdedExpr,
        name: &str,
        target: &IdedExpr,
        args: &[IdedExpr],
        present: &[FactId],
    ) -> Result<Type, Fault> {
        match (name, args) {
            ("size", []) => self.size(target, present),
            ("contains" | "startsWith" | "endsWith", [part]) => {
                self.expect(target, Type::Word, present)?;
                self.expect(part, Type::Word, present).map(|()| Type::Bool)
            }
            ("matches", [pattern]) => {
                self.expect(target, Type::Word, present)?;
                self.pattern(pattern).map(|()| Type::Bool)
            }
            ("exists" | "all" | "exists_one" | "filter", [variable, predicate]) => {
                let (list, element) = self.list(target, present)?;
                self.bind(variable, element)?;
                let checked = self.expect(predicate, Type::Bool, present);
                self.bound.pop();
                checked.map(|()| if name == "filter" { list } else { Type::Bool })
            }
            _ => Err(self.unknown(e, name)),
        }
    }

    fn pattern(&self, e: &IdedExpr) -> Result<(), Fault> {
        let Expr::Literal(LiteralValue::String(pattern)) = &e.expr else {
            return Err(self.fault(e, "policy-type", "matches() takes a literal pattern", "write the pattern in quotes"));
        };
        match regex::Regex::new(pattern.inner()) {
            Ok(_) => Ok(()),
            Err(_) => Err(self.fault(
                e,
                "policy-type",
                "this is no regular expression",
                "write one in the syntax of RE2, without look-around",
            )),
        }
    }

    /// Type of a list and of its elements.
    fn list(&mut self, e: &IdedExpr, present: &[FactId]) -> Result<(Type, Type), Fault> {
        match self.type_of(e, present)? {
            Type::Words => Ok((Type::Words, Type::Word)),
            Type::Detections => Ok((Type::Detections, Type::Detection)),
            found => {
                let what = format!("a {} has no elements", found.name());
                Err(self.fault(e, "policy-type", what, "write a list such as rec.findings"))
            }
        }
    }

    fn bind(&mut self, variable: &IdedExpr, element: Type) -> Result<(), Fault> {
        match name_of(variable) {
            Some(name) if !matches!(name, "rec" | "params" | "now") => {
                self.bound.push((name.to_owned(), element));
                Ok(())
            }
            _ => Err(self.fault(
                variable,
                "policy-name",
                "this cannot be the name of an element",
                "write a short name such as f",
            )),
        }
    }
}

/// Facts that are present whenever `e` is `truth`.
fn facts_if(e: &IdedExpr, truth: bool) -> Vec<FactId> {
    let Expr::Call(call) = &e.expr else { return Vec::new() };
    match (call.func_name.as_str(), call.args.as_slice(), truth) {
        (op::HAS, [a], true) => selected(a, "rec").and_then(FactId::named).into_iter().collect(),
        (op::LOGICAL_NOT, [a], _) => facts_if(a, !truth),
        (op::LOGICAL_AND, [a, b], true) | (op::LOGICAL_OR, [a, b], false) => {
            joined(&facts_if(a, truth), facts_if(b, truth))
        }
        _ => Vec::new(),
    }
}

fn joined(present: &[FactId], mut learned: Vec<FactId>) -> Vec<FactId> {
    learned.extend_from_slice(present);
    learned
}

/// The first character of an expression: the parser notes where an operator stands, so the least
/// offset among the parts is taken.
fn first_offset(e: &IdedExpr, info: &SourceInfo) -> usize {
    let mut least = u32::MAX;
    let mut pending = vec![e];
    while let Some(e) = pending.pop() {
        if let Some((start, _)) = info.offset_for(e.id) {
            least = least.min(start);
        }
        match &e.expr {
            Expr::Select(select) => pending.push(&select.operand),
            Expr::Call(call) => pending.extend(call.target.as_deref().into_iter().chain(&call.args)),
            Expr::List(list) => pending.extend(&list.elements),
            _ => {}
        }
    }
    usize::try_from(least).unwrap_or(0)
}
