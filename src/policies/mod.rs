//! Rules: declarative checks on records, judged by evidence.
//!
//! A rule lists the facts it needs; where one is missing the verdict is `open` and its condition is
//! not run. Conditions are a checked part of the Common Expression Language. Judging is pure: no
//! clock, no file, the same answer for the same facts.

pub mod builtin;
mod condition;
mod examples;
mod inventory;
mod judge;
mod message;
mod pack;
mod params;
mod period;
mod rule;
mod rules;
mod settings;
mod source;
mod suggest;
mod tally;

pub use judge::{Judgement, Observed, RuleIndex, Subject};
pub use message::MessagePart;
pub use pack::PackCard;
pub use period::Period;
pub use rules::RuleSet;
pub use settings::{Adopted, Selection};
pub use tally::{Tally, Unmet};
