//! Rules: declarative checks on records, judged by evidence.
//!
//! A rule lists the facts it needs; where one is missing the verdict is `open` and its condition is
//! not run. Conditions are a checked part of the Common Expression Language ([`Condition`]).

pub mod builtin;
mod condition;
mod judge;
mod params;
mod period;
mod source;
mod suggest;

pub use judge::{Judgement, Observed, RuleIndex, Subject};
pub use period::Period;
