//! Rules: declarative checks on records, judged by evidence.
//!
//! A rule lists the facts it needs; where one is missing the verdict is `open` and its condition is
//! not run. Conditions are a checked part of the Common Expression Language. Judging is pure: no
//! clock, no file, the same answer for the same facts.

mod attestation;
mod bounds;
pub mod builtin;
mod checklist;
mod compiler;
mod condition;
mod document;
mod examples;
pub mod exceptions;
mod gathered;
mod inventory;
mod judge;
mod message;
mod pack;
mod params;
mod period;
mod precedents;
pub mod retention;
mod rows;
mod rule;
mod rules;
mod schemas;
mod settings;
mod shapes;
mod source;
mod suggest;
mod tally;
mod yaml;

pub use attestation::{Attestation, read_attestations};
pub use checklist::{Answer, Checklist, Language, Verdicts};
pub use gathered::Gathered;
pub use judge::{Judgement, Observed, RuleIndex, Subject};
pub use pack::PackCard;
pub use period::Period;
pub use precedents::{Precedent, Precedents};
pub use rules::RuleSet;
pub use schemas::{SCHEMAS, file_schema};
pub use settings::{Adopted, Records, Selection};
pub use tally::{Tally, Unmet};
