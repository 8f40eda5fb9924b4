//! Types and names of expressions: what the `cel` crate would only notice while running, or never.

mod calls;
mod presence;

use cel::common::ast::{Expr, IdedExpr, LiteralValue, SourceInfo};

use super::{Fault, Names, name_of};
use crate::policies::params::ParamType;
use crate::policies::suggest;
use crate::records::{FactId, FactType};

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
        return Err(checker.fault(
            e,
            "policy-type",
            what,
            "compare it with something: `… == …`, `… in [...]`",
        ));
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
                _ => Err(self.fault(
                    e,
                    "policy-type",
                    "conditions have no such values",
                    "write a bool, number or string",
                )),
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
                let known =
                    self.bound.iter().map(|(known, _)| known.as_str()).chain(["now", "rec", "params"]);
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
                    .filter(|fact| self.names.kinds.iter().any(|kind| fact.card().is_of(*kind)))
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
}
/// The first character of an expression: the parser notes where an operator stands, so the least
/// offset among the parts is taken.
fn first_offset(e: &IdedExpr, info: &SourceInfo) -> usize {
    let mut least = u32::MAX;
    let mut pending = vec![e];
    while let Some(e) = pending.pop() {
        if let Some((start, _)) = info.offset_for(e.id) {
            // A call is noted at its parenthesis.
            let name = match &e.expr {
                Expr::Call(call)
                    if call.target.is_none() && call.func_name.starts_with(char::is_alphabetic) =>
                {
                    call.func_name.len()
                }
                _ => 0,
            };
            least = least.min(start.saturating_sub(u32::try_from(name).unwrap_or(0)));
        }
        match &e.expr {
            Expr::Select(select) => pending.push(&select.operand),
            Expr::Call(call) => pending.extend(call.target.as_deref().into_iter().chain(&call.args)),
            Expr::List(list) => pending.extend(&list.elements),
            _ => {}
        }
    }
    // Offsets are bytes; problems count characters.
    let bytes = usize::try_from(least).unwrap_or(0);
    info.source.get(..bytes).map_or(0, |before| before.chars().count())
}
