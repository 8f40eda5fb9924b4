//! Which optional facts are known to be there at a place of an expression.

use cel::common::ast::{Expr, IdedExpr, operators as op};

use super::super::selected;
use crate::records::FactId;

/// Facts that are present whenever `e` is `truth`.
pub(super) fn facts_if(e: &IdedExpr, truth: bool) -> Vec<FactId> {
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

pub(super) fn joined(present: &[FactId], mut learned: Vec<FactId>) -> Vec<FactId> {
    learned.extend_from_slice(present);
    learned
}
