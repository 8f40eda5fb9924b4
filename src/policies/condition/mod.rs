//! Conditions: a checked part of the Common Expression Language.
//!
//! An expression is parsed, checked (names, types, `has()`), lowered to a tree of its own where it
//! only compares, and then run in the `cel` crate on generated records: the crate is the judge of
//! what the language means, and a tree that disagrees with it is refused.

mod checker;
mod evaluation;
mod language;
mod lowering;
#[cfg(test)]
mod tests;
mod tree;
mod vocabulary;
mod witness;

use cel::common::ast::{Expr, IdedExpr};

pub(super) use evaluation::{Evidence, findings, is_readable};
use tree::Truth;
pub(super) use vocabulary::vocabulary;
pub(super) use witness::NOW as DRY_RUN_NOW;

use super::params::{ParamType, ParamValue};
use crate::records::{FactId, RecordKind};

/// Longest expression, in bytes.
const MAX_LENGTH: usize = 4_000;
/// Deepest nesting the parser accepts; what walks expressions may recurse for that reason.
const MAX_DEPTH: u16 = 48;
/// Most operators in a row that are not `&&` and `||`.
const MAX_CHAIN: usize = 64;

/// What an expression may name.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub kinds: &'a [RecordKind],
    pub needs: &'a [FactId],
    pub optional: &'a [FactId],
    pub params: &'a [(String, ParamType, ParamValue)],
}

impl Names<'_> {
    fn param(&self, name: &str) -> Option<&ParamValue> {
        self.params.iter().find(|(known, ..)| known == name).map(|(.., value)| value)
    }

    fn param_type(&self, name: &str) -> Option<ParamType> {
        self.params.iter().find(|(known, ..)| known == name).map(|(_, param_type, _)| *param_type)
    }
}

/// What is wrong with an expression.
#[derive(Debug)]
pub(super) struct Fault {
    /// Character of the expression.
    pub offset: usize,
    pub code: &'static str,
    pub what: String,
    pub advice: String,
}

/// A condition that has passed every check.
pub(super) struct Condition {
    uses: Vec<FactId>,
    engine: Engine,
}

enum Engine {
    /// Comparisons only.
    Lowered(Truth),
    /// The rest of the language, in the `cel` crate, with the parameters as CEL values.
    Cel { program: cel::Program, params: cel::Value },
}

impl Condition {
    /// Compiles and checks an expression. `witnesses` is on how many generated records it is run.
    pub(crate) fn compile(text: &str, names: &Names<'_>, witnesses: usize) -> Result<Condition, Fault> {
        if text.len() > MAX_LENGTH {
            return Err(Fault {
                offset: 0,
                code: "policy-condition",
                what: format!("the condition is longer than {MAX_LENGTH} bytes"),
                advice: String::from("put lists into params"),
            });
        }
        let (expression, info) = language::parse(text)?;
        let checked = checker::check(&expression, &info, names)?;
        let program = language::compile(text)?;
        let params = language::params(names.params);
        let lowered = lowering::lowered(&expression, names);
        witness::dry_run(&program, &params, lowered.as_ref(), &expression, names, &checked.uses, witnesses)?;
        let engine = match lowered {
            Some(truth) => Engine::Lowered(truth),
            None => Engine::Cel { program, params },
        };
        Ok(Condition { uses: checked.uses, engine })
    }

    /// Facts the condition reads or asks for.
    pub(crate) fn uses(&self) -> &[FactId] {
        &self.uses
    }

    /// Whether it holds; none where evidence is missing or the expression fails (overflow).
    pub(crate) fn holds(&self, evidence: &Evidence<'_>) -> Option<bool> {
        match &self.engine {
            Engine::Lowered(truth) => truth.holds(evidence),
            Engine::Cel { program, params } => language::run(program, params, &self.uses, evidence),
        }
    }

    /// How many detections the condition found: those that satisfy one of its `rec.findings.exists`.
    pub(crate) fn hits(&self, evidence: &Evidence<'_>) -> Option<u64> {
        match &self.engine {
            Engine::Lowered(truth) => truth.hits(evidence),
            Engine::Cel { .. } => None,
        }
    }

    /// Whether [`Condition::hits`] can count.
    pub(crate) fn counts(&self) -> bool {
        match &self.engine {
            Engine::Lowered(truth) => {
                let mut predicates = Vec::new();
                truth.predicates(&mut predicates);
                !predicates.is_empty()
            }
            Engine::Cel { .. } => false,
        }
    }

    /// Adds the numbers that confidences are compared with.
    pub(crate) fn thresholds(&self, into: &mut Vec<f64>) {
        if let Engine::Lowered(truth) = &self.engine {
            truth.thresholds(into);
        }
    }

    /// Whether it only compares, so that its thresholds are those its numbers name.
    pub(crate) fn is_lowered(&self) -> bool {
        matches!(self.engine, Engine::Lowered(_))
    }
}

/// The name of an identifier.
fn name_of(e: &IdedExpr) -> Option<&str> {
    match &e.expr {
        Expr::Ident(name) => Some(name),
        _ => None,
    }
}

/// `x` of `root.x`.
fn selected<'e>(e: &'e IdedExpr, root: &str) -> Option<&'e str> {
    match &e.expr {
        Expr::Select(select) if !select.test && name_of(&select.operand) == Some(root) => Some(&select.field),
        _ => None,
    }
}
