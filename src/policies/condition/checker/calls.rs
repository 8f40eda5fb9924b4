//! Types of operators, functions and macros.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators as op};

use super::super::vocabulary::vocabulary;
use super::super::{Fault, name_of, selected};
use super::presence::{facts_if, joined};
use super::{Checker, Type};
use crate::policies::period::Period;
use crate::policies::suggest;
use crate::records::{FactId, Stamp};

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

impl Checker<'_> {
    pub(super) fn call(&mut self, e: &IdedExpr, call: &CallExpr, present: &[FactId]) -> Result<Type, Fault> {
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
            (format!("conditions have no function or operator `{shown}`"), suggest::instead(shown, FUNCTIONS))
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

    fn equality(
        &mut self,
        e: &IdedExpr,
        a: &IdedExpr,
        b: &IdedExpr,
        present: &[FactId],
    ) -> Result<Type, Fault> {
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
            (Type::Period, _) | (_, Type::Period) => {
                "a period is used as elapsed(rec.fact, params.period, now)"
            }
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
            return Err(self.fault(
                e,
                "policy-has",
                "has() asks for a fact of the record",
                "write has(rec.fact)",
            ));
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
            return Err(self.fault(
                e,
                "policy-type",
                "matches() takes a literal pattern",
                "write the pattern in quotes",
            ));
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
