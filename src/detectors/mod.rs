//! What personal data looks like, and the engine that finds it.
//!
//! Detectors are data: YAML rows ([`Catalogue`]) with a pattern, start classes, a check function
//! ([`check`]), a base rate, cues, and their own accepted and rejected examples. A [`Matcher`] runs all of
//! them over a block of text in one pass, in the fast engine or in the naive one that is its oracle.
//!
//! What a match is, in both engines: a row matches at a start where the byte before is no ASCII letter or
//! digit (for rows that start at an at sign: at the beginning of the run of local-part bytes before it),
//! and reaches to the longest end that cuts no ASCII word. Every such match is judged by the row's check,
//! which may leave off what the pattern took too much; then by its surroundings; then overlapping claims
//! become one detection.

mod beginnings;
mod boundary;
mod candidates;
mod catalogue;
pub mod check;
mod confidence;
mod context;
mod denied;
mod embedded;
mod examples;
mod fold;
mod groups;
mod lazy;
pub mod lexicon;
mod matcher;
mod naive;
mod named;
mod normalise;
mod openings;
mod overlap;
mod pattern;
pub mod people;
mod phrases;
mod positions;
mod prefixes;
mod promising;
mod row;
pub mod schemas;
mod shields;
mod signal;
#[cfg(target_arch = "x86_64")]
mod simd;
mod start;
mod union;
mod wordlist;

pub use catalogue::{Catalogue, Cue, Detector, Mask, ShieldedBy};
pub use confidence::Odds;
pub use embedded::EMBEDDED;
pub use lexicon::LEXICONS;
pub use matcher::{Engine, Matcher, Scratch};
pub use normalise::normalise;
pub use people::{BlockPeople, HashKey, PeopleTable, PersonHashes, PersonIndex};
pub use phrases::Grammar;
pub use row::{Accept, Reject};
pub use shields::IdRange;
pub use signal::{HeardSignal, Signal};
pub use start::Start;
